"""Recordings that a timeout, a failure or a person cut off, and candidates that go further."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sfn_release.simulator import Later, TaskCall, TaskFailure, TaskResult
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.replay.replay_execution import replay_execution
from support.executions import machine
from support.recorded_runs import FUNCTION, changed, parts, record

TASK = {"Type": "Task", "Resource": FUNCTION}
WAITING = {**machine(First=TASK, Pause={"Type": "Wait", "Seconds": 100}, Last=TASK)}
LIMITED = WAITING | {"TimeoutSeconds": 30}


def answered(_call: TaskCall) -> Any:
    return TaskResult(1, seconds=5)


def endless(_call: TaskCall) -> Any:
    return Later()


def test_the_state_of_a_new_timeout_is_found() -> None:
    """The candidate times out in the Wait, and the recorded execution went through it."""
    assert parts(replay_execution(record(WAITING, answered), LIMITED)) == [
        (
            "status",
            "Pause",
            {"status": "SUCCEEDED"},
            {"status": "TIMED_OUT", "error": "States.Timeout"},
        )
    ]


@pytest.mark.parametrize(
    "candidate",
    [
        pytest.param(WAITING | {"TimeoutSeconds": 3000}, id="more time"),
        pytest.param(WAITING, id="no limit"),
        pytest.param(changed(LIMITED, Pause={"Seconds": 3}), id="a shorter wait"),
        pytest.param(changed(LIMITED, Pause={"Type": "Pass", "Seconds": None}), id="no wait"),
    ],
)
def test_a_candidate_that_goes_beyond_a_timeout_needs_answers(candidate: dict[str, Any]) -> None:
    """It calls a task that the recorded execution didn't get to."""
    recording = record(LIMITED, answered)
    assert replay_execution(recording, LIMITED).same
    replayed = replay_execution(recording, candidate)
    assert [found.state for found in replayed.unanswered] == ["Last"]
    assert parts(replayed) == [("path", "Pause", None, "Last")]


def test_a_longer_wait_ends_in_the_same_timeout() -> None:
    """It was cut off in the same state."""
    candidate = changed(LIMITED, Pause={"Seconds": 999})
    assert replay_execution(record(LIMITED, answered), candidate).same


def test_a_task_that_ran_at_the_timeout_has_no_answer_later() -> None:
    """With more time for the execution, the task would have ended somehow."""
    recording = record(LIMITED, endless)
    assert replay_execution(recording, LIMITED).same
    (found,) = replay_execution(recording, LIMITED | {"TimeoutSeconds": 60}).unanswered
    assert found.reason == "The recorded execution ended before this task had an answer."


def stopped_in_its_wait() -> FinishedExecution:
    """Return an execution that a person stopped after a minute in its Wait."""
    recording = record(changed(WAITING, Pause={"Seconds": 60}), answered)
    assert recording.stopped is not None
    entered = next(
        number
        for number, event in enumerate(recording.events)
        if event["type"] == "WaitStateExited"
    )
    end = {**recording.events[entered], "type": "ExecutionAborted"}
    events = [*recording.events[:entered], {k: end[k] for k in end if "Details" not in k}]
    return replace(
        recording, events=events, status="ABORTED", output=None, stopped=end["timestamp"]
    )


@pytest.mark.parametrize(("seconds", "same"), [(100, True), (60, True), (3, False)])
def test_a_stopped_execution_is_compared_up_to_its_stop(seconds: int, same: bool) -> None:
    """A shorter Wait ends before it."""
    candidate = changed(WAITING, Pause={"Seconds": seconds})
    assert replay_execution(stopped_in_its_wait(), candidate).same is same


def both(seconds: int) -> dict[str, Any]:
    """Return a Parallel whose first branch fails after four seconds."""
    slow = machine(Slow={"Type": "Wait", "Seconds": seconds}, Next=TASK)
    return machine(
        Both={
            "Type": "Parallel",
            "Branches": [machine(Bad=TASK), slow],
            "Catch": [{"ErrorEquals": ["Broken"], "Next": "End"}],
        },
        End={"Type": "Pass"},
    )


@pytest.mark.parametrize(("seconds", "same"), [(100, True), (50, True), (1, False)])
def test_a_branch_that_leaves_its_wait_before_another_fails_is_found(
    seconds: int, same: bool
) -> None:
    """The recorded branch was cut off in its Wait."""

    def broken(_call: TaskCall) -> Any:
        raise TaskFailure("Broken", None, seconds=4)

    replayed = replay_execution(record(both(100), broken), both(seconds))
    assert replayed.same is same
    assert parts(replayed) == ([] if same else [("path", "Slow", None, "Next")])


def test_new_heartbeats_are_unknown() -> None:
    """Whether the worker would have sent them isn't in the history."""
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
    }
    recording = record(
        machine(Ask=ask), lambda _call: TaskResult(1, seconds=40, submitted={"MessageId": "1"})
    )
    candidate = machine(Ask=ask | {"HeartbeatSeconds": 30})
    (found,) = replay_execution(recording, candidate).unanswered
    assert found.reason == (
        "It took 40 s, and needs a heartbeat every 30 s now. The history has no heartbeats."
    )
    assert replay_execution(recording, machine(Ask=ask | {"HeartbeatSeconds": 60})).same


def test_a_task_that_fails_before_its_call_misses_the_next_state() -> None:
    """Its Parameters can't be computed."""
    candidate = changed(WAITING, First={"Parameters": {"n.$": "$.missing"}})
    first = parts(replay_execution(record(WAITING, answered), candidate))[0]
    assert first == ("path", "First", "Pause", None)
