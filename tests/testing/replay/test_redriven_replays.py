"""Redriven executions: the replay fails where the recording failed, and goes on from there."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from sfn_release.simulator import (
    Execution,
    Redrive,
    TaskCall,
    TaskFailure,
    TaskResult,
    VirtualClock,
    drive,
)
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_files import execution_of
from sfn_release.testing.histories.state_visits import api_events, read_visits
from sfn_release.testing.replay.replay_execution import replay_execution
from support.executions import SEED, START, Answers, machine

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:work"}
RETRY = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
DEFINITION = machine(
    Begin={"Type": "Pass", "Result": 1, "ResultPath": "$.begun"},
    Both={
        "Type": "Parallel",
        "Branches": [machine(Left=TASK), machine(Right={**TASK, "Retry": RETRY}, After=TASK)],
        "ResultPath": "$.both",
    },
    Charge=TASK,
    Done={"Type": "Succeed"},
)
FAILURES = {"Right": 3, "Charge": 1}


def redriven() -> FinishedExecution:
    """Return an execution that failed twice, inside a branch and outside, and was redriven."""
    calls: Counter[str] = Counter()

    def answer(call: TaskCall) -> TaskResult:
        calls[call.state] += 1
        if calls[call.state] <= FAILURES.get(call.state, 0):
            raise TaskFailure("Busy", "Later", seconds=1)
        return TaskResult({call.state: calls[call.state]}, seconds=0.1)

    events: list[dict[str, Any]] = []
    clock, redrive = VirtualClock(START), None
    for count in range(3):
        execution = Execution(
            DEFINITION,
            {"order": 7},
            tasks=Answers(answer),
            clock=clock,
            context=SEED,
            redrive=redrive,
        )
        outcome = drive(execution, clock)
        events += api_events(outcome.events)
        if outcome.checkpoint is not None:
            clock.wait(clock.now() + timedelta(hours=1))
            redrive = Redrive(outcome.checkpoint, len(events), count + 1, clock.now())
    return execution_of(events, {"executionArn": SEED.execution_arn}, name="redriven")


def test_a_redrive_goes_on_in_the_states_that_were_left() -> None:
    """Events after a redrive don't name their state; their resource and their links do."""
    visits = {visit.state: visit for visit in read_visits(redriven().events)}
    assert [*visits] == ["Begin", "Both", "Left", "Right", "After", "Charge", "Done"]
    assert [task.ended for task in visits["Right"].tasks] == ["failed"] * 3 + ["succeeded"]
    assert [task.ended for task in visits["Charge"].tasks] == ["failed", "succeeded"]
    assert visits["After"].container is visits["Both"]
    assert {visit.ended for visit in visits.values()} == {"succeeded"}


def test_a_redriven_execution_replays_as_the_same() -> None:
    """It is redriven as often as it was recorded."""
    assert replay_execution(redriven(), DEFINITION).same


def test_a_change_is_found_before_and_after_a_redrive() -> None:
    """A Catch in the candidate takes what ended the recorded execution at first."""
    changed = json.loads(json.dumps(DEFINITION))
    changed["States"]["Charge"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    first, *_ = replay_execution(redriven(), changed).differences
    assert (first.what, first.state, first.recorded, first.candidate) == (
        *("path", "Charge"),
        *("Charge", "Done"),
    )
