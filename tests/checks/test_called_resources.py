"""Functions and state machines that Tasks call, and the errors that services report."""

from __future__ import annotations

from typing import Any

import pytest

import sfn_release as sfn

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:charge"
MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:ship"


def told(resource: str, parameters: dict[str, Any] | None = None, **fields: Any) -> set[str]:
    """Return the rules of one Task's findings, without the rules for Retry."""
    state = {"Type": "Task", "Resource": resource, "End": True, **fields}
    state |= {} if parameters is None else {"Parameters": parameters}
    findings = sfn.check_definition({"StartAt": "A", "States": {"A": state}}, services=True)
    return {finding.rule for finding in findings} - {
        "lambda-retry",
        "callback-timeout",
        "job-timeout",
    }


INVOKE, START = "arn:aws:states:::lambda:invoke", "arn:aws:states:::states:startExecution"


@pytest.mark.parametrize(
    "version", ["1.2.0", "v1.2", "", "live now", "$latest", "$LATEST1", "live:2", "a" * 129]
)
def test_a_malformed_version_of_a_function_is_an_error(version: str) -> None:
    """A version is checked in the Resource, in a name or an ARN, and in a Qualifier."""
    assert "qualifier" in told(f"{FUNCTION}:{version}")
    assert "qualifier" in told(INVOKE, {"FunctionName": f"{FUNCTION}:{version}"})
    assert "qualifier" in told(INVOKE, {"FunctionName": f"charge:{version}"})
    assert "qualifier" in told(INVOKE, {"FunctionName": "charge", "Qualifier": version})


@pytest.mark.parametrize(
    "version", ["7", "live", "v1_2-0", "$LATEST", "$LATEST.PUBLISHED", "${Version}"]
)
def test_a_version_or_an_alias_of_a_function_is_accepted(version: str) -> None:
    """A version is a number, a name or $LATEST."""
    for name in (FUNCTION, "charge", "111122223333:function:f"):
        assert "qualifier" not in told(INVOKE, {"FunctionName": f"{name}:{version}"})
    assert told(INVOKE, {"FunctionName": "charge", "Qualifier": version}) == set()
    assert told(INVOKE, {"FunctionName": "charge", "Qualifier.$": "$.v"}) == set()


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:lambda:eu-west-1:111122223333:functon:charge",
        "arn:aws:lambda:eu-west-1::function:charge",
        "arn:aws:lambda:111122223333:function:charge",
        "arn:aws:sqs:eu-west-1:111122223333:function:charge",
        "arn:aws:lambda:eu-west-1:111122223333:function:the charge",
    ],
)
def test_a_malformed_arn_of_a_function_is_an_error(arn: str) -> None:
    """An ARN in the Resource or FunctionName is checked, unless it has placeholders."""
    assert "integration" in told(arn)
    assert "integration" in told(INVOKE, {"FunctionName": arn})
    assert "integration" not in told(INVOKE, {"FunctionName": arn.replace("charge", "<name>")})


def test_two_versions_of_one_function_exclude_each_other() -> None:
    """Lambda refuses a Qualifier that differs from the one in the name."""
    assert told(INVOKE, {"FunctionName": "charge:7", "Qualifier": "8"}) == {"qualifier"}
    assert told(INVOKE, {"FunctionName": "charge:7", "Qualifier": "7"}) == set()


def test_an_alias_of_a_state_machine_may_have_dots() -> None:
    """An alias of a function may not have dots."""
    assert "qualifier" not in told(START, {"StateMachineArn": f"{MACHINE}:v1.2"})
    assert "qualifier" in told(START, {"StateMachineArn": f"{MACHINE}:v1+2"})


def test_one_arn_has_one_finding() -> None:
    """Without a version the call is unpinned; with one, only the account is hard-coded."""
    assert told(FUNCTION) == {"unpinned"}
    assert told(f"{FUNCTION}:live") == {"hard-coded"}
    assert told(INVOKE, {"FunctionName": FUNCTION}) == {"unpinned"}
    assert told(START, {"StateMachineArn": MACHINE}) == {"unpinned"}
    assert told(INVOKE, {"FunctionName": FUNCTION, "Qualifier": "7"}) == {"hard-coded"}
    elsewhere = {
        "FunctionName": FUNCTION,
        "Payload": {"topic": "arn:aws:sns:eu-west-1:111122223333:t"},
    }
    assert told(INVOKE, elsewhere) == {"unpinned", "hard-coded"}


