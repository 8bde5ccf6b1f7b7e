"""Executions of the local service: virtual and real time, both types, history, and end."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.simulator import TaskCall, TaskFailure
from support.machines import MACHINES, ROLE, create, definition, refusal
from support.places import PYTHONPATH

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:charge"
PATIENCE = 60.0


@pytest.fixture
def client() -> Any:
    """Return a client of an empty service."""
    return sfn.local()


def machine(client: Any, states: dict[str, Any], *, name: str = "m", type: str = "STANDARD") -> str:
    """Create a state machine of these states; return its ARN."""
    text = json.dumps({"StartAt": next(iter(states)), "States": states})
    arn: str = client.create_state_machine(name=name, definition=text, roleArn=ROLE, type=type)[
        "stateMachineArn"
    ]
    return arn


def wait(seconds: int) -> dict[str, Any]:
    """Return the states of a machine that waits."""
    return {"Pause": {"Type": "Wait", "Seconds": seconds, "End": True}}


def charge(**fields: Any) -> dict[str, Any]:
    """Return the states of a machine with one task."""
    return {"Charge": {"Type": "Task", "Resource": FUNCTION, "End": True, **fields}}


def eventually(condition: Callable[[], Any]) -> None:
    """Wait for the effect of another thread or process."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.01)


def test_a_wait_of_a_day_takes_no_time(client: Any) -> None:
    """Time is virtual: the stop date is a day after the start, and the execution has ended."""
    arn = machine(client, wait(86_400))
    before = time.monotonic()
    execution = client.start_execution(stateMachineArn=arn, input='{"a": 1}')["executionArn"]
    described = client.describe_execution(executionArn=execution)
    assert time.monotonic() - before < PATIENCE
    assert described["status"] == "SUCCEEDED"
    assert described["stopDate"] - described["startDate"] == timedelta(days=1)
    assert described["input"] == '{"a": 1}'
    assert json.loads(described["output"]) == {"a": 1}
    assert described["redriveStatus"] == "NOT_REDRIVABLE"


def test_tasks_are_answered_by_mocks() -> None:
    """Mocks are a mapping by state or resource, or a function of the whole call."""
    by_name: Any = sfn.local(mocks={"Charge": {"payload": {"charged": True}}})
    by_call: Any = sfn.local(mocks=lambda call: {"state": call.state, "got": call.payload})
    for client, expected in (
        (by_name, {"charged": True}),
        (by_call, {"state": "Charge", "got": {"n": 1}}),
    ):
        arn = machine(client, charge())
        execution = client.start_execution(stateMachineArn=arn, input='{"n": 1}')["executionArn"]
        described = client.describe_execution(executionArn=execution)
        assert json.loads(described["output"]) == expected


def test_a_mock_may_use_the_service_itself() -> None:
    """No lock is held while an execution runs."""

    def answer(_: TaskCall) -> Any:
        return len(user.list_state_machines()["stateMachines"])

    user: Any = sfn.local(mocks=answer)
    execution = user.start_execution(stateMachineArn=machine(user, charge()))
    described = user.describe_execution(executionArn=execution["executionArn"])
    assert described["output"] == "1"


def test_each_execution_counts_its_own_calls() -> None:
    """A list of answers starts again with every execution."""
    answers = [{"error": "Busy"}, {"return": "done"}]
    client: Any = sfn.local(mocks={"Charge": answers})
    arn = machine(client, charge(Retry=[{"ErrorEquals": ["Busy"]}]))
    for _ in range(2):
        execution = client.start_execution(stateMachineArn=arn)["executionArn"]
        assert client.describe_execution(executionArn=execution)["output"] == '"done"'
        events = client.get_execution_history(executionArn=execution)["events"]
        assert [event["type"] for event in events].count("LambdaFunctionFailed") == 1


def test_a_failed_execution_tells_error_and_cause() -> None:
    """A failed execution has an error and a cause, and is marked as redrivable, as on AWS."""

    def refuse(_: TaskCall) -> Any:
        raise TaskFailure("Broke", "no money")

    client: Any = sfn.local(mocks=refuse)
    execution = client.start_execution(stateMachineArn=machine(client, charge()))["executionArn"]
    described = client.describe_execution(executionArn=execution)
    assert described["status"] == "FAILED"
    assert (described["error"], described["cause"]) == ("Broke", "no money")
    assert "output" not in described
    assert described["redriveStatus"] == "REDRIVABLE"


