"""The errors that a task can meet, by its Resource: the names that AWS would report."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.testing.faults.fault_kinds import task_faults
from sfn_release.testing.faults.injections import Failing, Silent
from sfn_release.testing.faults.result_faults import result_faults
from sfn_release.testing.faults.state_places import StatePlace

STATES = "arn:aws:states:::"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:a"


def names(resource: str, **fields: Any) -> set[str]:
    place = StatePlace("T", {"Type": "Task", "Resource": resource, **fields})
    return {fault.error for fault in task_faults(place)}


@pytest.mark.parametrize(
    ("resource", "errors"),
    [
        (FUNCTION, {"Lambda.TooManyRequestsException", "Lambda.Unknown", "Sandbox.Timedout"}),
        (f"{STATES}lambda:invoke", {"Lambda.SdkClientException", "Lambda.AWSLambdaException"}),
        (f"{STATES}dynamodb:putItem", {"DynamoDB.ConditionalCheckFailedException"}),
        (f"{STATES}aws-sdk:dynamodb:putItem", {"DynamoDb.ConditionalCheckFailedException"}),
        (f"{STATES}aws-sdk:s3:getObject", {"S3.NoSuchKeyException", "S3.S3Exception"}),
        (f"{STATES}glue:startJobRun.sync", {"Glue.ConcurrentRunsExceededException"}),
        (f"{STATES}http:invoke", {"States.Http.StatusCode.429", "States.Http.Socket"}),
        (f"{STATES}apigateway:invoke", {"ApiGateway.403"}),
        (f"{STATES}eks:call", {"EKS.404"}),
        (f"{STATES}bedrock:invokeModel", {"Bedrock.ThrottlingException"}),
        (f"{STATES}elasticmapreduce:createCluster.sync", {"ElasticMapReduce.SdkClientException"}),
        (ACTIVITY, {"Exception"}),
    ],
)
def test_each_resource_has_its_own_errors(resource: str, errors: set[str]) -> None:
    """And every task may fail, or lack a permission."""
    assert errors | {"States.TaskFailed", "States.Permissions"} <= names(resource)


def test_a_service_s_errors_refuse_the_submission_of_a_job() -> None:
    """A job that has failed was submitted before."""
    resource = f"{STATES}glue:startJobRun.sync"
    place = StatePlace("T", {"Type": "Task", "Resource": resource})
    answers = {fault.error: fault.answer for fault in task_faults(place)}
    refused, failed = answers["Glue.EntityNotFoundException"], answers["States.TaskFailed"]
    assert isinstance(refused, Failing)
    assert isinstance(failed, Failing)
    assert (refused.at_submission, failed.at_submission) == (True, False)
    assert answers["States.Timeout"] == Silent()


def test_timeouts_are_met_where_they_can_be() -> None:
    """A request that is answered at once has one only with TimeoutSeconds."""
    assert "States.Timeout" not in names(f"{STATES}sns:publish")
    assert "States.Timeout" in names(f"{STATES}sns:publish", TimeoutSecondsPath="$.t")
    assert "States.HeartbeatTimeout" not in names(f"{STATES}sns:publish", HeartbeatSeconds=3)
    callback = names(f"{STATES}sqs:sendMessage.waitForTaskToken", HeartbeatSeconds=3)
    assert "States.HeartbeatTimeout" in callback
    assert "States.HeartbeatTimeout" in names(ACTIVITY, HeartbeatSeconds=3)


def test_an_unknown_resource_has_the_errors_of_every_task() -> None:
    """No model describes it."""
    assert names(f"{STATES}aws-sdk:nosuch:action") == {"States.TaskFailed", "States.Permissions"}
    assert names("") == {"Exception", "States.TaskFailed", "States.Permissions"}


def odd(resource: str, result: Any) -> list[str]:
    return [fault.error for fault in result_faults(resource, result)]


def test_a_function_may_answer_anything() -> None:
    """Null, empty, without a member, and up to the quota or beyond."""
    envelope = {"ExecutedVersion": "$LATEST", "Payload": {"a": 1, "b": "x"}, "StatusCode": 200}
    assert odd(f"{STATES}lambda:invoke", envelope) == [
        *("null", "{}", '""', "[]", 'no "a"', 'no "b"'),
        *('the largest "b"', "the largest object", "States.DataLimitExceeded"),
    ]
    assert odd(FUNCTION, None)[0] == "{}"


def test_a_service_answers_with_an_object() -> None:
    """Members that its model requires are never missing."""
    assert odd(f"{STATES}dynamodb:getItem", {"Item": {}, "ConsumedCapacity": {}}) == [
        *("{}", 'no "Item"', 'no "ConsumedCapacity"'),
    ]
    resource = f"{STATES}aws-sdk:sfn:startExecution"
    assert odd(resource, {"ExecutionArn": "a", "StartDate": "b"}) == []
