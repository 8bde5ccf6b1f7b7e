"""The calls of Tasks, and fields that only one query language has inside other objects."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

import sfn_release as sfn

LAMBDA = "arn:aws:lambda:eu-west-1:111122223333:function:charge"
HTTP = "arn:aws:states:::http:invoke"
CALLED = {"ApiEndpoint": "https://example.com", "Method": "GET"}
END = {"Type": "Pass", "End": True}
CONNECTION = {"ConnectionArn": "arn:aws:events:eu-west-1:111122223333:connection/a/b"}


def only(body: dict[str, Any], **root: Any) -> dict[str, Any]:
    """Return a definition of the state "A" alone."""
    return {"StartAt": "A", "States": {"A": {"End": True, **body}}, **root}


def task(resource: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, **fields}


def distributed(body: dict[str, Any], kind: str = "EXPRESS", **fields: Any) -> dict[str, Any]:
    """Return a distributed Map that runs *body* as executions of the type *kind*."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    states = {"I": {"End": True, **body}}
    return {
        "Type": "Map",
        "ItemProcessor": {"ProcessorConfig": config, "StartAt": "I", "States": states},
        **fields,
    }


CLUSTER = ("ClusterName", "CertificateAuthority", "Endpoint")
NEEDED = dict.fromkeys(
    (
        *("JobName", "QueueUrl", "MessageBody", "ClusterName", "CertificateAuthority"),
        *("Endpoint", "Job"),
    ),
    "x",
)
"""The required parameters of the integrations below."""


def told(definition: Any) -> set[tuple[str, str]]:
    """Return the rule and the path of each error."""
    found = sfn.check_definition(definition)
    return {(finding.rule, finding.path) for finding in found if finding.severity == "error"}


@pytest.mark.parametrize(
    "resource",
    [
        LAMBDA,
        f"{LAMBDA}:live",
        "arn:aws-cn:lambda:cn-north-1:111122223333:function:charge",
        "arn:aws:states:eu-west-1:111122223333:activity:ask",
        "arn:aws:states:::aws-sdk:s3:getObject",
        "arn:aws:states:::eks:runJob.sync",
        "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "arn:aws:states:::elasticmapreduce:addStep.sync",
        "arn:aws:states:eu-west-1:111122223333:task:the-examples-of-the-specification",
        "arn:${Partition}:sqs:eu-west-1:111122223333:orders",
    ],
)
def test_what_a_task_may_call(resource: str) -> None:
    """Functions, activities, optimized integrations and Resources with a parameter are valid."""
    fields = {"Parameters": {key: NEEDED[key] for key in (*CLUSTER, "Job")}}
    assert set() == told(only(task(resource, **(fields if ":eks:" in resource else {}))))


@pytest.mark.parametrize(
    ("resource", "fix"),
    [
        ("arn:aws:sqs:eu-west-1:111122223333:orders", "arn:aws:states:::aws-sdk:sqs:…"),
        ("arn:aws:states:::s3:getObject", "arn:aws:states:::aws-sdk:s3:getObject"),
        ("arn:aws:states:::dynamo:getItem", 'Did you mean "dynamodb"?'),
        ("arn:aws:states:eu-west-1:111122223333:stateMachine:nested", "stateMachine:nested"),
    ],
)
def test_what_a_task_cannot_call(resource: str, fix: str) -> None:
    """AWS recognizes no other resource, and the fix shows a valid call."""
    definition = only(task(resource))
    assert {("integration", "$.States.A.Resource")} == told(definition)
    (finding,) = (
        finding for finding in sfn.check_definition(definition) if finding.rule == "integration"
    )
    assert "is not recognized" in finding.message
    assert fix in finding.fix


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({**CALLED, "Authentication": CONNECTION}, set()),
        ({**CALLED, "InvocationConfig": CONNECTION}, set()),
        ({"ApiEndpoint.$": "$.url", "Method.$": "$.verb", "Authentication.$": "$.who"}, set()),
        (CALLED, {"Authentication or InvocationConfig is required but was missing"}),
        (
            {"ApiEndpoint": "http://example.com", "Authentication": CONNECTION},
            {"Method is required but was missing", '"http://example.com" can\'t be called'},
        ),
    ],
)
def test_an_http_task_says_whom_it_calls(given: dict[str, Any], expected: set[str]) -> None:
    """An HTTP task needs an https URL, a method and a connection."""
    found = sfn.check_definition(only(task(HTTP, Parameters=given)))
    messages = [finding.message for finding in found if finding.rule == "integration"]
    assert len(expected) == len(messages)
    assert all(any(message.startswith(words) for message in messages) for words in expected)


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("lambda:invoke", {"FunctionName": "f"}),
        ("lambda:invoke.waitForTaskToken", {"FunctionName.$": "$.f", "Payload.$": "$$.Task.Token"}),
        ("sqs:sendMessage", {"QueueUrl": "${Queue}", "MessageBody": {"id.$": "$.id"}}),
        ("dynamodb:getItem", {"TableName": "t", "Key": {"id": {"S": "1"}}}),
        ("states:startExecution.sync:2", {"StateMachineArn": "${Nested}"}),
        ("bedrock:invokeModel", {"ModelId": "m", "Input.$": "$.input"}),
        ("eks:call", {**dict.fromkeys(CLUSTER, "x"), "Method": "GET", "Path": "/"}),
        ("eks:runJob.sync", {**dict.fromkeys(CLUSTER, "x"), "Job": {}}),
    ],
)
def test_an_integration_is_given_what_it_needs(action: str, given: dict[str, Any]) -> None:
    """Each missing parameter is reported once, with botocore's models or without."""
    resource = f"arn:aws:states:::{action}"
    assert set() == told(only(task(resource, Parameters=given)))
    for services, empty in product((False, True), (False, True)):
        nothing = only(task(resource, Parameters={}) if empty else task(resource))
        found = sfn.check_definition(nothing, services=services)
        messages = [finding.message for finding in found if " needs " in finding.message]
        required = [key for key in given if not key.startswith("Payload")]
        assert len(required) == len(messages)
        assert all("is required but was missing" in message for message in messages)


