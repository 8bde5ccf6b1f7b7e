"""Makers of tasks: resources, patterns, parameters in either language, retries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release import Context, path, q
from sfn_release.errors import DefinitionError


def written(task: sfn.Task, language: str = "JSONPath") -> dict[str, Any]:
    """Return the task as a definition of *language* has it."""
    workflow = sfn.Workflow(query_language=language)  # type: ignore[arg-type]
    states: dict[str, dict[str, Any]] = workflow.start_from(task).end().serialize()["States"]
    (body,) = states.values()
    return body


@pytest.mark.parametrize(
    ("make", "resource"),
    [
        (lambda: sfn.task.optimized("sns:publish"), "sns:publish"),
        (lambda: sfn.task.optimized("ecs:runTask.sync"), "ecs:runTask.sync"),
        (lambda: sfn.task.optimized("ecs:runTask", pattern="sync"), "ecs:runTask.sync"),
        (lambda: sfn.task.optimized("ecs:runTask.sync", pattern="sync"), "ecs:runTask.sync"),
        (
            lambda: sfn.task.optimized("states:startExecution.sync:2"),
            "states:startExecution.sync:2",
        ),
        (lambda: sfn.task.optimized("emr-containers:startJobRun"), "emr-containers:startJobRun"),
        (
            lambda: sfn.task.optimized("sqs:sendMessage.waitForTaskToken"),
            "sqs:sendMessage.waitForTaskToken",
        ),
        (lambda: sfn.task.sdk("s3:getObject"), "aws-sdk:s3:getObject"),
        (
            lambda: sfn.task.sdk("sfn:startExecution", pattern="waitForTaskToken"),
            "aws-sdk:sfn:startExecution.waitForTaskToken",
        ),
        (lambda: sfn.task.lambda_invoke("f"), "lambda:invoke"),
        (
            lambda: sfn.task.lambda_invoke("f", pattern="waitForTaskToken"),
            "lambda:invoke.waitForTaskToken",
        ),
        (lambda: sfn.task.http("https://e", "GET", connection="c"), "http:invoke"),
    ],
)
def test_the_resource_says_the_action_and_how_long_to_wait(
    make: Callable[[], sfn.Task], resource: str
) -> None:
    """The pattern is the end of the action, or an argument."""
    assert make().resource == f"arn:aws:states:::{resource}"


@pytest.mark.parametrize(
    "make",
    [
        lambda: sfn.task.optimized("publish"),
        lambda: sfn.task.optimized("arn:aws:states:::sns:publish"),
        lambda: sfn.task.optimized("ecs:runTask.snyc"),
        lambda: sfn.task.optimized("ecs:runTask.sync", pattern="waitForTaskToken"),
        lambda: sfn.task.sdk("s3.getObject"),
        lambda: sfn.task.sdk(None),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_action_is_refused(make: Callable[[], sfn.Task]) -> None:
    """The error is raised where the task is made, with an example of an action."""
    with pytest.raises(DefinitionError, match="is not an action") as caught:
        make()
    assert "sns:publish" in caught.value.fix


@pytest.mark.parametrize(
    ("language", "key", "expected"),
    [
        ("JSONPath", "Parameters", {"Bucket": "b", "Key.$": "$$.Execution.Name"}),
        (
            "JSONata",
            "Arguments",
            {"Bucket": "b", "Key": "{% $states.context.Execution.Name %}"},
        ),
    ],
)
def test_a_maker_fits_both_languages(language: str, key: str, expected: dict[str, Any]) -> None:
    """The input is written in the field of the workflow's language."""
    task = sfn.task.sdk("s3:getObject", {"Bucket": "b", "Key": Context.Execution.Name}, id="Get")
    assert expected == written(task, language)[key]
    assert task.parameters == {"Bucket": "b", "Key": Context.Execution.Name}


