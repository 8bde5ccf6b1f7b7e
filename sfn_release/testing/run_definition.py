"""Runs a definition in virtual time, and keeps what happened as a `Run`."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from concurrent.futures import Future
from typing import Any

from sfn_release.simulator import (
    Clock,
    ContextSeed,
    Later,
    Observer,
    Stretch,
    TaskCall,
    TaskFailure,
    TaskResult,
    Tasks,
    Transition,
    VirtualClock,
    simulate,
)
from sfn_release.simulator.failure import ExecutionFailure
from sfn_release.testing.inner_machines import machine_of
from sfn_release.testing.run import Call, Run

STILL_RUNNING = "SfnRelease.StillRunning"
"""The error of an execution that takes more steps than you wanted."""


def run_definition(
    definition: Mapping[str, Any],
    input: Any,
    *,
    tasks: Tasks,
    context: ContextSeed,
    variables: Mapping[str, Any] = {},
    stretch: Stretch = Stretch(),  # noqa: B008 - frozen
    most_steps: int | None = None,
) -> Run:
    """Run *definition* on *input*, from the start time of *context*; *tasks* answer its tasks.

    *variables* are set before the first state. An execution that fails is a Run too. With
    *most_steps*, an execution fails with `STILL_RUNNING` after so many transitions.

    A *stretch* may begin inside a Map or a Parallel: it runs the machine in there by itself. Raises
    NotFoundError if its states don't exist, or aren't in the same machine.
    """
    machine = machine_of(definition, stretch)
    transitions: list[Transition] = []
    clock = VirtualClock(context.started_at)
    recording = _Recording(tasks, clock, transitions)

    def keep(transition: Transition) -> None:
        transitions.append(transition)
        if most_steps is not None and len(transitions) > most_steps:
            raise ExecutionFailure(STILL_RUNNING, f"It still runs after {most_steps} steps.")

    outcome = simulate(
        machine,
        input,
        tasks=recording,
        clock=clock,
        context=context,
        observer=Observer(transition=keep),
        variables=variables,
        stretch=stretch,
    )
    return Run(definition, input, outcome, tuple(transitions), tuple(recording.calls))


class _Recording:
    """Keeps the calls of tasks, and the answers that *tasks* give."""

    def __init__(self, tasks: Tasks, clock: Clock, transitions: Sized) -> None:
        self.calls: list[Call] = []
        self._tasks = tasks
        self._clock = clock
        self._start = clock.now()
        self._transitions = transitions

    def run(self, call: TaskCall) -> Any:
        """Answer *call*, and keep it."""
        kept = Call(
            call.state,
            call.resource,
            call.payload,
            call.attempt,
            call.iteration,
            at=(self._clock.now() - self._start).total_seconds(),
            step=len(self._transitions),
        )
        self.calls.append(kept)
        try:
            answer = self._tasks.run(call)
        except TaskFailure as failure:
            kept.error, kept.cause = failure.error, failure.cause
            raise
        match answer:
            case Later(work=Future() as work):
                work.add_done_callback(lambda done: _keep(kept, done))
            case Later():
                pass
            case TaskResult(result):
                kept.result = result
            case result:
                kept.result = result
        return answer


def _keep(call: Call, done: Future[Any]) -> None:
    """Keep the answer that work in progress has given."""
    failure = done.exception()
    if isinstance(failure, TaskFailure):
        call.error, call.cause = failure.error, failure.cause
    elif failure is None:
        answer = done.result()
        call.result = answer.result if isinstance(answer, TaskResult) else answer