GET, LIST, PUT = (
    f"arn:aws:states:::s3:{action}" for action in ("getObject", "listObjectsV2", "putObject")
)


@pytest.mark.parametrize(
    ("key", "resource", "given", "expected"),
    [
        ("ItemReader", GET, {"Bucket": "b", "Key": "k"}, []),
        ("ItemReader", GET, {"Bucket.$": "$.b", "Key.$": "$.k", "VersionId": "1"}, []),
        ("ItemReader", GET, "${Parameters}", []),
        ("ItemReader", GET, {"${Name}": "b"}, []),
        ("ItemReader", GET, {"Buckt": "b", "Key": "k"}, [".Parameters", ".Parameters.Buckt"]),
        ("ItemReader", GET, {"Bucket": "b", "Prefix": "p"}, [".Parameters", ".Parameters.Prefix"]),
        ("ItemReader", GET, None, ["", ""]),
        ("ItemReader", LIST, {"Bucket": "b", "Prefix": "p", "MaxKeys": 10}, []),
        ("ItemReader", LIST, {"Prefix": "p"}, [".Parameters"]),
        ("ItemReader", LIST, {"Bucket": "b", "Key": "k"}, [".Parameters.Key"]),
        ("ResultWriter", PUT, {"Bucket": "b", "Prefix": "p"}, []),
        ("ResultWriter", PUT, {"Bucket.$": "$.b", "Prefix.$": "$.p"}, []),
        ("ResultWriter", PUT, {"Prefix": "p"}, [".Parameters"]),
        ("ResultWriter", PUT, {"Bucket": "b", "Prefx": "p"}, [".Parameters.Prefx"]),
    ],
)
def test_what_a_map_reads_and_writes_is_checked(
    key: str, resource: str, given: Any, expected: list[str]
) -> None:
    """Bucket and Key are required; other parameters must be S3's."""
    part = {"Resource": resource, **({} if given is None else {"Parameters": given})}
    definition = only({**distributed({"Type": "Pass"}), key: part})
    found = [
        finding.path.removeprefix(f"$.States.A.{key}")
        for finding in sfn.check_definition(definition, services=True)
        if finding.severity == "error"
    ]
    assert expected == sorted(found)


@pytest.mark.parametrize("resource", [HTTP, "arn:aws:states:::lambda:invoke"])
def test_an_integration_of_unknown_arguments_is_left_alone(resource: str) -> None:
    """Arguments that JSONata computes are only known at run time."""
    arguments = "{% $states.input %}"
    assert set() == told(only(task(resource, Arguments=arguments), QueryLanguage="JSONata"))


@pytest.mark.parametrize("kind", ["EXPRESS", "STANDARD"])
@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::glue:startJobRun.sync",
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "arn:aws:states:eu-west-1:111122223333:activity:ask",
    ],
)
def test_items_of_a_distributed_map_run_as_it_says(kind: str, resource: str) -> None:
    """Items are executions with their own type, and EXPRESS ones can't wait."""
    place = "$.States.A.ItemProcessor.States.I.Resource"
    expected = {("express", place)} if kind == "EXPRESS" else set()
    assert expected == told(only(distributed(task(resource, Parameters=NEEDED), kind)))