def test_the_history_can_be_read_in_pages_backwards_and_without_data(client: Any) -> None:
    """The paginator of botocore works, and ids are in order."""
    arn = machine(client, {**{f"S{n}": _pass(f"S{n + 1}") for n in range(4)}, "S4": _pass(None)})
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]

    def ids(**options: Any) -> list[int]:
        pages = client.get_paginator("get_execution_history").paginate(
            executionArn=execution, PaginationConfig={"PageSize": 5}, **options
        )
        return [event["id"] for page in pages for event in page["events"]]

    assert ids() == list(range(1, 13))
    assert ids(reverseOrder=True) == list(range(12, 0, -1))
    bare = client.get_execution_history(executionArn=execution, includeExecutionData=False)
    assert bare["events"][1]["stateEnteredEventDetails"] == {"name": "S0"}


def _pass(following: str | None) -> dict[str, Any]:
    return {"Type": "Pass", **({"Next": following} if following else {"End": True})}


def test_the_name_of_an_ended_execution_is_taken(client: Any) -> None:
    """The name stays in use even for the same input, unless the execution still runs."""
    arn = create(client)
    execution = client.start_execution(stateMachineArn=arn, name="one")["executionArn"]
    assert execution == arn.replace("stateMachine:", "execution:") + ":one"
    assert refusal(client.start_execution, stateMachineArn=arn, name="one") == (
        "ExecutionAlreadyExists",
        f"Execution Already Exists: '{execution}'",
    )


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"input": "NaN"}, "InvalidExecutionInput"),
        ({"input": "[1e999]"}, "InvalidExecutionInput"),
        ({"name": "a b"}, "InvalidName"),
        ({"name": "n" * 81}, "ValidationException"),
    ],
)
def test_a_bad_start_is_refused(client: Any, request_: dict[str, str], code: str) -> None:
    """Invalid input or an invalid name is refused, and nothing is stored."""
    arn = create(client)
    assert refusal(client.start_execution, stateMachineArn=arn, **request_)[0] == code
    assert client.list_executions(stateMachineArn=arn)["executions"] == []


def test_executions_are_listed_newest_first_by_status_in_pages(client: Any) -> None:
    """An execution outlives its state machine, although it is then not listed."""
    arn = create(client)
    started = [
        client.start_execution(stateMachineArn=arn, name=f"e{number}")["executionArn"]
        for number in range(5)
    ]
    pages = client.get_paginator("list_executions").paginate(
        stateMachineArn=arn, statusFilter="SUCCEEDED", PaginationConfig={"PageSize": 2}
    )
    listed = [item["executionArn"] for page in pages for item in page["executions"]]
    assert listed == started[::-1]
    assert client.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"] == []
    client.delete_state_machine(stateMachineArn=arn)
    assert refusal(client.list_executions, stateMachineArn=arn)[0] == "StateMachineDoesNotExist"
    assert client.describe_execution(executionArn=started[0])["status"] == "SUCCEEDED"
    ran = client.describe_state_machine_for_execution(executionArn=started[0])
    assert ran["definition"] == definition(1)


def test_what_really_ran_is_told_after_an_update(client: Any) -> None:
    """The definition and revision are the execution's, and not the machine's current ones."""
    arn = create(client)
    first = client.start_execution(stateMachineArn=arn)["executionArn"]
    revision = client.update_state_machine(stateMachineArn=arn, definition=definition(2))
    second = client.start_execution(stateMachineArn=arn)["executionArn"]
    before = client.describe_state_machine_for_execution(executionArn=first)
    after = client.describe_state_machine_for_execution(executionArn=second)
    assert before["definition"] == definition(1)
    assert "revisionId" not in before
    assert after["definition"] == definition(2)
    assert after["revisionId"] == revision["revisionId"]


def test_an_express_machine_answers_at_once(client: Any) -> None:
    """StartSyncExecution returns the outcome and the billing, with an EXPRESS ARN."""
    arn = machine(client, wait(2), type="EXPRESS")
    answer = client.start_sync_execution(stateMachineArn=arn, name="one", input="[1]")
    prefix = arn.replace("stateMachine:", "express:") + ":one:"
    assert answer["executionArn"].startswith(prefix)
    assert answer["status"] == "SUCCEEDED"
    assert (answer["input"], answer["output"]) == ("[1]", "[1]")
    assert answer["stopDate"] - answer["startDate"] == timedelta(seconds=2)
    assert answer["billingDetails"] == {
        "billedMemoryUsedInMB": 64,
        "billedDurationInMilliseconds": 2000,
    }
    again = client.start_sync_execution(
        stateMachineArn=arn, name="one", includedData="METADATA_ONLY"
    )
    assert again["executionArn"] != answer["executionArn"]
    assert "output" not in again
    assert again["inputDetails"] == {"included": False}


