"""Mocked results and errors, held against the models of AWS's services."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from sfn_release.simulator import Later, Mocks, TaskCall, TaskFailure
from sfn_release.testing.mocked_results.mocked_errors import error_problems
from sfn_release.testing.mocked_results.result_shapes import HeldToShapes, shape_problems
from sfn_release.testing.mocked_results.shape_problem import (
    MockedResultError,
    MockedResultWarning,
    ShapeProblem,
    report_problems,
)
from support.places import ORACLE

ARN = "arn:aws:states:::"


def problems(resource: str, result: Any) -> list[str]:
    """Return the problems of a result as texts."""
    return [str(problem) for problem in shape_problems(ARN + resource, result)]


@pytest.mark.parametrize(
    ("resource", "result"),
    [
        ("lambda:invoke", {"Payload": {"a": 1}, "StatusCode": 200, "ExecutedVersion": "$LATEST"}),
        ("lambda:invoke", {"Payload": None}),
        ("aws-sdk:lambda:invoke", {"Payload": '{"a": 1}', "StatusCode": 200}),
        ("dynamodb:getItem", {"Item": {"a": {"S": "x"}, "b": {"BOOL": True}}}),
        ("aws-sdk:dynamodb:getItem", {"Item": {"a": {"Nul": True}, "b": {"Bool": True}}}),
        ("dynamodb:putItem", {}),
        ("sns:publish", {"MessageId": "1", "SdkResponseMetadata": {"RequestId": "1"}}),
        ("sqs:sendMessage.waitForTaskToken", "anything"),
        ("states:startExecution", {"ExecutionArn": "arn", "StartDate": 1767225600000}),
        ("states:startExecution", {"ExecutionArn": "arn", "StartDate": "2026-01-01T00:00:00Z"}),
        ("glue:startJobRun.sync", {"Id": "jr", "JobRunState": "SUCCEEDED"}),
        ("athena:startQueryExecution.sync", {"QueryExecution": {"Status": {"State": "FAILED"}}}),
        ("codebuild:startBuild.sync", {"Build": {"BuildStatus": "SUCCEEDED"}}),
        ("ecs:runTask.sync", {"Containers": [{"ExitCode": 0}], "LastStatus": "STOPPED"}),
        ("elasticmapreduce:createCluster.sync", {"ClusterId": "j-1", "Cluster": {"Id": "j-1"}}),
        ("eks:runJob.sync", {"logs": []}),
        ("http:invoke", {"StatusCode": 200, "ResponseBody": [1], "Headers": {"a": ["b"]}}),
        ("apigateway:invoke", {"StatusCode": 200, "ResponseBody": None}),
        ("bedrock:invokeModel", {"Body": {"completion": "x"}, "ContentType": "application/json"}),
        ("aws-sdk:s3:getObject", {"Body": "text", "LastModified": "2026-01-01T00:00:00Z"}),
        ("aws-sdk:s3:deleteBucket", {}),
        ("aws-sdk:nosuchservice:act", {"anything": 1}),
        ("lambda:noSuchAction", 3),
    ],
)
def test_results_that_aws_can_return_have_no_problem(resource: str, result: Any) -> None:
    """The optimized integrations have results of their own, which no model has."""
    assert problems(resource, result) == []


@pytest.mark.parametrize("resource", ["arn:aws:lambda:eu-west-1:1:function:f", "${Function}"])
def test_a_functions_result_is_free(resource: str) -> None:
    """So is the one of a Resource that isn't known yet."""
    assert shape_problems(resource, [1, {"x": None}]) == []


def test_a_states_output_is_parsed_with_sync_2_only() -> None:
    """``.sync`` has the output's text."""
    result = {"ExecutionArn": "a", "StateMachineArn": "b", "Status": "SUCCEEDED", "StartDate": 1}
    assert problems("states:startExecution.sync:2", {**result, "Output": {"a": 1}}) == []
    [problem] = problems("states:startExecution.sync", {**result, "Output": {"a": 1}})
    assert problem.endswith('at $.Output: expected a string, not {"a": 1}. Write the JSON as text.')


