"""Redrives of the local service."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest

import sfn_release as sfn
from sfn_release.aws.stepfunctions import in_process
from sfn_release.local_service import LocalService, open_service
from sfn_release.simulator import Later, TaskCall, TaskFailure
from sfn_release.tasks import TaskSources, load_mock_config
from support.machines import MACHINES, ROLE, refusal
from support.service_kills import CALLBACK
from support.service_kills import service as service_process

PICK = "arn:aws:lambda:us-east-1:000000000000:function:pick"
DAY = 24 * 3600


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Picking:
    """Fails as often as the test says, then succeeds."""

    def __init__(self) -> None:
        self.failures = 1
        self.calls: list[str] = []

    def run(self, call: TaskCall) -> Any:
        """Answer one call."""
        self.calls.append(call.state)
        if call.resource.endswith(".waitForTaskToken"):
            return Later()
        if call.state == "Pick" and self.failures:
            self.failures -= 1
            raise TaskFailure("Empty", "Nothing there")
        return call.state


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the service."""
    return Clock()


@pytest.fixture
def picking() -> Picking:
    """Return the answers of the tasks."""
    return Picking()


@pytest.fixture
def client(clock: Clock, picking: Picking) -> Any:
    """Return a client of a service whose tasks *picking* answers."""
    service = open_service(":memory:", tasks_for=lambda _scope: picking, clock=clock)
    return in_process(service.answer, region="us-east-1")


def task(following: str | None) -> dict[str, Any]:
    state = {"Type": "Task", "Resource": PICK}
    return {**state, **({"Next": following} if following else {"End": True})}


ORDER = {
    "StartAt": "Find",
    "States": {"Find": task("Pick"), "Pick": task("Pack"), "Pack": task(None)},
}


def start(client: Any, definition: Any = ORDER, **options: Any) -> str:
    """Create a machine and start it; return the execution's ARN."""
    arn = client.create_state_machine(
        name="order", definition=json.dumps(definition), roleArn=ROLE, **options
    )["stateMachineArn"]
    execution: str = client.start_execution(stateMachineArn=arn, name="one")["executionArn"]
    return execution


def test_a_redrive_goes_on_from_the_failed_state(
    client: Any, clock: Clock, picking: Picking
) -> None:
    """Earlier states aren't repeated, and the history goes on."""
    execution = start(client)
    described = client.describe_execution(executionArn=execution)
    assert (described["status"], described["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    clock.now += 60
    redriven = client.redrive_execution(executionArn=execution)["redriveDate"]
    assert redriven.timestamp() == clock.now
    assert picking.calls == ["Find", "Pick", "Pick", "Pack"]
    described = client.describe_execution(executionArn=execution)
    assert (described["status"], described["output"]) == ("SUCCEEDED", '"Pack"')
    assert (described["redriveCount"], described["redriveDate"]) == (1, redriven)
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    events = client.get_execution_history(executionArn=execution)["events"]
    assert [event["id"] for event in events] == [*range(1, len(events) + 1)]
    types = [event["type"] for event in events]
    place = types.index("ExecutionRedriven")
    assert types[place - 1] == "ExecutionFailed"
    assert events[place]["executionRedrivenEventDetails"] == {"redriveCount": 1}
    assert types.count("TaskStateEntered") == 3
    assert types[-1] == "ExecutionSucceeded"


def test_an_execution_can_be_redriven_more_than_once(client: Any, picking: Picking) -> None:
    """The count grows, and the list can be filtered by it."""
    picking.failures = 3
    execution = start(client)
    for count in (1, 2, 3):
        client.redrive_execution(executionArn=execution)
        described = client.describe_execution(executionArn=execution)
        assert described["redriveCount"] == count
    assert described["status"] == "SUCCEEDED"
    arn = f"{MACHINES}:order"
    client.start_execution(stateMachineArn=arn, name="two")

    def listed(**options: Any) -> list[tuple[str, int]]:
        found = client.list_executions(stateMachineArn=arn, **options)["executions"]
        return [(item["name"], item["redriveCount"]) for item in found]

    assert listed() == [("two", 0), ("one", 3)]
    assert listed(redriveFilter="REDRIVEN") == [("one", 3)]
    assert listed(redriveFilter="NOT_REDRIVEN") == [("two", 0)]
    assert listed(redriveFilter="REDRIVEN", statusFilter="FAILED") == []


def test_a_client_token_makes_a_redrive_idempotent(
    client: Any, clock: Clock, picking: Picking
) -> None:
    """For a quarter of an hour a repeated token redrives nothing."""
    picking.failures = 3
    execution = start(client)
    first = client.redrive_execution(executionArn=execution, clientToken="t")
    clock.now += 60
    again = client.redrive_execution(executionArn=execution, clientToken="t")
    assert again["redriveDate"] == first["redriveDate"]
    assert client.describe_execution(executionArn=execution)["redriveCount"] == 1
    clock.now += 15 * 60
    client.redrive_execution(executionArn=execution, clientToken="t")
    assert client.describe_execution(executionArn=execution)["redriveCount"] == 2


def _delete(client: Any, _: Clock) -> None:
    client.delete_state_machine(stateMachineArn=f"{MACHINES}:order")


def _wait(_: Any, clock: Clock) -> None:
    clock.now += 14 * DAY + 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_delete, "State machine is in DELETING status"),
        (_wait, "Execution redrivable period exceeded"),
    ],
)
def test_an_execution_that_cannot_be_redriven_says_why(
    client: Any, clock: Clock, change: Callable[[Any, Clock], None], reason: str
) -> None:
    """The description and the refusal have AWS's reason."""
    execution = start(client)
    change(client, clock)
    described = client.describe_execution(executionArn=execution)
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] == reason
    code, message = refusal(client.redrive_execution, executionArn=execution)
    assert code == "ExecutionNotRedrivable"
    assert reason in message


