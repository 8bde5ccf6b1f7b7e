"""Lists and histories of moto's Step Functions, which executes definitions, over HTTP."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.operations.finished.execution_histories import read_history, read_side_by_side
from sfn_release.operations.finished.execution_listing import list_executions
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_ends import ends_of
from sfn_release.testing.replay.replay_execution import replay_execution
from support.services import ACCOUNT

DEFINITION = {
    "StartAt": "Known",
    "States": {
        "Known": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.number", "NumericGreaterThan": 1, "Next": "Big"}],
            "Default": "Small",
        },
        "Big": {"Type": "Fail", "Error": "TooBig", "Cause": "it is too big"},
        "Small": {"Type": "Pass", "Parameters": {"small.$": "$.number"}, "End": True},
    },
}


@pytest.fixture
def machine(other_services: str) -> Iterator[tuple[Any, str]]:
    """Yield a client and a state machine that moto executes, after three executions."""
    import boto3

    configure(other_services, execute=True)
    client = boto3.client("stepfunctions", region_name="us-east-1", endpoint_url=other_services)
    arn = client.create_state_machine(
        name="numbers",
        definition=json.dumps(DEFINITION),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/numbers",
    )["stateMachineArn"]
    for number in range(3):
        begun = client.start_execution(
            stateMachineArn=arn, name=f"run-{number}", input=json.dumps({"number": number})
        )
        for _ in range(500):
            described = client.describe_execution(executionArn=begun["executionArn"])
            if described["status"] != "RUNNING":
                break
            time.sleep(0.02)
    yield client, arn
    configure(other_services, execute=False)


def configure(url: str, *, execute: bool) -> None:
    """Let moto execute state machines, or answer with a canned history."""
    body = json.dumps({"stepfunctions": {"execute_state_machine": execute}}).encode()
    request = urllib.request.Request(  # noqa: S310 - http
        f"{url}/moto-api/config", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request):  # noqa: S310 - as above
        pass


def test_executions_of_moto_are_read_and_replayed(machine: tuple[Any, str]) -> None:
    """The definition answers the same, and a changed one differs where it is."""
    client, arn = machine
    listed = list_executions(client, [arn], ExecutionFilter(last=None))

    def read(item: dict[str, Any]) -> FinishedExecution:
        events = read_history(client, item["executionArn"]) or []
        ends = ends_of(events)
        return FinishedExecution(
            item["executionArn"],
            "numbers",
            None,
            item["status"],
            ends.input,
            ends.output,
            ends.error,
            ends.cause,
            item["startDate"],
            item["stopDate"],
            events,
        )

    found = [*read_side_by_side(listed, read)]
    assert [execution.name for execution in found] == ["run-2", "run-1", "run-0"]
    assert [(execution.status, execution.error) for execution in found] == [
        ("FAILED", "TooBig"),
        ("SUCCEEDED", None),
        ("SUCCEEDED", None),
    ]
    assert all(replay_execution(execution, DEFINITION).same for execution in found)
    text = json.dumps(DEFINITION).replace('"NumericGreaterThan": 1', '"NumericGreaterThan": 0')
    replayed = [replay_execution(execution, json.loads(text)) for execution in found]
    assert [one.same for one in replayed] == [True, False, True]
    (first, *_) = replayed[1].differences
    assert (first.what, first.recorded, first.candidate) == ("path", "Small", "Big")


def test_a_status_selects_executions_of_moto(machine: tuple[Any, str]) -> None:
    """And the time of the start does."""
    client, arn = machine
    wanted = ExecutionFilter(last=None, statuses=("FAILED", "TIMED_OUT"))
    assert [item["name"] for item in list_executions(client, [arn], wanted)] == ["run-2"]
    (newest, middle, _) = list_executions(client, [arn], ExecutionFilter())
    until = ExecutionFilter(since=middle["startDate"], until=newest["startDate"])
    assert [item["name"] for item in list_executions(client, [arn], until)] == ["run-1"]


def test_an_execution_that_moto_doesnt_have_is_gone(machine: tuple[Any, str]) -> None:
    """It was deleted between the list and the history."""
    client, arn = machine
    assert read_history(client, arn.replace("stateMachine", "execution") + ":none") is None
