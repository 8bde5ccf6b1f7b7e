"""Runs the child executions of a map run, each with its own history, names and variables."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.quotas import LONGEST_EXECUTION
from sfn_release.simulator.event_recorder import (
    EventCounter,
    EventRecorder,
    with_error,
    with_input,
    with_output,
)
from sfn_release.simulator.failure import ChildStopped, HistoryFull, StateFailure
from sfn_release.simulator.machine import ExecutionRun, Frame, Texts, walk
from sfn_release.simulator.map_runs.child_execution import ChildExecution, ChildStatus
from sfn_release.simulator.map_runs.map_run_items import MapAttempt
from sfn_release.simulator.map_runs.map_run_record import MapRun
from sfn_release.simulator.scheduler import RunTogether, Strand, TimeIsUp
from sfn_release.simulator.states.item_processor import item_processor
from sfn_release.simulator.timestamps import later, write_instant


@dataclass(frozen=True)
class _Running:
    """A child that runs: its own run, the position of its strand, and the *earlier* map runs.

    The map runs inside the child come after those that were there before it started.
    """

    run: ExecutionRun
    frame: Frame
    earlier: int


class Children:
    """The child executions of *map_run*, in one attempt of its Map."""

    def __init__(self, attempt: MapAttempt, map_run: MapRun) -> None:
        self._attempt = attempt
        self._map_run = map_run
        self._running: dict[int, _Running] = {}

    def run(self, inputs: list[Any]) -> Strand:
        """Run the children that haven't succeeded, on *inputs* by index.

        Raises StateFailure when more items fail than tolerated.
        """
        due = filter(self._map_run.is_due, self._map_run.children)
        strands = [partial(self._child, child, inputs[child.index]) for child in due]
        if self._map_run.threshold_exceeded():  # by children that can't be redriven
            raise _too_many_failed()
        try:
            yield RunTogether(strands, self._map_run.limit)
        except StateFailure:
            self._abort_children()
            raise

    def abort(self) -> None:
        """Abort the map run and the children that run."""
        self._abort_children()
        self._map_run.end("ABORTED", self._attempt.run.clock.now())

    def _abort_children(self) -> None:
        for index in [*self._running]:
            self._end(self._map_run.children[index], "ABORTED")

    def _child(self, child: ChildExecution, payload: Any) -> Strand:
        """Run one child. Raises StateFailure when its failure is one too many."""
        map_run = self._map_run
        map_run.redrive(child)
        run = _run_of(self._attempt, map_run, child, payload)
        iteration = (*self._attempt.frame.iteration, (self._attempt.visit.name, child.index))
        frame = Frame(0, self._attempt.frame.language, {}, iteration)
        self._running[child.index] = _Running(run, frame, len(run.map_runs))
        _start(run, frame, child)
        run.observer.child(map_run, child)
        try:
            walking = walk(run, frame, item_processor(self._attempt.visit), payload, child.position)
            output = yield from _to_its_end(run, walking)
            text = compact(output)
        except ChildStopped as stopped:
            child.error, child.cause = stopped.error, stopped.cause
            self._end(child, "ABORTED")
        except (StateFailure, HistoryFull) as failure:
            child.error, child.cause = failure.error, failure.cause
            self._end(child, "TIMED_OUT" if isinstance(failure, _ExpressTimedOut) else "FAILED")
            map_run.failed_items += child.items
            if map_run.threshold_exceeded():
                raise _too_many_failed() from failure
        else:
            child.output = text
            self._end(child, "SUCCEEDED")

    def _end(self, child: ChildExecution, status: ChildStatus) -> None:
        """Record the end of a child and hand it to the observer, who may drop its history."""
        running = self._running.pop(child.index)
        run, frame = running.run, running.frame
        _abort_map_runs(running)
        child.status, child.stopped = status, run.clock.now()
        previous = frame.last if status in ("SUCCEEDED", "FAILED") else 0
        details = with_error(child.error, child.cause)
        if child.output is not None:
            details = with_output(child.output)
        run.history.record(_EVENTS[status], previous, details)
        child.last_event = run.history.last
        child.position = None if status == "SUCCEEDED" else frame.checkpoint()
        run.observer.child(self._map_run, child)


def _abort_map_runs(child: _Running) -> None:
    """Abort the map runs inside a child that is cut off."""
    run = child.run
    for inner in run.map_runs[child.earlier :]:
        if inner.execution_arn == run.seed.execution_arn and inner.status == "RUNNING":
            inner.abort()
            with suppress(HistoryFull):  # the last event is the child's end
                run.history.record("MapRunAborted", inner.event)


def _too_many_failed() -> StateFailure:
    return StateFailure(
        "States.ExceedToleratedFailureThreshold",
        "The specified tolerated failure threshold was exceeded",
    )


class _ExpressTimedOut(StateFailure):
    """An EXPRESS child has run for five minutes."""


def _to_its_end(run: ExecutionRun, walking: Strand) -> Strand:
    """Walk a child to its end and return its output. Raises the reason of another end."""
    until = None
    if run.seed.type == "EXPRESS":
        until = later(run.clock.now(), LONGEST_EXECUTION["EXPRESS"])
    ended = yield RunTogether([lambda: walking], until=until, name=run.seed.execution_arn)
    match ended:
        case TimeIsUp():
            raise _ExpressTimedOut("States.Timeout")
        case ChildStopped():
            raise ended
        case _:
            return ended[0]


def _run_of(
    attempt: MapAttempt, map_run: MapRun, child: ChildExecution, payload: Any
) -> ExecutionRun:
    """Return the run of a child: its names, its history, and the parent's tasks and clock."""
    parent = attempt.run
    label = map_run.machine.rpartition(":")[2]
    name = child.name.partition(":")[0]  # an EXPRESS child's has an id of the execution too
    execution = {
        **parent.execution,
        "Id": child.arn,
        "Name": name,
        "Input": payload,
        "StartTime": write_instant(parent.clock.now()),
    }
    execution.pop("RedriveTime", None)
    history: EventCounter = EventCounter(parent.clock, express=True)
    if map_run.type == "EXPRESS":
        execution.pop("RedriveCount", None)
    else:
        execution["RedriveCount"] = child.redrive_count
        if child.position is not None:
            execution["RedriveTime"] = write_instant(parent.clock.now())
        history = EventRecorder(parent.clock, last=child.last_event, texts=parent.history.texts)
    seed = replace(
        parent.seed,
        execution_arn=child.arn,
        execution_name=name,
        state_machine_arn=map_run.machine,
        state_machine_name=label,
        type=map_run.type,
    )
    return replace(parent, history=history, seed=seed, execution=execution, texts=Texts())


def _start(run: ExecutionRun, frame: Frame, child: ChildExecution) -> None:
    child.status = "RUNNING"
    child.events = run.history.recorded
    child.started = child.started or run.clock.now()
    child.stopped = child.output = child.error = child.cause = None
    if child.position is None:
        details = with_input(child.input, roleArn=run.seed.role_arn)
        run.history.record("ExecutionStarted", 0, details)
    else:
        redriven = {"redriveCount": child.redrive_count}
        frame.last = run.history.record("ExecutionRedriven", child.last_event, redriven)


_EVENTS: Mapping[ChildStatus, str] = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}