WAITS: dict[str, Any] = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Pass", "Result": [1, 2], "ResultPath": "$.items", "Next": "Each"},
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {"StartAt": "Ask", "States": {"Ask": CALLBACK}},
            "End": True,
        },
    },
}


def token_of(events: list[dict[str, Any]], number: int) -> str:
    """Return the token that a callback task of the history has sent."""
    sent = [event for event in events if event["type"] == "TaskScheduled"][number]
    token: str = json.loads(sent["taskScheduledEventDetails"]["parameters"])["MessageBody"]
    return token


@pytest.mark.parametrize("end", ["kill", "close"])
def test_an_execution_whose_process_has_ended_goes_on_by_a_redrive(
    tmp_path: Path, end: str
) -> None:
    """From its last wait: the iteration that had its answer isn't repeated."""
    path = tmp_path / "local.db"

    def client_of(found: LocalService) -> Any:
        return in_process(found.answer, region="us-east-1")

    def answer(client: Any, execution: str, number: int) -> None:
        events = client.get_execution_history(executionArn=execution)["events"]
        client.send_task_success(taskToken=token_of(events, number), output=str(number))

    if end == "kill":
        with service_process(path) as (process, port):
            client = boto3.client(
                "stepfunctions", region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{port}"
            )
            execution = start(client, WAITS)
            answer(client, execution, 0)
            process.kill()
    else:
        service = open_service(path, tasks_for=lambda _scope: Picking())
        execution = start(client_of(service), WAITS)
        answer(client_of(service), execution, 0)
        service.close()
    client = client_of(open_service(path, tasks_for=lambda _scope: Picking()))
    described = client.describe_execution(executionArn=execution)
    assert (described["status"], described["error"]) == ("ABORTED", "SfnRelease.ProcessEnded")
    assert described["redriveStatus"] == "REDRIVABLE"
    client.redrive_execution(executionArn=execution)
    answer(client, execution, 2)
    described = client.describe_execution(executionArn=execution)
    assert (described["status"], described["output"]) == ("SUCCEEDED", "[0,2]")
    events = client.get_execution_history(executionArn=execution)["events"]
    assert [event["id"] for event in events] == [*range(1, len(events) + 1)]
    assert [event["type"] for event in events].count("PassStateEntered") == 1


def test_a_running_execution_cannot_be_redriven(client: Any) -> None:
    """After a stop it can, and its open task is asked for again with a new token."""
    execution = start(client, {"StartAt": "Ask", "States": {"Ask": CALLBACK}})
    code, message = refusal(client.redrive_execution, executionArn=execution)
    assert code == "ExecutionNotRedrivable"
    assert "Execution is RUNNING and cannot be redriven" in message
    client.stop_execution(executionArn=execution)

    def tokens() -> list[str]:
        events = client.get_execution_history(executionArn=execution)["events"]
        return [
            json.loads(event["taskScheduledEventDetails"]["parameters"])["MessageBody"]
            for event in events
            if event["type"] == "TaskScheduled"
        ]

    client.redrive_execution(executionArn=execution)
    assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
    old, new = tokens()
    assert refusal(client.send_task_success, taskToken=old, output="1")[0] == "TaskTimedOut"
    client.send_task_success(taskToken=new, output="1")
    assert client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


def test_an_express_or_absent_execution_is_refused(client: Any) -> None:
    """EXPRESS executions have no ARN that this operation takes."""
    start(client)
    absent = f"{MACHINES.replace('stateMachine', 'execution')}:order:absent"
    assert refusal(client.redrive_execution, executionArn=absent) == (
        "ExecutionDoesNotExist",
        f"Execution Does Not Exist: '{absent}'",
    )
    express = f"{absent.replace(':execution:', ':express:')}:id"
    assert refusal(client.redrive_execution, executionArn=express) == (
        "InvalidArn",
        "Invalid Arn: 'Resource type not valid in this context: express'",
    )