def test_an_express_execution_ends_after_five_minutes(client: Any) -> None:
    """AWS's limit of five minutes applies, in virtual time."""
    arn = machine(client, wait(301), type="EXPRESS")
    answer = client.start_sync_execution(stateMachineArn=arn)
    assert answer["status"] == "TIMED_OUT"
    assert answer["stopDate"] - answer["startDate"] == timedelta(minutes=5)


def test_a_failing_express_execution_is_an_answer(client: Any) -> None:
    """The call succeeds, and its answer has the failure."""
    arn = machine(client, {"No": {"Type": "Fail", "Error": "E", "Cause": "C"}}, type="EXPRESS")
    answer = client.start_sync_execution(stateMachineArn=arn)
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "E", "C")
    assert "output" not in answer


def test_each_type_has_its_operations(client: Any) -> None:
    """STANDARD can't start synchronously; EXPRESS can't be listed, described or stopped."""
    unsupported = (
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    )
    standard = machine(client, wait(1), name="s")
    express = machine(client, wait(1), name="e", type="EXPRESS")
    assert unsupported == refusal(client.start_sync_execution, stateMachineArn=standard)
    assert unsupported == refusal(client.list_executions, stateMachineArn=express)
    started = client.start_execution(stateMachineArn=express)["executionArn"]
    for call in (client.describe_execution, client.stop_execution, client.get_execution_history):
        assert refusal(call, executionArn=started)[0] == "InvalidArn"


def test_an_absent_execution_is_not_found(client: Any) -> None:
    """The error names the ARN."""
    arn = MACHINES.replace("stateMachine", "execution") + ":hello:none"
    assert refusal(client.describe_execution, executionArn=arn) == (
        "ExecutionDoesNotExist",
        f"Execution Does Not Exist: '{arn}'",
    )


def test_half_a_surrogate_pair_is_kept_as_its_escape(client: Any) -> None:
    """Half a pair is allowed as a JSON escape, and refused in a field of the request itself."""
    arn = create(client, result="\ud800")
    for request in ({}, {"input": '"\\udfff"'}):
        execution = client.start_execution(stateMachineArn=arn, **request)["executionArn"]
        assert client.describe_execution(executionArn=execution)["output"] == r'"\ud800"'
    code, _ = refusal(client.start_execution, stateMachineArn=arn, name="\ud800")
    assert code == "SerializationException"


def test_a_machine_that_is_deleted_while_it_runs_has_no_execution() -> None:
    """In virtual time, no execution is stored."""

    def delete(_: TaskCall) -> None:
        user.delete_state_machine(stateMachineArn=f"{MACHINES}:m")

    user: Any = sfn.local(mocks=delete)
    arn = machine(user, charge())
    assert refusal(user.start_execution, stateMachineArn=arn)[0] == "StateMachineDoesNotExist"


def test_input_that_is_nested_too_deeply_is_refused(client: Any) -> None:
    """Input that can be parsed runs; deeper input is an error of the API."""
    arn = create(client)
    started = client.start_execution(stateMachineArn=arn, input="[" * 200 + "]" * 200)
    assert client.describe_execution(executionArn=started["executionArn"])["output"] == "1"
    deep = "[" * 100_000 + "]" * 100_000
    assert refusal(client.start_execution, stateMachineArn=arn, input=deep)[0] == (
        "InvalidExecutionInput"
    )


def test_stopping_what_has_ended_changes_nothing(client: Any) -> None:
    """The stop date is the end of the execution."""
    execution = client.start_execution(stateMachineArn=create(client))["executionArn"]
    before = client.describe_execution(executionArn=execution)
    assert client.stop_execution(executionArn=execution)["stopDate"] == before["stopDate"]
    assert client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


def test_in_real_time_an_execution_runs_on_and_can_be_stopped() -> None:
    """A stop is recorded with its error and cause, in the description and the history."""
    client: Any = sfn.local(real_time=True)
    arn = machine(client, wait(600))
    execution = client.start_execution(stateMachineArn=arn, name="long")["executionArn"]
    assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
    same = client.start_execution(stateMachineArn=arn, name="long")  # idempotent while it runs
    assert same["executionArn"] == execution
    other = refusal(client.start_execution, stateMachineArn=arn, name="long", input="[]")
    assert other[0] == "ExecutionAlreadyExists"
    running = client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
    assert [item["executionArn"] for item in running] == [execution]
    client.stop_execution(executionArn=execution, error="Enough", cause="I said so")
    described = client.describe_execution(executionArn=execution)
    assert described["status"] == "ABORTED"
    assert (described["error"], described["cause"]) == ("Enough", "I said so")
    last = client.get_execution_history(executionArn=execution, reverseOrder=True)["events"][0]
    assert last["type"] == "ExecutionAborted"
    assert last["executionAbortedEventDetails"] == {"error": "Enough", "cause": "I said so"}