@pytest.mark.parametrize(
    ("resource", "result", "expected"),
    [
        (
            "lambda:invoke",
            {"payload": 1},
            ": AWS returns no member payload here. Did you mean",
        ),
        ("lambda:invoke", None, ": the result is null, but AWS returns an object."),
        ("sns:publish", "1", ': expected an object, not "1".'),
        (
            "dynamodb:getItem",
            {"Item": {"a": {"S": 1}}},
            " at $.Item.a.S: expected a string, not ",
        ),
        (
            "aws-sdk:dynamodb:getItem",
            {"Item": {"an id": {"BOOL": True}}},
            ' at $.Item["an id"]: AWS returns no member BOOL here. Did you mean "Bool"?',
        ),
        (
            "athena:startQueryExecution.sync",
            {"QueryExecution": {"Status": {"State": "SUCEEDED"}}},
            ' at $.QueryExecution.Status.State: "SUCEEDED" isn\'t a value of State. Did you mean',
        ),
        ("states:startExecution", {"ExecutionArn": "a"}, ": StartDate is missing, but AWS always"),
        (
            "aws-sdk:sfn:startExecution",
            {"ExecutionArn": "a", "StartDate": 1767225600000},
            " at $.StartDate: expected a time as text, not 1767225600000.",
        ),
        (
            "aws-sdk:sfn:startExecution",
            {"ExecutionArn": "a", "StartDate": "yesterday"},
            ' at $.StartDate: "yesterday" isn\'t a time in ISO 8601.',
        ),
        (
            "aws-sdk:s3:deleteBucket",
            {"Gone": True},
            ": AWS returns no member Gone here. The",
        ),
        (
            "aws-sdk:lambda:invoke",
            {"Payload": {}},
            " at $.Payload: expected a string, not {}.",
        ),
        (
            "sqs:sendMessage",
            {"X": 1},
            ": AWS returns no member X here. Known members: MD5",
        ),
    ],
)
def test_a_problem_names_the_place_and_the_nearest_member(
    resource: str, result: Any, expected: str
) -> None:
    """One problem, with the action and the JSON path."""
    [problem] = problems(resource, result)
    assert problem.startswith(f"The mock of {resource}{expected}")


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        ("lambda:invoke", "Lambda.TooManyRequestsException"),
        ("lambda:invoke", "Lambda.Unknown"),
        ("lambda:invoke", "MyOwnError"),
        ("lambda:invoke", "DynamoDb.FromInside"),
        ("dynamodb:getItem", "DynamoDB.ProvisionedThroughputExceededException"),
        ("dynamodb:getItem", "DynamoDB.AmazonDynamoDBException"),
        ("aws-sdk:dynamodb:getItem", "DynamoDb.ProvisionedThroughputExceededException"),
        ("aws-sdk:dynamodb:getItem", "DynamoDb.DynamoDbException"),
        ("aws-sdk:s3:getObject", "S3.NoSuchKeyException"),
        ("dynamodb:getItem", "States.Timeout"),
        ("glue:startJobRun.sync", "States.TaskFailed"),
        ("sqs:sendMessage.waitForTaskToken", "Declined"),
        ("sqs:sendMessage", None),
        ("http:invoke", "States.Http.StatusCode.404"),
        ("apigateway:invoke", "ApiGateway.403"),
        ("eks:call", "EKS.404"),
    ],
)
def test_errors_that_a_task_can_have(resource: str, error: str | None) -> None:
    """Those of the service's model, of Step Functions itself, and of the function."""
    assert error_problems(ARN + resource, error) == []


@pytest.mark.parametrize(
    ("resource", "error", "expected"),
    [
        ("lambda:invoke", "States.NoChoiceMatched", "never fails with States.NoChoiceMatched."),
        ("lambda:invoke", "States.Timout", 'States.Timout. Did you mean "States.Timeout"?'),
        ("lambda:invoke", "States.ALL", "never fails with States.ALL."),
        ("lambda:invoke", "Lambda.TooManyRequests", 'mean "Lambda.TooManyRequestsException"?'),
        ("dynamodb:getItem", "Lambda.Unknown", "never fails with Lambda.Unknown."),
        (
            "dynamodb:getItem",
            "DynamoDb.RequestLimitExceeded",
            'errors as DynamoDB.…, not DynamoDb.RequestLimitExceeded. Did you mean "DynamoDB.Req',
        ),
        ("sqs:sendMessage", "OhNo", "errors as SQS.…, not OhNo."),
        ("aws-sdk:s3:getObject", "S3.NoSuchKey", 'Did you mean "S3.NoSuchKeyException"?'),
        ("aws-sdk:s3:getObject", "S3.Zzz", "AWS reports other errors as S3.S3Exception."),
        ("sns:publish", "States.Http.Socket", "never fails with States.Http.Socket."),
    ],
)
def test_errors_that_a_task_never_has(resource: str, error: str, expected: str) -> None:
    """The problem names the nearest error that the task can have."""
    [problem] = error_problems(ARN + resource, error)
    assert expected in str(problem)


