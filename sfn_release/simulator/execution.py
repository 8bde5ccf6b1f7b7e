"""One execution, which you drive.

    Execution → advance → the next due instant → wait → advance → … → outcome

An execution has no thread and never waits. `Execution.advance` runs everything that is due and
returns. Between two calls you wait as you like: `sfn_release.simulator.simulation` jumps in virtual
time, and the local service drives many executions side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.quotas import longest_seconds
from sfn_release.simulator.clock import Clock
from sfn_release.simulator.definition_shape import shape_fault
from sfn_release.simulator.event_recorder import (
    EventCounter,
    EventRecorder,
    with_error,
    with_input,
    with_output,
)
from sfn_release.simulator.execution_outcome import (
    ContextSeed,
    ExecutionOutcome,
    ExecutionStatus,
)
from sfn_release.simulator.failure import (
    RUNTIME,
    ChildStopped,
    ExecutionFailure,
    ExecutionStopped,
    ExecutionTimedOut,
    HistoryFull,
    StateFailure,
)
from sfn_release.simulator.machine import (
    Behaviour,
    Checkpoint,
    ExecutionRun,
    Frame,
    StopRequest,
    Stretch,
    walk,
)
from sfn_release.simulator.observer import Observer
from sfn_release.simulator.scheduler import Scheduler, Strand
from sfn_release.simulator.states.nested_states import map_state, parallel_state
from sfn_release.simulator.states.simple_states import (
    choice_state,
    fail_state,
    pass_state,
    succeed_state,
    wait_state,
)
from sfn_release.simulator.states.task_state import task_state
from sfn_release.simulator.task_protocol import (
    NoAnswer,
    TaskFailure,
    TaskHeartbeat,
    TaskResult,
    Tasks,
    TaskStarted,
)
from sfn_release.simulator.timestamps import later, write_instant

if TYPE_CHECKING:
    from sfn_release.simulator.map_runs.map_run_record import MapRun

BEHAVIOURS: Mapping[str, Behaviour] = {
    "Pass": pass_state,
    "Task": task_state,
    "Choice": choice_state,
    "Wait": wait_state,
    "Succeed": succeed_state,
    "Fail": fail_state,
    "Parallel": parallel_state,
    "Map": map_state,
}


@dataclass(frozen=True)
class Redrive:
    """A new attempt at an execution that didn't succeed.

    *checkpoint* is its outcome's, *last* the id of its last event. *count* is 1 for the first
    redrive.
    """

    checkpoint: Checkpoint
    last: int
    count: int
    at: datetime


@dataclass(frozen=True)
class _End:
    """The end of an execution, before its last event is recorded."""

    status: ExecutionStatus
    event: str
    previous: int
    output: Any = None
    error: str | None = None
    cause: str | None = None


class Execution:
    """One execution of *definition* on *input*.

    *observer* receives its events and transitions. *variables* are set before the first state. It
    runs a *stretch* of the machine, by default the whole one.

    With *well_formed*, you have found no `shape_fault` in the definition, and it isn't looked for
    again. *wait_time_scale* multiplies the time of Wait states. *behaviours* run the states, by
    Type. Without *records*, events are counted and not kept. UUIDs, jitter and task tokens depend
    on the execution's ARN only, so the same execution runs the same way again. Call it from one
    thread at a time, except for `stop`.
    """

    def __init__(
        self,
        definition: Mapping[str, Any],
        input: Any = {},  # noqa: B006 - never changed
        *,
        tasks: Tasks,
        clock: Clock,
        context: ContextSeed,
        observer: Observer = Observer(),  # noqa: B008 - frozen
        variables: Mapping[str, Any] = {},
        stretch: Stretch = Stretch(),  # noqa: B008 - frozen
        redrive: Redrive | None = None,
        well_formed: bool = False,
        wait_time_scale: float = 1,
        behaviours: Mapping[str, Behaviour] = BEHAVIOURS,
        records: bool = True,
    ) -> None:
        self.outcome: ExecutionOutcome | None = None
        """How the execution ended; None while it runs."""
        self._clock = clock
        last, express = redrive.last if redrive else 0, context.type == "EXPRESS"
        self._history: EventCounter = (
            EventRecorder(clock, observer.event, last, express=express)
            if records
            else EventCounter(clock, last, express=express)
        )
        self._frame = Frame(variables=dict(variables))
        self._stop = StopRequest()
        self._run = ExecutionRun(
            tasks=tasks,
            clock=clock,
            history=self._history,
            random=Random(_seed(context, redrive)),  # noqa: S311 - reproducible, nothing secret
            seed=context,
            execution=_context_object(context, input, redrive),
            behaviours=behaviours,
            stop=self._stop,
            observer=observer,
            wait_time_scale=wait_time_scale,
        )
        fault = None if well_formed else shape_fault(definition)
        self._deadline = _deadline({} if fault else definition, clock.now(), context.type)
        main = _main(self._run, self._frame, definition, fault, input, redrive, stretch)
        self._scheduler = Scheduler(clock, main)

    @property
    def waiting(self) -> Collection[str]:
        """The tokens of the tasks that wait for an answer from outside."""
        return self._scheduler.waiting - self._run.work.keys()

    @property
    def work(self) -> Collection[Future[Any]]:
        """The tasks' work in progress."""
        return self._run.work.values()

    @property
    def map_runs(self) -> Sequence[MapRun]:
        """The map runs so far, with their child executions."""
        return self._run.map_runs

    @property
    def position(self) -> Checkpoint | None:
        """The checkpoint of an execution that waits, for a `Redrive` if its process ends here.

        None while a distributed Map runs, whose child executions have histories of their own.
        """
        if any(map_run.status == "RUNNING" for map_run in self._run.map_runs):
            return None
        return self._frame.checkpoint()

    def refill(self) -> None:
        """Apply a map run's changed concurrency. Then `advance`."""
        self._scheduler.refill()

    def advance(self) -> datetime | None:
        """Run everything that is due now; return the next instant at which something is due.

        At the latest that is the end of the execution's own time. None: the execution has ended.
        """
        if self.outcome is not None:
            return None
        try:
            self._stop.obey()
            deliver_work(self._run, self._scheduler)
            self._scheduler.run_due(self._deadline)
        except (StateFailure, ExecutionFailure) as failure:
            last = self._frame.last
            self._end(
                _End("FAILED", "ExecutionFailed", last, error=failure.error, cause=failure.cause)
            )
        except ExecutionTimedOut:
            self._end(_End("TIMED_OUT", "ExecutionTimedOut", 0, error="States.Timeout"))
        except ExecutionStopped as stop:
            self._end(_End("ABORTED", "ExecutionAborted", 0, error=stop.error, cause=stop.cause))
        except RecursionError:
            cause = "The data of a state is nested too deeply to be processed here."
            self._end(
                _End("FAILED", "ExecutionFailed", self._frame.last, error=RUNTIME, cause=cause)
            )
        else:
            if self._scheduler.ended:
                output = self._scheduler.value
                self._end(_End("SUCCEEDED", "ExecutionSucceeded", self._frame.last, output))
        return self._due()

    def answer(self, token: str, answer: TaskResult | TaskFailure) -> bool:
        """Answer the task with *token*. False if no task waits for it. Then `advance`."""
        return self.outcome is None and self._scheduler.deliver(token, answer)

    def heartbeat(self, token: str) -> bool:
        """Start the heartbeat's time of a task again. False if no task waits with *token*."""
        return self.outcome is None and self._tell(token, TaskHeartbeat())

    def started(self, token: str, worker: str) -> bool:
        """Record that *worker* has taken an activity. False if no task waits with *token*."""
        return self.outcome is None and self._tell(token, TaskStarted(worker))

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Make the execution end as ABORTED at its next step, or when you call `advance`."""
        self._stop.reason = (error, cause)

    def _abort_map_runs(self) -> None:
        """Abort the map runs that the end of the execution cuts off."""
        for map_run in self._run.map_runs:
            if map_run.status == "RUNNING":
                map_run.abort()
                if map_run.execution_arn == self._run.seed.execution_arn:
                    with suppress(HistoryFull):  # the last event is the execution's end
                        self._history.record("MapRunAborted", map_run.event)

    def stop_child(self, arn: str, error: str | None = None, cause: str | None = None) -> bool:
        """Abort one child execution; False if it doesn't run. Then `advance`.

        It doesn't count as a failure of its map run.
        """
        return self.outcome is None and self._scheduler.cut(arn, ChildStopped(error, cause))

    def _due(self) -> datetime | None:
        if self.outcome is not None:
            return None
        return min(self._scheduler.due or self._deadline, self._deadline)

    def _tell(self, token: str, message: TaskHeartbeat | TaskStarted) -> bool:
        if not self._scheduler.deliver(token, message):
            return False
        self.advance()  # the task waits again at once
        return True

    def _end(self, end: _End) -> None:
        self._abort_map_runs()
        succeeded = end.status == "SUCCEEDED"
        if succeeded:
            details = with_output(compact(end.output))
        else:
            details = with_error(end.error, end.cause)
        self._history.record(end.event, end.previous, details)
        self.outcome = ExecutionOutcome(
            end.status,
            end.output,
            succeeded,
            end.error,
            end.cause,
            self._history.events,
            self._clock.now(),
            None if succeeded else self._frame.checkpoint(),
            tuple(self._run.map_runs),
        )


def _main(
    run: ExecutionRun,
    frame: Frame,
    definition: Mapping[str, Any],
    fault: str | None,
    input: Any,
    redrive: Redrive | None,
    stretch: Stretch,
) -> Strand:
    """Start, or redrive, and walk through the machine."""
    if redrive is None:
        details = with_input(compact(input), roleArn=run.seed.role_arn)
        run.history.record("ExecutionStarted", 0, details)
    else:
        details = {"redriveCount": redrive.count}
        frame.last = run.history.record("ExecutionRedriven", redrive.last, details)
    if fault:
        raise ExecutionFailure(RUNTIME, f"The definition can't be run: {fault}")
    checkpoint = None if redrive is None else redrive.checkpoint
    return (yield from walk(run, frame, definition, input, checkpoint, stretch))


def deliver_work(run: ExecutionRun, scheduler: Scheduler) -> None:
    """Deliver the results of finished work to the tasks that wait for them."""
    for token, future in [*run.work.items()]:
        if future.done():
            del run.work[token]
            scheduler.deliver(token, _result(future))


def _result(future: Future[Any]) -> TaskResult | TaskFailure | ExecutionFailure:
    """Return the message that finished work delivers."""
    try:
        answer = future.result()
    except TaskFailure as failure:
        return failure
    except NoAnswer as missing:
        return ExecutionFailure(missing.error, missing.cause)
    return answer if isinstance(answer, TaskResult) else TaskResult(answer)


def _seed(context: ContextSeed, redrive: Redrive | None) -> str:
    """Return the seed of an execution; a redrive draws new task tokens."""
    parts = [context.execution_arn, str(redrive.count) if redrive else "", context.random_seed]
    return " ".join(filter(None, parts))


def _context_object(context: ContextSeed, input: Any, redrive: Redrive | None) -> dict[str, Any]:
    """Return the context object's Execution."""
    execution = {
        "Id": context.execution_arn,
        "Input": input,
        "StartTime": write_instant(context.started_at),
        "Name": context.execution_name,
        "RoleArn": context.role_arn,
    }
    if context.type != "EXPRESS":
        execution["RedriveCount"] = 0 if redrive is None else redrive.count
    if redrive is not None:
        execution["RedriveTime"] = write_instant(redrive.at)
    return execution


def _deadline(definition: Mapping[str, Any], now: datetime, type: str) -> datetime:
    return later(now, longest_seconds(definition, type))
