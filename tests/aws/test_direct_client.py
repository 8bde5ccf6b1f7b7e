"""The client of the local environment behaves like boto3's client of the same service."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sfn_release.aws.api_calls import call
from sfn_release.aws.direct_client import direct
from sfn_release.aws.stepfunctions import in_process
from sfn_release.errors import AwsError
from sfn_release.local_service import open_service
from sfn_release.simulator import Mocks

ROLE = "arn:aws:iam::000000000000:role/tests"
PASS = json.dumps({"StartAt": "Keep", "States": {"Keep": {"Type": "Pass", "End": True}}})
ClientsOfOne = tuple[Any, Any]


@pytest.fixture
def clients() -> ClientsOfOne:
    """Return a direct client and a boto3 client of the same service."""
    service = open_service(
        ":memory:", tasks_for=lambda _scope: Mocks(), clock=lambda: 1_750_000_000
    )
    return direct(service.answer), in_process(service.answer, region="us-east-1")


def _calls(machine: str, execution: str) -> list[Callable[[Any], Any]]:
    return [
        lambda client: client.list_state_machines(),
        lambda client: client.describe_state_machine(stateMachineArn=machine),
        lambda client: client.list_tags_for_resource(resourceArn=machine),
        lambda client: client.describe_execution(executionArn=execution),
        lambda client: client.list_executions(stateMachineArn=machine, maxResults=5),
        lambda client: client.get_execution_history(executionArn=execution, reverseOrder=True),
    ]


def test_both_clients_return_the_same_answers(clients: ClientsOfOne) -> None:
    """Names, values and instants are equal; only the ids of the requests differ."""
    ours, boto = clients
    machine = ours.create_state_machine(
        name="keep", definition=PASS, roleArn=ROLE, tags=[{"key": "timestamp", "value": "7"}]
    )["stateMachineArn"]
    started = ours.start_execution(stateMachineArn=machine, input='{"startDate": 5}')
    assert isinstance(started["startDate"], datetime)
    for ask in _calls(machine, started["executionArn"]):
        found, expected = ask(ours), ask(boto)
        assert found.pop("ResponseMetadata")["HTTPStatusCode"] == 200
        del expected["ResponseMetadata"]
        assert found == expected


def test_both_clients_raise_the_same_error(clients: ClientsOfOne) -> None:
    """An error has the API's code, its message and the operation."""
    missing = "arn:aws:states:us-east-1:000000000000:stateMachine:none"
    failures = []
    for client in clients:
        with pytest.raises(ClientError) as raised:
            client.describe_state_machine(stateMachineArn=missing)
        failures.append((str(raised.value), raised.value.response["Error"]))
    assert failures[0] == failures[1]


def test_call_explains_the_errors_of_a_direct_client(clients: ClientsOfOne) -> None:
    """A refusal is an AwsError that names the operation."""
    ours, _ = clients
    with pytest.raises(AwsError, match="Step Functions refused CreateStateMachine: InvalidName"):
        call(ours.create_state_machine, name="a b", definition=PASS, roleArn=ROLE)


def test_a_direct_client_has_the_api_operations_only(clients: ClientsOfOne) -> None:
    """A misspelt operation is an AttributeError, as in boto3."""
    with pytest.raises(AttributeError, match="start_execution_now"):
        _ = clients[0].start_execution_now