def call(resource: str, **fields: Any) -> TaskCall:
    return TaskCall("Charge", ARN + resource, {}, **fields)


def held(mock: Any, asked: TaskCall) -> list[str]:
    """Return the problems of a mock's answer."""
    found: list[ShapeProblem] = []
    tasks = HeldToShapes(Mocks({"Charge": mock}), found.append)
    with contextlib.suppress(TaskFailure):
        tasks.run(asked)
    return [str(problem) for problem in found]


def test_mocks_are_held_to_shapes_as_they_answer() -> None:
    """Results, errors, and answers to submissions; the problem names the state."""
    [problem] = held({"return": {"MessageID": "1"}}, call("sns:publish"))
    assert problem.startswith('The mock of "Charge" (sns:publish): AWS returns no member MessageID')
    assert held({"payload": 1}, call("lambda:invoke")) == []
    assert len(held({"error": "Sns.Nope"}, call("sns:publish"))) == 1
    waiting = {"submitted": {"Id": 1}}
    assert len(held(waiting, call("sqs:sendMessage.waitForTaskToken"))) == 1
    failed = {"submitted": {"Id": 1}, "error": "Own"}
    assert len(held(failed, call("sqs:sendMessage.waitForTaskToken"))) == 1


def test_the_items_of_a_map_are_free() -> None:
    """A mock of an ItemReader gives items, or the answer of S3."""
    items = {"return": [{"id": 1}]}
    assert held(items, call("s3:getObject", reads_items=True)) == []


def test_the_mock_of_a_reader_answers_the_writer_of_its_map() -> None:
    """They share the state's name. The Map ignores what the ResultWriter's call returns."""
    found: list[ShapeProblem] = []
    items = {"return": [{"id": 1}]}
    tasks = HeldToShapes(Mocks({"Charge": items}), found.append)
    tasks.run(call("s3:getObject", reads_items=True))
    tasks.run(call("s3:putObject"))
    assert found == []
    assert len(held(items, call("s3:putObject"))) == 1


def test_answers_are_handed_on() -> None:
    """Only the problems are new."""

    class Working:
        def run(self, _: TaskCall) -> Any:
            return Later()

    found: list[ShapeProblem] = []
    assert HeldToShapes(Working(), found.append).run(call("sns:publish")) == Later()
    assert found == []


def test_problems_are_warnings_or_an_error() -> None:
    """Each problem once; a strict test gets all of them in one error."""
    twice = shape_problems(f"{ARN}sns:publish", {"A": 1}) * 2
    with pytest.warns(MockedResultWarning, match="no member A") as caught:
        report_problems(twice, stacklevel=1)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with pytest.raises(MockedResultError, match="no member A"):
        report_problems(twice, strict=True)
    report_problems([], strict=True)


RECORDED = sorted((ORACLE / "executions").rglob("*.json")) if ORACLE.is_dir() else []


@pytest.mark.skipif(not RECORDED, reason="the recordings of AWS are absent")
def test_what_aws_has_answered_has_no_problem() -> None:
    """Every result and every error of a task in the recordings.

    Some headers and times of results were replaced by tokens, such as ``date``.
    """
    found = []
    for path in RECORDED:
        for mock in json.loads(path.read_text()).get("mocks") or ():
            resource = mock["resource"]
            if resource == "activity_arn" or "function" in resource:
                continue
            if "error" in mock:
                found += error_problems(ARN + resource, mock["error"])
            elif isinstance(mock["output"], dict):
                found += shape_problems(ARN + resource, mock["output"])
    untokened = [
        str(problem)
        for problem in found
        if "Headers" not in problem.path and "isn't a time" not in problem.message
    ]
    assert untokened == []