def test_a_lambda_task_in_jsonata_gives_the_function_s_answer() -> None:
    """As in JSONPath: the input goes in, the function's answer comes out."""
    body = written(sfn.task.lambda_invoke(q.var("function"), id="F"), "JSONata")
    assert body["Arguments"] == {
        "FunctionName": "{% $function %}",
        "Payload": "{% $states.input %}",
    }
    assert body["Output"] == "{% $states.result.Payload %}"
    own = written(sfn.task.lambda_invoke("f", id="F", output=q.result), "JSONata")
    assert own["Output"] == "{% $states.result %}"


@pytest.mark.parametrize(
    ("language", "key", "expected"),
    [
        ("JSONPath", "Parameters", {"input.$": "$", "token.$": "$$.Task.Token"}),
        (
            "JSONata",
            "Arguments",
            {"input": "{% $states.input %}", "token": "{% $states.context.Task.Token %}"},
        ),
    ],
)
def test_a_lambda_task_that_waits_sends_its_token(
    language: str, key: str, expected: dict[str, Any]
) -> None:
    """The token is sent beside the input by default, and the callback's answer is the output."""
    task = sfn.task.lambda_invoke("f", id="F", pattern="waitForTaskToken", timeout_seconds=60)
    body = written(task, language)
    assert expected == body[key]["Payload"]
    assert not {"Output", "OutputPath"} & body.keys()
    own = {"id": path("$.id"), "reply": Context.Task.Token}
    task = sfn.task.lambda_invoke("f", id="F", pattern="waitForTaskToken", payload=own)
    assert written(task)["Parameters"]["Payload"] == {"id.$": "$.id", "reply.$": "$$.Task.Token"}


def test_only_lambda_is_tried_again_unasked() -> None:
    """`retry=[]` opts out; `HTTP_RETRY` is there to opt in."""
    assert "Retry" in written(sfn.task.lambda_invoke("f", id="F"))
    assert "Retry" not in written(sfn.task.lambda_invoke("f", id="F", retry=[]))
    assert "Retry" not in written(sfn.task.sdk("s3:listBuckets", id="F"))
    asked = sfn.task.http("https://e", "GET", connection="c", retry=[sfn.task.HTTP_RETRY])
    assert "States.Http.StatusCode.429" in written(asked)["Retry"][0]["ErrorEquals"]


def test_an_http_task_has_the_shape_of_its_integration() -> None:
    """Parameters that aren't given aren't sent."""
    task = sfn.task.http(
        "https://api.example.com/orders",
        "POST",
        connection="${Connection}",
        headers={"Accept": "application/json"},
        query={"page": path("$.page")},
        body={"id": path("$.id")},
        transform={"RequestBodyEncoding": "URL_ENCODED"},
    )
    assert written(task)["Parameters"] == {
        "ApiEndpoint": "https://api.example.com/orders",
        "Method": "POST",
        "Authentication": {"ConnectionArn": "${Connection}"},
        "Headers": {"Accept": "application/json"},
        "QueryParameters": {"page.$": "$.page"},
        "RequestBody": {"id.$": "$.id"},
        "Transform": {"RequestBodyEncoding": "URL_ENCODED"},
    }
    least = written(sfn.task.http("https://e", "GET", connection="c"))["Parameters"]
    assert list(least) == ["ApiEndpoint", "Method", "Authentication"]


def test_an_activity_is_its_arn() -> None:
    """A worker receives the Parameters."""
    arn = "arn:aws:states:eu-west-1:111122223333:activity:pack"
    task = sfn.task.activity(arn, {"order": path("$.id")}, timeout_seconds=60, heartbeat_seconds=9)
    assert written(task) == {
        "Type": "Task",
        "Resource": arn,
        "Parameters": {"order.$": "$.id"},
        "TimeoutSeconds": 60,
        "HeartbeatSeconds": 9,
        "End": True,
    }


def test_a_task_can_take_another_role() -> None:
    """Credentials are a field of every maker."""
    task = sfn.task.sdk("s3:listBuckets", credentials={"RoleArn": path("$.role")})
    assert written(task)["Credentials"] == {"RoleArn.$": "$.role"}
