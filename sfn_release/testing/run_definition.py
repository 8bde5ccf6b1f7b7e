"""Runs a definition in virtual time, and keeps what happened as a `Run`."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from sfn_release.simulator import (
    ContextSeed,
    Later,
    Observer,
    TaskCall,
    TaskFailure,
    TaskResult,
    Tasks,
    Transition,
    VirtualClock,
    simulate,
)
from sfn_release.testing.run import Call, Run


def run_definition(
    definition: Mapping[str, Any],
    input: Any,
    *,
    tasks: Tasks,
    context: ContextSeed,
    variables: Mapping[str, Any] = {},
) -> Run:
    """Run *definition* on *input*, from the start time of *context*; *tasks* answer its tasks.

    *variables* are set before the first state. An execution that fails is a Run too.
    """
    transitions: list[Transition] = []
    recording = _Recording(tasks)
    outcome = simulate(
        definition,
        input,
        tasks=recording,
        clock=VirtualClock(context.started_at),
        context=context,
        observer=Observer(transition=transitions.append),
        variables=variables,
    )
    return Run(definition, input, outcome, tuple(transitions), tuple(recording.calls))


class _Recording:
    """Keeps the calls of tasks, and the answers that *tasks* give."""

    def __init__(self, tasks: Tasks) -> None:
        self.calls: list[Call] = []
        self._tasks = tasks

    def run(self, call: TaskCall) -> Any:
        """Answer *call*, and keep it."""
        kept = Call(call.state, call.resource, call.payload, call.attempt, call.iteration)
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
