"""Runs one execution from its input to its outcome, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.simulator.clock import Clock
from sfn_release.simulator.execution import Execution
from sfn_release.simulator.execution_outcome import ContextSeed, ExecutionOutcome
from sfn_release.simulator.machine import Stretch
from sfn_release.simulator.observer import Observer
from sfn_release.simulator.task_protocol import Tasks


def simulate(
    definition: Mapping[str, Any],
    input: Any = {},  # noqa: B006 - never changed
    *,
    tasks: Tasks,
    clock: Clock,
    context: ContextSeed,
    observer: Observer = Observer(),  # noqa: B008 - frozen
    variables: Mapping[str, Any] = {},
    stretch: Stretch = Stretch(),  # noqa: B008 - frozen
) -> ExecutionOutcome:
    """Run *definition* on *input* and return its outcome.

    *observer* receives its events and transitions. *variables* are set before the first state. A
    *stretch* is the part of the definition to run.

    If the execution fails, or the *definition* can't be run, you get an outcome too. UUIDs, jitter
    and task tokens depend on the execution's ARN only, so the same execution runs the same way
    again. A task that is answered `Later`, without work in progress, runs into its timeout, or into
    the execution's, because there is nobody to answer it.
    """
    execution = Execution(
        definition,
        input,
        tasks=tasks,
        clock=clock,
        context=context,
        observer=observer,
        variables=variables,
        stretch=stretch,
    )
    return drive(execution, clock)


def drive(execution: Execution, clock: Clock) -> ExecutionOutcome:
    """Advance *execution* until it ends, and return its outcome."""
    while True:
        due = execution.advance()
        if execution.outcome is not None:
            return execution.outcome
        clock.wait(due, execution.work)
