"""An execution that is driven from outside: answers, heartbeats, stops, work, redrives."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sfn_release.simulator import (
    ContextSeed,
    Execution,
    Later,
    NoAnswer,
    Redrive,
    TaskCall,
    TaskFailure,
    TaskResult,
    VirtualClock,
    drive,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:000000000000"
SEED = ContextSeed(f"{ARN}:execution:m:e", "e", "role", f"{ARN}:stateMachine:m", "m", START)
CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
ACTIVITY = f"{ARN}:activity:a"


class Asked:
    """Answers every task later, and keeps the calls."""

    def __init__(self, answer: Any = None) -> None:
        self.calls: list[TaskCall] = []
        self.answer = answer or Later()

    def run(self, call: TaskCall) -> Any:
        """Keep the call."""
        self.calls.append(call)
        return self.answer(call) if callable(self.answer) else self.answer


def task(resource: str = CALLBACK, **fields: Any) -> dict[str, Any]:
    """Return a definition of one task."""
    state = {"Type": "Task", "Resource": resource, "End": True, **fields}
    return {"StartAt": "T", "States": {"T": state}}


def started(
    definition: dict[str, Any], tasks: Asked, input: Any = None
) -> tuple[Execution, VirtualClock]:
    """Return an execution that has run as far as it can."""
    clock = VirtualClock(START)
    execution = Execution(definition, input or {}, tasks=tasks, clock=clock, context=SEED)
    execution.advance()
    return execution, clock


def types(execution: Execution) -> list[str]:
    """Return the types of an ended execution's events."""
    assert execution.outcome is not None
    return [event.type for event in execution.outcome.events]


def test_a_callback_ends_its_task() -> None:
    """The execution waits for the token of its task, and goes on with the answer."""
    tasks = Asked(Later(submitted={"MessageId": "1"}))
    parameters = {"QueueUrl": "q", "MessageBody": {"Token.$": "$$.Task.Token"}}
    execution, _ = started(task(Parameters=parameters), tasks)
    (call,) = tasks.calls
    assert call.payload == {"QueueUrl": "q", "MessageBody": {"Token": call.token}}
    assert [*execution.waiting] == [call.token]
    assert execution.answer(call.token, TaskResult({"paid": True}))
    execution.advance()
    assert execution.outcome is not None
    assert execution.outcome.output == {"paid": True}
    assert types(execution)[2:6] == [
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
    ]
    assert not execution.answer(call.token, TaskResult(1))


def test_a_callback_fails_its_task() -> None:
    """A failure from outside is the task's own, with its error and cause."""
    tasks = Asked()
    execution, _ = started(task(), tasks)
    assert execution.answer(tasks.calls[0].token, TaskFailure("Declined", "no funds"))
    execution.advance()
    assert execution.outcome is not None
    assert (execution.outcome.status, execution.outcome.error) == ("FAILED", "Declined")
    assert "TaskFailed" in types(execution)


def test_an_unknown_token_is_refused() -> None:
    """Nothing happens to the execution."""
    execution, _ = started(task(), Asked())
    assert not execution.answer("another", TaskResult(1))
    assert not execution.heartbeat("another")
    assert not execution.started("another", "w")


def test_a_callback_that_never_comes_times_out() -> None:
    """In virtual time the timeout is there at once."""
    execution, clock = started(task(TimeoutSeconds=60), Asked())
    outcome = drive(execution, clock)
    assert (outcome.status, outcome.error) == ("FAILED", "States.Timeout")
    assert outcome.stopped_at == START + timedelta(seconds=60)
    assert outcome.events[-2].type == "TaskTimedOut"


def test_heartbeats_keep_a_task_alive() -> None:
    """Each heartbeat starts the time again; without the next one the task times out."""
    tasks = Asked()
    retry = [{"ErrorEquals": ["States.HeartbeatTimeout"], "MaxAttempts": 0}]
    execution, clock = started(task(HeartbeatSeconds=10, Retry=retry), tasks)
    for _ in range(3):
        clock.wait(clock.now() + timedelta(seconds=9))
        execution.advance()
        assert execution.heartbeat(tasks.calls[0].token)
    outcome = drive(execution, clock)
    assert outcome.error == "States.Timeout"
    assert outcome.stopped_at == START + timedelta(seconds=37)


@pytest.mark.parametrize(
    "resource", [ARN.replace("states", "lambda") + ":function:f", "arn:aws:states:::sns:publish"]
)
def test_only_callbacks_and_activities_have_heartbeats(resource: str) -> None:
    """Nothing could send the heartbeats of another task."""
    answered = Asked(lambda _call: TaskResult("done", seconds=20))
    execution, clock = started(task(resource, HeartbeatSeconds=10), answered)
    outcome = drive(execution, clock)
    assert (outcome.output, outcome.stopped_at) == ("done", START + timedelta(seconds=20))