def test_express_items_start_no_distributed_map() -> None:
    """An EXPRESS execution can't start a distributed Map."""
    inside = distributed({"Type": "Pass"})
    inside["ItemProcessor"]["StartAt"] = "J"
    inside["ItemProcessor"]["States"] = {"J": {"Type": "Pass", "End": True}}
    expected = {("express", "$.States.A.ItemProcessor.States.I")}
    assert expected == told(only(distributed(inside)))


@pytest.mark.parametrize(
    ("body", "place", "instead"),
    [
        ({"Type": "Pass", "Result": 1}, "Result", "Output"),
        (
            task(LAMBDA, Credentials={"RoleArn.$": "$.role"}),
            'Credentials["RoleArn.$"]',
            "RoleArn",
        ),
        (
            distributed({"Type": "Pass"}, ItemBatcher={"MaxItemsPerBatchPath": "$.n"}),
            "ItemBatcher.MaxItemsPerBatchPath",
            "MaxItemsPerBatch",
        ),
        (
            distributed(
                {"Type": "Pass"},
                ItemReader={
                    "Resource": "arn:aws:states:::s3:getObject",
                    "Arguments": {"Bucket": "b", "Key": "k"},
                    "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.n"},
                },
            ),
            "ItemReader.ReaderConfig.MaxItemsPath",
            "MaxItems",
        ),
    ],
)
def test_paths_inside_are_jsonpath(body: dict[str, Any], place: str, instead: str) -> None:
    """The error suggests JSONata's field."""
    definition = only(body, QueryLanguage="JSONata")
    assert {("language", f"$.States.A.{place}")} == told(definition)
    (finding,) = (
        finding for finding in sfn.check_definition(definition) if finding.rule == "language"
    )
    assert f"In JSONata, use {instead} instead." == finding.fix


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (True, set()),
        ("{% $states.input.ready %}", set()),
        ("${Condition}", set()),
        ("true", {("wrong-value", "$.States.A.Choices[0].Condition")}),
        ("true %}", {("jsonata", "$.States.A.Choices[0].Condition")}),
    ],
)
def test_a_condition_is_a_boolean_or_jsonata(condition: object, expected: set[Any]) -> None:
    """A text is never true, so it can't be a condition."""
    choice = {
        "Type": "Choice",
        "Choices": [{"Condition": condition, "Next": "B"}],
        "Default": "B",
    }
    states = {"A": choice, "B": {"Type": "Succeed"}}
    assert expected == told({"QueryLanguage": "JSONata", "StartAt": "A", "States": states})


@pytest.mark.parametrize("key", ["ItemProcessor", "Iterator"])
def test_an_item_processor_names_no_language(key: str) -> None:
    """AWS refuses the field there, with any value."""
    processor = {"QueryLanguage": "JSONPath", "StartAt": "I", "States": {"I": dict(END)}}
    (finding,) = sfn.check_definition(only({"Type": "Map", key: processor}))
    assert finding.rule == "misplaced-field"
    assert finding.path == f"$.States.A.{key}.QueryLanguage"
    assert finding.fix == "Set it at the top of the definition, or in each state."


def test_a_branch_names_no_language_and_has_no_field_of_the_root() -> None:
    """A field that belongs at the top is refused in each nested machine."""
    branch = {
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": 5,
        "Version": "1.0",
        "Foo": 1,
        "StartAt": "I",
        "States": {"I": dict(END)},
    }
    place = "$.States.A.Branches[0]"
    expected = {
        ("misplaced-field", f"{place}.{key}") for key in ("QueryLanguage", "TimeoutSeconds")
    }
    expected |= {("unknown-field", f"{place}.{key}") for key in ("Version", "Foo")}
    assert expected == told(only({"Type": "Parallel", "Branches": [branch]}))


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
@pytest.mark.parametrize(
    ("method", "fix"),
    [
        ("post", 'Did you mean "POST"?'),
        ("FETCH", ""),
        (["GET"], ""),
        ("PATCH", None),
        ("${Method}", None),
    ],
)
def test_an_http_task_has_one_of_seven_methods(method: Any, fix: str | None, language: str) -> None:
    """A method is in capitals, and a parameter can be any method."""
    field = "Parameters" if language == "JSONPath" else "Arguments"
    given = {**CALLED, "Authentication": CONNECTION, "Method": method}
    found = sfn.check_definition(only(task(HTTP, **{field: given}), QueryLanguage=language))
    expected = [] if fix is None else [(f"$.States.A.{field}.Method", fix)]
    assert expected == [
        (finding.path, finding.fix) for finding in found if finding.rule == "integration"
    ]
