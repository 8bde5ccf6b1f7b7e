"""Tests of single states, in this process: what the service's TestState doesn't reach."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_release.simulator import Clock, RealClock, TaskCall, TaskFailure
from sfn_release.simulator.state_tests import (
    MockedError,
    MockedResult,
    StateTest,
    StateTestRefused,
    simulate_state,
)
from sfn_release.simulator.task_protocol import Later
from support.values import JSON

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
TASK = {"Type": "Task", "Resource": FUNCTION, "End": True}


def test_a_task_without_a_mock_names_the_mock_to_write() -> None:
    """By default nothing answers tasks."""
    outcome = simulate_state(StateTest(TASK))
    assert (outcome.status, outcome.error) == ("FAILED", "SfnRelease.NoMock")


@settings(max_examples=30)
@given(JSON)
def test_a_mocked_result_is_the_output(value: Any) -> None:
    """Whatever it is."""
    outcome = simulate_state(StateTest(TASK, mock=MockedResult(value)))
    assert json.dumps(outcome.output) == json.dumps(value)


@settings(max_examples=30)
@given(JSON, st.text())
def test_any_input_and_any_error_end(value: Any, error: str) -> None:
    """In an outcome with data that JSON can carry."""
    outcome = simulate_state(StateTest(TASK, input=value, mock=MockedError(error)))
    assert outcome.status == "FAILED"
    assert json.dumps(outcome.inspection["input"]) == json.dumps(value)


@settings(max_examples=30)
@given(JSON)
def test_a_definition_of_any_json_is_run_or_refused(value: Any) -> None:
    """Nothing has checked it before."""
    if isinstance(value, dict):
        for state in (value, {**value, "Type": "Task"}, {**value, "Type": "Map"}):
            for mock in (None, MockedResult([])):
                with suppress(StateTestRefused):
                    simulate_state(StateTest(state, mock=mock))


def test_a_result_beyond_the_quota_fails_the_state() -> None:
    """256 KiB is the most that a state can output."""
    outcome = simulate_state(StateTest({"Type": "Pass", "End": True}, input="x" * 262_143))
    assert (outcome.status, outcome.error) == ("FAILED", "States.DataLimitExceeded")


def test_a_parallel_inside_a_map_has_the_handlers_of_both() -> None:
    """The innermost comes first."""
    caught = {"ErrorEquals": ["States.ALL"], "Next": "Other"}
    inner = {**TASK, "Retry": [{"ErrorEquals": ["A"]}]}
    both = {
        "Type": "Parallel",
        "Branches": [{"StartAt": "Call", "States": {"Call": inner}}],
        "Retry": [{"ErrorEquals": ["B"], "MaxAttempts": 1}],
        "End": True,
    }
    each = {
        "Type": "Map",
        "ItemProcessor": {"StartAt": "Both", "States": {"Both": both}},
        "Catch": [caught],
        "End": True,
    }
    machine = {"StartAt": "Each", "States": {"Each": each, "Other": {"Type": "Succeed"}}}
    ends = {
        (error, count): simulate_state(
            StateTest(machine, "Call", mock=MockedError(error), retry_count=count)
        )
        for error, count in (("A", 0), ("B", 0), ("B", 1), ("C", 0))
    }
    assert [outcome.status for outcome in ends.values()] == [
        *("RETRIABLE", "RETRIABLE", "CAUGHT_ERROR", "CAUGHT_ERROR")
    ]
    assert ends["C", 0].next == "Other"


class Slow:
    """Tasks that are answered by work in another thread."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def run(self, call: TaskCall) -> Later:
        """Return at once; the work ends a little later."""
        return Later(self._pool.submit(self._work, call.payload))

    def _work(self, payload: Any) -> Any:
        if payload == "fail":
            raise TaskFailure("Busy", "too much")
        return {"got": payload}


@pytest.mark.parametrize("clock", [None, RealClock()], ids=["virtual", "real"])
def test_a_test_waits_for_work_in_progress(clock: Clock | None) -> None:
    """Whose result is the task's, and whose failure too."""
    with ThreadPoolExecutor() as pool:
        ended = simulate_state(StateTest(TASK, input=1), tasks=Slow(pool), clock=clock)
        failed = simulate_state(StateTest(TASK, input="fail"), tasks=Slow(pool), clock=clock)
    assert ended.output == {"got": 1}
    assert (failed.status, failed.error) == ("FAILED", "Busy")


def test_states_nested_too_deeply_are_refused() -> None:
    """As a definition of an execution is."""
    state: dict[str, Any] = {"Type": "Pass", "End": True}
    for _ in range(1000):
        state = {"Type": "Map", "ItemProcessor": {"StartAt": "A", "States": {"A": state}}}
    for name in (None, "B"):
        machine = state if name is None else {"StartAt": "A", "States": {"A": state}}
        test = StateTest(machine, name, mock=MockedError("E"), caused_by="B")
        with pytest.raises(StateTestRefused, match="too deeply nested"):
            simulate_state(test)