def test_in_real_time_an_execution_comes_to_its_end() -> None:
    """The outcome is stored when the execution ends."""
    client: Any = sfn.local(real_time=True, mocks=lambda _: "answered")
    execution = client.start_execution(stateMachineArn=machine(client, charge()))["executionArn"]
    eventually(lambda: client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    assert client.describe_execution(executionArn=execution)["output"] == '"answered"'


def test_a_task_that_does_not_return_does_not_hold_up_a_stop() -> None:
    """The task's later answer is ignored."""
    asked, answer = threading.Event(), threading.Event()

    def slow(_: TaskCall) -> Any:
        asked.set()
        answer.wait(PATIENCE)

    client: Any = sfn.local(real_time=True, mocks=slow)
    execution = client.start_execution(stateMachineArn=machine(client, charge()))["executionArn"]
    assert asked.wait(PATIENCE)
    so_far = client.get_execution_history(executionArn=execution)["events"]
    assert [event["type"] for event in so_far[:2]] == ["ExecutionStarted", "TaskStateEntered"]
    client.stop_execution(executionArn=execution)
    answer.set()
    assert client.describe_execution(executionArn=execution)["status"] == "ABORTED"
    events = client.get_execution_history(executionArn=execution)["events"]
    assert events[: len(so_far)] == so_far
    assert events[-1]["type"] == "ExecutionAborted"
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))


def test_an_execution_whose_process_died_is_aborted(tmp_path: Path) -> None:
    """Another process reports that the execution was aborted, and why."""
    path = tmp_path / "local.db"
    script = (
        "import sys, sfn_release as sfn\n"
        "client = sfn.local(sys.argv[1], real_time=True)\n"
        "print(client.start_execution(stateMachineArn=sys.argv[2])['executionArn'], flush=True)\n"
        "sys.stdin.read()\n"
    )
    arn = machine(sfn.local(path), wait(600))
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path), arn],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
    )
    with process:
        assert process.stdout is not None
        execution = process.stdout.readline().strip()
        client: Any = sfn.local(path)
        assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
        history = client.get_execution_history
        eventually(lambda: len(history(executionArn=execution)["events"]) == 2)
        process.kill()
    described = client.describe_execution(executionArn=execution)
    assert described["status"] == "ABORTED"
    assert "process that ran this execution ended" in described["cause"]
    events = client.get_execution_history(executionArn=execution)["events"]
    expected = ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]
    assert [event["type"] for event in events] == expected


def test_the_history_of_a_running_execution_is_paged_like_any_other() -> None:
    """Long inputs are paged in both directions, and the events stay after a stop."""
    client: Any = sfn.local(real_time=True)
    states = {"Take": {"Type": "Pass", "Next": "Pause"}, **wait(600)}
    text = json.dumps({"text": "x" * 5_000})
    arn = machine(client, states)
    execution = client.start_execution(stateMachineArn=arn, input=text)["executionArn"]

    def events(**options: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = client.get_execution_history(executionArn=execution, **options, **token)
            found += page["events"]
            if "nextToken" not in page:
                return found
            token = {"nextToken": page["nextToken"]}

    eventually(lambda: len(events()) == 4)
    whole = events()
    assert [event["id"] for event in whole] == [1, 2, 3, 4]
    assert whole == events(maxResults=1) == events(maxResults=3)
    assert whole[::-1] == events(reverseOrder=True, maxResults=1)
    assert whole[::-1] == events(reverseOrder=True, maxResults=3)
    assert len(whole[3]["stateEnteredEventDetails"]["input"]) > 5_000
    client.stop_execution(executionArn=execution)
    stopped = events(maxResults=2)
    assert stopped[:4] == whole
    assert [event["type"] for event in stopped[4:]] == ["ExecutionAborted"]


def test_equal_texts_of_histories_are_stored_once(tmp_path: Path) -> None:
    """A text is stored once for any number of events and executions that pass it on."""
    client: Any = sfn.local(tmp_path / "local.db")
    arn = machine(
        client,
        {f"P{n}": {"Type": "Pass", "Next": f"P{n + 1}"} for n in range(9)}
        | {"P9": {"Type": "Pass", "End": True}},
    )
    text = json.dumps({"text": "x" * 5_000}, separators=(",", ":"))
    runs = [client.start_execution(stateMachineArn=arn, input=text) for _ in range(3)]
    with contextlib.closing(sqlite3.connect(tmp_path / "local.db")) as db:
        assert db.execute("SELECT count(*) FROM payloads").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM events").fetchone() == (3 * 22,)
    history = client.get_execution_history(executionArn=runs[2]["executionArn"])["events"]
    assert {event["stateExitedEventDetails"]["output"] for event in history[2:-1:2]} == {text}
