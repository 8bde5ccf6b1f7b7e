"""Runs a workflow under the conditions of a test: its mocks, its stretch, its time."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypedDict

from sfn_release.errors import UsageError
from sfn_release.simulator import (
    ContextSeed,
    Later,
    Mocks,
    NoAnswer,
    Stretch,
    TaskCall,
    Tasks,
)
from sfn_release.simulator.mocks import task_names
from sfn_release.simulator.task_protocol import OURS
from sfn_release.testing.answers import answers_of
from sfn_release.testing.condition_checks import (
    checked_input,
    instant,
    json_copy,
    refuse_faulty_conditions,
)
from sfn_release.testing.folded_way import folded_way
from sfn_release.testing.mocked_results.result_shapes import HeldToShapes
from sfn_release.testing.mocked_results.shape_problem import ShapeProblem, report_problems
from sfn_release.testing.run import Run
from sfn_release.testing.run_definition import run_definition
from sfn_release.text import did_you_mean

STARTED = datetime(2026, 1, 1, tzinfo=UTC)
"""When the execution of a test starts, unless the test says otherwise."""

MOST_STEPS = 50_000
"""A test's execution that takes more steps is in a loop that never ends."""


class Conditions(TypedDict, total=False):
    """The conditions of a simulated run. All of them are optional.

    *mocks* answer tasks, by the names of states or by Resource ARNs: see
    `sfn_release.testing.answers`. What they leave out is answered as `execute --tree` does.

    The run begins at the state *start_at*, which may be inside a Map or a Parallel, and ends after
    the state *until*. With both the same, it's one state. The input is then the input of the first
    state, and *variables* have the values that earlier states would have assigned. A run that
    succeeds without *until*, because it lies before *start_at* or on another way, is a warning.

    *started_at* is a time, or its ISO 8601 text; a run takes no real time. *seed* changes the drawn
    UUIDs, random numbers and jitter, and *name* is the execution's.

    A mocked result that AWS could never return is a warning, and with *strict* it fails. If the
    workflow has an input schema, an input that doesn't fit it is an error, unless *check_input* is
    False.
    """

    mocks: Mapping[str, Any] | Mocks | None
    start_at: str | None
    until: str | None
    variables: Mapping[str, Any]
    started_at: datetime | str
    seed: int | str
    name: str
    strict: bool
    check_input: bool


@dataclass(frozen=True)
class Runnable:
    """A *definition* that is ready to run: its parameters are filled in.

    *context* returns the context of an execution, by its name and start. *tasks* returns what
    answers the tasks that a test doesn't mock, in one execution.
    """

    workflow: str
    definition: Mapping[str, Any]
    context: Callable[[str, datetime], ContextSeed]
    tasks: Callable[[], Tasks]


def run_scenario(
    runnable: Runnable,
    input: Any,
    conditions: Conditions,
    *,
    finished: Callable[[Run], None] = lambda _run: None,
    stacklevel: int = 1,
) -> Run:
    """Run a workflow on *input* and return the run. *finished* gets it before it's judged.

    Raises UsageError if the test itself is at fault: a task has no mock, a mock has no task, or a
    value isn't JSON; and NotFoundError for an unknown state. *stacklevel* is the test's, for
    warnings: 1 is the caller.
    """
    run, problems = run_mocked(runnable, input, conditions)
    finished(run)
    _refuse_faulty_test(run)
    missed = missed_end(run, conditions.get("until"))
    if missed:
        warnings.warn(missed, stacklevel=stacklevel + 1)
    report_problems(problems, strict=conditions.get("strict", False), stacklevel=stacklevel + 1)
    return run


def missed_end(run: Run, until: str | None) -> str:
    """Return a warning if a run succeeded without the state after which it should end; or ""."""
    reached = until is None or any(visit.state == until for visit in run.visits)
    if reached or run.status != "SUCCEEDED":
        return ""
    return (
        f"The run never reached {until!r}, after which it should end (until)."
        f" It went on to the end: {folded_way(run.path)}."
    )