def test_a_result_with_its_text_is_handed_on() -> None:
    """It is neither written nor copied, and the history has the text with its blanks."""
    result = {"a": [1]}
    tasks = Asked(lambda _call: TaskResult(result, text='{"a": [1]}'))
    execution, clock = started(task("arn:aws:states:::sns:publish"), tasks)
    outcome = drive(execution, clock)
    assert outcome.output is result
    succeeded = next(event for event in outcome.events if event.type == "TaskSucceeded")
    assert succeeded.details["taskSucceededEventDetails"]["output"] == '{"a": [1]}'


def test_a_text_beyond_the_quota_fails_its_task() -> None:
    """The quota of 256 KiB applies to the text."""
    tasks = Asked(lambda _call: TaskResult("", text=f'"{"x" * 262_143}"'))
    execution, clock = started(task("arn:aws:states:::sns:publish"), tasks)
    assert drive(execution, clock).error == "States.DataLimitExceeded"


def test_an_express_execution_runs_five_minutes() -> None:
    """A longer TimeoutSeconds doesn't change that."""
    definition = {**task(), "TimeoutSeconds": 400}
    clock = VirtualClock(START)
    context = replace(SEED, type="EXPRESS")
    outcome = drive(Execution(definition, tasks=Asked(), clock=clock, context=context), clock)
    assert (outcome.status, outcome.stopped_at) == ("TIMED_OUT", START + timedelta(minutes=5))


def test_an_activity_starts_when_a_worker_takes_it() -> None:
    """Its heartbeats count from then, its timeout from its schedule."""
    tasks = Asked()
    execution, clock = started(task(ACTIVITY, TimeoutSeconds=100, HeartbeatSeconds=10), tasks)
    clock.wait(START + timedelta(seconds=50))
    execution.advance()
    assert execution.outcome is None
    assert execution.started(tasks.calls[0].token, "worker-1")
    outcome = drive(execution, clock)
    assert outcome.stopped_at == START + timedelta(seconds=60)
    assert types(execution)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivityTimedOut"]
    assert outcome.events[3].details == {"activityStartedEventDetails": {"workerName": "worker-1"}}


def test_an_activity_that_no_worker_takes_times_out() -> None:
    """Its TimeoutSeconds count from its schedule."""
    execution, clock = started(task(ACTIVITY, TimeoutSeconds=100), Asked())
    outcome = drive(execution, clock)
    assert types(execution)[2:4] == ["ActivityScheduled", "ActivityTimedOut"]
    assert outcome.stopped_at == START + timedelta(seconds=100)


def test_a_stop_ends_an_execution_that_waits_inside_a_parallel() -> None:
    """It is ABORTED with the caller's error and cause."""
    branches = [
        task(),
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": True}}},
    ]
    execution, _ = started(
        {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}},
        Asked(),
    )
    execution.stop("Enough", "said so")
    assert execution.advance() is None
    outcome = execution.outcome
    assert outcome is not None
    assert (outcome.status, outcome.error, outcome.cause) == ("ABORTED", "Enough", "said so")
    last = outcome.events[-1]
    assert (last.type, last.previous) == ("ExecutionAborted", 0)
    assert last.details == {"executionAbortedEventDetails": {"error": "Enough", "cause": "said so"}}


def test_a_stop_ends_an_execution_that_never_waits() -> None:
    """It takes effect between two states."""

    def stop(_call: TaskCall) -> Any:
        execution.stop()
        return {}

    states = {
        "Stop": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Next": "Again"},
        "Again": {"Type": "Pass", "Next": "Again"},
    }
    clock = VirtualClock(START)
    execution = Execution(
        {"StartAt": "Stop", "States": states}, tasks=Asked(stop), clock=clock, context=SEED
    )
    execution.advance()
    assert execution.outcome is not None
    assert execution.outcome.status == "ABORTED"
    assert types(execution)[-2:] == ["TaskStateExited", "ExecutionAborted"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, ("SUCCEEDED", None)),
        (TaskFailure("Boom", "c"), ("FAILED", "Boom")),
        (NoAnswer("SfnRelease.NoMock", "c"), ("FAILED", "SfnRelease.NoMock")),
    ],
)
def test_work_in_progress_answers_its_task(
    error: Exception | None, expected: tuple[str, str | None]
) -> None:
    """Its result or exception is the answer; until then the execution isn't waiting for others."""
    future: Future[Any] = Future()
    execution, clock = started(task("arn:aws:states:::sns:publish"), Asked(Later(future)))
    assert [*execution.work] == [future]
    assert not execution.waiting
    if error is None:
        future.set_result({"MessageId": "1"})
    else:
        future.set_exception(error)
    outcome = drive(execution, clock)
    assert (outcome.status, outcome.error) == expected


