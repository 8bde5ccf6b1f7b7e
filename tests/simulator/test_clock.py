"""Time: virtual executions jump, real ones wait and can be stopped."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

from sfn_release.simulator import (
    ContextSeed,
    ExecutionOutcome,
    Mocks,
    RealClock,
    VirtualClock,
    simulate,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:000000000000"
SEED = ContextSeed(f"{ARN}:execution:m:e", "e", "role", f"{ARN}:stateMachine:m", "m", START)
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}


def test_a_virtual_clock_moves_only_by_sleeping() -> None:
    """A virtual clock stops at the end of the calendar."""
    clock = VirtualClock(START)
    clock.sleep(86_400.5)
    assert clock.now() == datetime(2026, 1, 2, 0, 0, 0, 500_000, tzinfo=UTC)
    clock.sleep(1e18)
    assert clock.now().year == 9999


def test_a_real_execution_is_stopped_during_its_wait() -> None:
    """The outcome is ABORTED with the caller's error and cause, without waiting."""
    clock = RealClock()
    outcomes: list[ExecutionOutcome] = []
    thread = threading.Thread(
        target=lambda: outcomes.append(simulate(WAIT, {}, tasks=Mocks(), clock=clock, context=SEED))
    )
    thread.start()
    clock.stop("Enough", "said so")
    thread.join(timeout=60)
    (outcome,) = outcomes
    assert (outcome.status, outcome.error, outcome.cause) == ("ABORTED", "Enough", "said so")
    last = outcome.events[-1]
    assert (last.type, last.previous) == ("ExecutionAborted", 0)
    assert last.details == {"executionAbortedEventDetails": {"error": "Enough", "cause": "said so"}}


def test_an_execution_that_never_waits_is_stopped_at_its_next_step() -> None:
    """A stop takes effect between two states."""
    clock = RealClock()

    def stop(_payload: Any) -> Any:
        clock.stop()

    task = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Next": "Again"}
    states = {"Stop": task, "Again": {"Type": "Pass", "Next": "Again"}}
    outcome = simulate(
        {"StartAt": "Stop", "States": states},
        {},
        tasks=Mocks({"Stop": stop}),
        clock=clock,
        context=SEED,
    )
    assert outcome.status == "ABORTED"
    assert [event.type for event in outcome.events][-2:] == ["TaskStateExited", "ExecutionAborted"]
