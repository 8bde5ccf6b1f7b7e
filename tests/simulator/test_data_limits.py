"""AWS's limits of data and events: what is too much, where, and who can catch it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sfn_release.simulator import ExecutionOutcome
from support.executions import SEED, execute, machine, types

HALF = "x" * 140_000
MOST = "x" * (262_144 - 2)  # with its quotes
LIMIT = "States.DataLimitExceeded"
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
PASS = {"Type": "Pass"}
BOTH = {"a.$": "$.half", "b.$": "$.half"}


def caught(state: dict[str, Any], error: str, answer: Any = 1) -> ExecutionOutcome:
    """Run a state that catches *error*."""
    catch = [{"ErrorEquals": [error], "ResultPath": None, "Next": "Done"}]
    definition = machine(S=state | {"Catch": catch}, Done=PASS)
    return execute(definition, {"half": HALF}, lambda _call: answer)


def test_data_of_the_limit_pass() -> None:
    """An input, a result and an output of 262,144 bytes are allowed, and one more isn't."""
    assert execute(machine(P=PASS), MOST).output == MOST
    assert execute(machine(T=TASK), {}, lambda _call: MOST).output == MOST
    assert execute(machine(P=PASS), MOST + "x").error == LIMIT
    assert execute(machine(P={"Type": "Pass", "Result": "é" * 131_072})).error == LIMIT


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "Parameters": BOTH},
        {"Type": "Pass", "ResultPath": "$.copy"},
        {"Type": "Pass", "Assign": BOTH},
        {"Type": "Parallel", "Branches": [machine(P={"Type": "Pass", "OutputPath": "$.half"})] * 2},
        {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": machine(P={"Type": "Pass", "Result": HALF}),
        },
        {**TASK, "ResultPath": "$.copy"},
    ],
)
def test_an_output_beyond_the_limit_ends_the_state(state: dict[str, Any]) -> None:
    """The state never exits, and the cause names it."""
    outcome = execute(machine(S=state), {"half": HALF, "items": [1, 2]}, lambda _call: HALF)
    assert outcome.error == LIMIT
    assert "'S'" in str(outcome.cause)
    assert not types(outcome)[-2].startswith(f"{state['Type']}StateExited")


@pytest.mark.parametrize("error", [LIMIT, "States.ALL"])
def test_a_result_beyond_the_limit_is_the_task_s_failure(error: str) -> None:
    """Its Catch handles it, as AWS's recordings show."""
    outcome = caught(TASK, error, MOST + "x")
    assert outcome.output == {"half": HALF}
    assert types(outcome)[3:6] == ["TaskStarted", "TaskFailed", "TaskStateExited"]


def test_parameters_beyond_the_limit_start_no_task() -> None:
    """There is no TaskScheduled."""
    parameters = {"FunctionName": "f", "Payload": BOTH}
    outcome = caught({**TASK, "Parameters": parameters}, LIMIT)
    assert types(outcome)[:3] == ["ExecutionStarted", "TaskStateEntered", "TaskStateExited"]


@pytest.mark.parametrize("inside", [0, 1])
def test_a_loop_ends_with_event_25_000(inside: int) -> None:
    """ExecutionFailed is the last event, in a branch too."""
    loop: dict[str, Any] = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}
    for _ in range(inside):
        loop = machine(P={"Type": "Parallel", "Branches": [loop]})
    outcome = execute(loop)
    assert (outcome.error, len(outcome.events)) == ("States.Runtime", 25_000)
    assert types(outcome)[-1] == "ExecutionFailed"
    assert outcome.cause == "The execution reached the maximum number of history events (25000)."


def test_an_express_execution_has_no_quota_of_events() -> None:
    """A Map of many items passes 25,000 events; only a loop without end is ended."""
    express = replace(SEED, type="EXPRESS")
    each = {"Type": "Map", "ItemProcessor": machine(P=PASS)}
    outcome = execute(machine(M=each), list(range(7_000)), seed=express)
    assert outcome.status == "SUCCEEDED"
    assert len(outcome.events) > 25_000
    endless = execute(
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}, seed=express
    )
    assert (endless.status, endless.error) == ("FAILED", "SfnRelease.TooManyEvents")