def redriven(
    definition: dict[str, Any], first: Execution, tasks: Asked
) -> tuple[Execution, VirtualClock]:
    """Return a redrive of an execution that has failed, run as far as it can."""
    outcome = first.outcome
    assert outcome is not None
    assert outcome.checkpoint is not None
    clock = VirtualClock(START + timedelta(hours=1))
    redrive = Redrive(outcome.checkpoint, outcome.events[-1].id, 1, clock.now())
    execution = Execution(definition, {}, tasks=tasks, clock=clock, context=SEED, redrive=redrive)
    execution.advance()
    return execution, clock


def failing(call: TaskCall) -> Any:
    """Fail the tasks whose state's name starts with F."""
    if call.state.startswith("F"):
        raise TaskFailure("Boom")
    return {"of": call.state}


class _WorkingClock(VirtualClock):
    """Ends the work in progress whenever an execution waits for it."""

    def wait(self, until: datetime | None, work: Collection[Future[Any]] = ()) -> None:
        """End the work, then wait."""
        for future in work:
            future.set_result(TaskResult("done", seconds=2))
        super().wait(until, work)


def test_virtual_time_stands_still_while_work_goes_on() -> None:
    """Only the seconds of the result pass."""
    clock = _WorkingClock(START)
    tasks = Asked(lambda _call: Later(Future()))
    execution = Execution(task(), {}, tasks=tasks, clock=clock, context=SEED)
    outcome = drive(execution, clock)
    assert (outcome.output, outcome.stopped_at) == ("done", START + timedelta(seconds=2))


def test_a_redrive_goes_on_in_the_failed_state() -> None:
    """The states before it don't run again; the failed one gets its input again, without entry."""
    states = {
        "A": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Assign": {"v": 7},
            "Next": "F",
        },
        "F": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"v.$": "$v", "in.$": "$", "n.$": "$$.Execution.RedriveCount"},
            "End": True,
        },
    }
    definition = {"StartAt": "A", "States": states}
    first, _ = started(definition, Asked(failing))
    tasks = Asked(lambda _call: {"ok": True})
    second, _ = redriven(definition, first, tasks)
    assert second.outcome is not None
    assert second.outcome.output == {"ok": True}
    assert [call.payload for call in tasks.calls] == [{"v": 7, "in": {"of": "A"}, "n": 1}]
    assert types(second) == [
        "ExecutionRedriven",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    ids = [event.id for event in second.outcome.events]
    assert first.outcome is not None
    assert ids[0] == first.outcome.events[-1].id + 1


def test_a_redriven_task_has_a_new_token() -> None:
    """An answer to the task of the attempt before doesn't reach it."""
    before, again = Asked(), Asked()
    first, _ = started(task(), before)
    first.stop()
    first.advance()
    second, _ = redriven(task(), first, again)
    assert not second.answer(before.calls[0].token, TaskResult("late"))
    assert second.answer(again.calls[0].token, TaskResult("now"))
    second.advance()
    assert second.outcome is not None
    assert second.outcome.output == "now"


def test_a_redrive_runs_only_the_branches_that_had_not_succeeded() -> None:
    """Finished branches keep their output."""
    resource = "arn:aws:states:::sns:publish"

    def branch(name: str) -> dict[str, Any]:
        state = {"Type": "Task", "Resource": resource, "End": True}
        return {"StartAt": name, "States": {name: state}}

    parallel = {"Type": "Parallel", "Branches": [branch("A"), branch("F")], "End": True}
    definition = {"StartAt": "P", "States": {"P": parallel}}
    first, _ = started(definition, Asked(failing))
    tasks = Asked(lambda call: {"again": call.state})
    second, _ = redriven(definition, first, tasks)
    assert second.outcome is not None
    assert second.outcome.output[1] == {"again": "F"}
    assert "F" in [call.state for call in tasks.calls]


def test_a_redrive_runs_only_the_iterations_that_had_not_succeeded() -> None:
    """With MaxConcurrency 1, the first has succeeded, the second failed, the third never began."""
    inside = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
    each = {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ItemsPath": "$.items",
        "End": True,
        "ItemProcessor": {"StartAt": "I", "States": {"I": inside}},
    }
    definition = {"StartAt": "M", "States": {"M": each}}

    def second_fails(call: TaskCall) -> Any:
        if call.payload == 2:
            raise TaskFailure("Boom")
        return call.payload

    first, _ = started(definition, Asked(second_fails), {"items": [1, 2, 3]})
    tasks = Asked(lambda call: call.payload * 10)
    second, _ = redriven(definition, first, tasks)
    assert second.outcome is not None
    assert second.outcome.output == [1, 20, 30]
    assert [call.payload for call in tasks.calls] == [2, 3]