def run_mocked(
    runnable: Runnable, input: Any, conditions: Conditions
) -> tuple[Run, list[ShapeProblem]]:
    """Run a workflow, and return the run with everything in its mocks that AWS never returns.

    Raises UsageError for a faulty condition, a mock without a task and a value that isn't JSON,
    and NotFoundError for an unknown state.
    """
    refuse_faulty_conditions(conditions)
    mocks = answers_of(conditions.get("mocks"), file="the test's mocks")
    _refuse_unknown_mocks(mocks, runnable)
    problems: list[ShapeProblem] = []
    run = run_definition(
        runnable.definition,
        checked_input(input),
        tasks=_MocksFirst(mocks.fresh(), runnable.tasks(), problems.append),
        context=_context(runnable, conditions),
        variables=json_copy(conditions.get("variables", {}), "variables"),
        stretch=Stretch(conditions.get("start_at"), conditions.get("until")),
        most_steps=MOST_STEPS,
    )
    return run, problems


@dataclass(frozen=True)
class _MocksFirst:
    """Answers tasks from a test's *mocks*, and from *others* if there is no mock."""

    mocks: Mocks
    others: Tasks
    on_problem: Callable[[ShapeProblem], None]

    def run(self, call: TaskCall) -> Any:
        """Answer *call*."""
        answer = self.mocks.answer_to(call)
        if answer is None:
            return self.others.run(call)
        result = HeldToShapes(_Answered(answer), self.on_problem).run(call)
        if isinstance(result, Later) and result.timeout is None and result.work is None:
            raise NoAnswer(
                "SfnRelease.NobodyAnswers",
                f'The mock of "{call.state}" has no end, and nobody can send one to the execution'
                " of a test. Use Result(..., submitted=...), Error(...) or Timeout().",
            )
        return result


@dataclass(frozen=True)
class _Answered:
    """Tasks with one *answer*."""

    answer: Callable[[], Any]

    def run(self, call: TaskCall) -> Any:
        """Give the answer."""
        del call
        return self.answer()


def _refuse_unknown_mocks(mocks: Mocks, runnable: Runnable) -> None:
    """Raise UsageError for a mock that no task of the definition can use."""
    names = list(dict.fromkeys(task_names(runnable.definition)))
    unknown = mocks.unused(names)
    if unknown:
        shown = ", ".join(json.dumps(key, ensure_ascii=False) for key in unknown)
        raise UsageError(
            f"{runnable.workflow} has no task for the mocked {shown}.",
            why=f"A mock has the name of a Task state, or a Resource: {', '.join(names)}."
            if names
            else "It has no tasks.",
            fix=did_you_mean(unknown[0], names),
        )


def _refuse_faulty_test(run: Run) -> None:
    """Raise UsageError for an execution that failed because of the test, not of the workflow."""
    error = run.error or ""
    if error.startswith(OURS):
        raise UsageError(
            f"The test can't run to its end: {run.cause}",
            why=_reached(run),
            fix=_how_to_mock(run) if error == "SfnRelease.NoMock" else "",
        )


def _how_to_mock(run: Run) -> str:
    """Return a mock for the task that has none; "" for the items of a Map."""
    if not run.all_calls:
        return ""
    call = run.all_calls[-1]
    answer = "Payload(...)" if ":lambda:" in call.resource else "Result(...)"
    return f"In the test:  mocks={{{json.dumps(call.state, ensure_ascii=False)}: {answer}}}"


def _reached(run: Run) -> str:
    return f"It reached: {' → '.join(run.path[-_SHOWN:])}." if run.path else ""


_SHOWN = 8  # names of states in a message


def _context(runnable: Runnable, conditions: Conditions) -> ContextSeed:
    started = instant(conditions.get("started_at", STARTED))
    context = runnable.context(conditions.get("name", "test"), started)
    return replace(context, random_seed=str(conditions.get("seed", "")))