ONE_TASK = {
    "StartAt": "Pick",
    "States": {"Pick": {"Type": "Task", "Resource": PICK, "End": True}},
}
CASES = {
    "StateMachines": {"shop": {"TestCases": {"Twice": {"Pick": "Picked"}}}},
    "MockedResponses": {
        "Picked": {"0": {"Throw": {"Error": "Empty"}}, "1": {"Return": "an apple"}},
    },
}


def ended(client: Any, execution: str) -> tuple[str, Any, Any]:
    """Return the status, output and error of an execution."""
    found = client.describe_execution(executionArn=execution)
    return found["status"], found.get("output"), found.get("error")


def begun(client: Any, case: str = "") -> str:
    """Create a machine of one task and start it; return the execution's ARN."""
    machine = client.create_state_machine(
        name="shop", definition=json.dumps(ONE_TASK), roleArn=ROLE
    )["stateMachineArn"]
    execution: str = client.start_execution(stateMachineArn=machine + case)["executionArn"]
    return execution


def test_a_redrive_goes_on_with_the_next_answers() -> None:
    """A sequence of mocks counts the calls of the execution, which is still the same one."""
    answers = [{"error": "Empty"}, {"error": "Closed"}, {"return": 1}]
    client: Any = sfn.local(mocks={"Pick": answers})
    execution = begun(client)
    assert ended(client, execution) == ("FAILED", None, "Empty")
    client.redrive_execution(executionArn=execution)
    assert ended(client, execution) == ("FAILED", None, "Closed")
    client.redrive_execution(executionArn=execution)
    assert ended(client, execution) == ("SUCCEEDED", "1", None)


def test_a_redrive_stays_in_its_test_case(tmp_path: Path) -> None:
    """The start named it; after a restart of the service the case begins anew."""
    config = load_mock_config(json.dumps(CASES))

    def opened() -> Any:
        service = open_service(
            tmp_path / "local.db",
            tasks_for=TaskSources().for_execution,
            mock_config=lambda: config,
        )
        client: Any = in_process(service.answer, region="us-east-1")
        return client

    client = opened()
    execution = begun(client, "#Twice")
    assert ended(client, execution) == ("FAILED", None, "Empty")
    restarted = opened()
    restarted.redrive_execution(executionArn=execution)
    assert ended(restarted, execution) == ("FAILED", None, "Empty")
    restarted.redrive_execution(executionArn=execution)
    assert ended(restarted, execution) == ("SUCCEEDED", '"an apple"', None)


def test_a_redrive_needs_its_test_case(tmp_path: Path) -> None:
    """Without the mock configuration, the execution stays as it is."""
    config = load_mock_config(json.dumps(CASES))
    path, tasks_for = tmp_path / "local.db", TaskSources().for_execution
    first = open_service(path, tasks_for=tasks_for, mock_config=lambda: config)
    client: Any = in_process(first.answer, region="us-east-1")
    execution = begun(client, "#Twice")
    client = in_process(open_service(path, tasks_for=tasks_for).answer, region="us-east-1")
    code, message = refusal(client.redrive_execution, executionArn=execution)
    assert code == "ValidationException"
    assert "--mock-config" in message
    assert ended(client, execution) == ("FAILED", None, "Empty")


def test_the_process_of_the_first_attempt_does_not_end_the_redrive(tmp_path: Path) -> None:
    """One process stops and redrives the execution of another, which learns of the stop later."""
    submit: Any = {"Pick": {"submitted": {}}}
    body = {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}
    asking = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": body,
        "End": True,
    }
    first: Any = sfn.local(tmp_path / "local.db", mocks=submit)
    second: Any = sfn.local(tmp_path / "local.db", mocks=submit)
    execution = start(first, {"StartAt": "Pick", "States": {"Pick": asking}})
    second.stop_execution(executionArn=execution, error="Later")
    second.redrive_execution(executionArn=execution)
    deadline = time.monotonic() + 60
    with closing(sqlite3.connect(tmp_path / "local.db")) as db:
        while db.execute("SELECT 1 FROM task_signals").fetchone():  # until the first has learned
            assert time.monotonic() < deadline
            time.sleep(0.02)
    time.sleep(0.1)
    assert ended(second, execution) == ("RUNNING", None, None)
    types = [e["type"] for e in second.get_execution_history(executionArn=execution)["events"]]
    assert types.count("ExecutionAborted") == 1
    events = second.get_execution_history(executionArn=execution, reverseOrder=True)["events"]
    token = next(
        json.loads(event["taskScheduledEventDetails"]["parameters"])["MessageBody"]
        for event in events
        if event["type"] == "TaskScheduled"
    )
    second.send_task_success(taskToken=token, output='"an apple"')
    assert ended(second, execution) == ("SUCCEEDED", '"an apple"', None)