ITEM = {"TableName": "t", "Item": {}}


@pytest.mark.parametrize(
    ("action", "parameters", "name", "good"),
    [
        ("dynamodb:putItem", ITEM, "DynamoDB.ConditionalCheckFailedException", True),
        ("dynamodb:putItem", ITEM, "DynamoDb.ConditionalCheckFailedException", False),
        ("aws-sdk:dynamodb:putItem", ITEM, "DynamoDb.ConditionalCheckFailedException", True),
        ("aws-sdk:dynamodb:putItem", ITEM, "DynamoDB.ConditionalCheckFailedException", False),
        ("aws-sdk:dynamodb:putItem", ITEM, "S3.NoSuchKeyException", False),
        ("aws-sdk:dynamodb:putItem", ITEM, "Mine.Failed", True),
        ("aws-sdk:lambda:invoke", {"FunctionName": "f"}, "Lambda.TooManyRequests", False),
        ("aws-sdk:lambda:invoke", {"FunctionName": "f"}, "Lambda.Unknown", False),
        ("aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"}, "S3.NoSuchKey", False),
        ("aws-sdk:s3:getObject", {"Bucket": "b", "Key": "k"}, "S3.NoSuchKeyException", True),
        ("aws-sdk:dynamodb:putItem", ITEM, "States.TaskFailed", True),
        ("aws-sdk:sqs:purgeQueue", {"QueueUrl": "q"}, "Sqs.SqsException", True),
        ("aws-sdk:sqs:purgeQueue", {"QueueUrl": "q"}, "SQS.SqsException", False),
        ("sqs:sendMessage", {"QueueUrl": "q", "MessageBody": "b"}, "SQS.AmazonSQSException", True),
        ("sqs:sendMessage", {"QueueUrl": "q", "MessageBody": "b"}, "Sqs.SqsException", False),
        ("states:startExecution", {"StateMachineArn": "${M}"}, "StepFunctions.X", True),
        ("states:startExecution", {"StateMachineArn": "${M}"}, "Sfn.X", False),
        ("aws-sdk:sfn:startExecution", {"StateMachineArn": "${M}"}, "Sfn.XException", True),
        ("aws-sdk:sfn:startExecution", {"StateMachineArn": "${M}"}, "StepFunctions.X", False),
        ("lambda:invoke", {"FunctionName": "f:1"}, "DynamoDb.X", True),
        ("glue:startJobRun.sync", {"JobName": "j"}, "S3.X", True),
    ],
)
def test_the_prefix_of_an_error_depends_on_how_a_service_is_called(
    action: str, parameters: dict[str, Any], name: str, good: bool
) -> None:
    """SDK integrations name services as Java does; a function may report any name."""
    retry = [{"ErrorEquals": [name]}]
    rules = told(f"arn:aws:states:::{action}", parameters, Retry=retry)
    assert rules == (set() if good else {"error-prefix"})


def test_an_error_of_lambda_elsewhere_has_one_finding() -> None:
    """It's impossible: its prefix isn't reported as well."""
    retry = [{"ErrorEquals": ["Lambda.TooManyRequestsException"]}]
    rules = told("arn:aws:states:::aws-sdk:dynamodb:putItem", ITEM, Retry=retry)
    assert rules == {"impossible-error"}


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("DynamoDB.InternalServerErrorException", "Use DynamoDb.InternalServerErrorException."),
        ("DynamoDB.InternalServerError", "Use DynamoDb.InternalServerErrorException."),
        ("DynamoDb.InternalServerError", "Use DynamoDb.InternalServerErrorException."),
    ],
)
def test_the_right_name_is_advised(name: str, fix: str) -> None:
    """The advice has the full name, so that you can copy it."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem",
        "End": True,
        "Parameters": ITEM,
        "Retry": [{"ErrorEquals": [name]}],
    }
    definition = {"StartAt": "A", "States": {"A": state}}
    (finding,) = sfn.check_definition(definition, services=True)
    assert finding.path == "$.States.A.Retry[0].ErrorEquals[0]"
    assert finding.fix == fix
