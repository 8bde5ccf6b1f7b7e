"""Explores a definition from a passing case: injects fault after fault, within a budget of runs.

    passing case → its tasks → each fault, for good and once → runs that reach new tasks → …

The order is fixed, and so is the time of every run. The same definition gives the same map.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sfn_release.simulator import ContextSeed, Tasks
from sfn_release.testing.faults.definition_problems import problem_in, steps_of
from sfn_release.testing.faults.failure_map import FailureMap, FaultRow, Problem, Unexplored
from sfn_release.testing.faults.fault_kinds import map_faults, task_faults
from sfn_release.testing.faults.fault_outcomes import (
    FaultRun,
    caught_by,
    end_of,
    ended_by_design,
    is_set_up,
    once,
    retries,
    status_of,
)
from sfn_release.testing.faults.handling_classes import HandlingClasses
from sfn_release.testing.faults.injections import Failing, Fault, InjectedTasks, Injection
from sfn_release.testing.faults.result_faults import result_faults
from sfn_release.testing.faults.state_places import read_places
from sfn_release.testing.run import Call, Run
from sfn_release.testing.run_definition import run_definition

MOST_RUNS: Final = 5000
_STEPS: Final = 400


@dataclass(frozen=True)
class PassingCase:
    """The case to start from: a *definition*, an *input*, and *tasks* that makes its answers.

    *tasks* is called for each run, because mocks count their calls.
    """

    definition: Mapping[str, Any]
    input: Any
    tasks: Callable[[], Tasks]
    context: ContextSeed

    def run(self) -> Run:
        """Run the case as it is."""
        return run_definition(self.definition, self.input, tasks=self.tasks(), context=self.context)


def explore(workflow: str, case: PassingCase, *, most_runs: int = MOST_RUNS) -> FailureMap:
    """Return the failure map of *case*, which must succeed. *most_runs* is the budget."""
    exploration = _Exploration(case, most_runs)
    base = exploration.run(())
    exploration.explore_from(base)
    return FailureMap(
        workflow,
        tuple(exploration.rows),
        tuple(exploration.problems.values()),
        tuple(exploration.unexplored()),
        tuple(base.run.path),
        exploration.runs,
    )


class _Exploration:
    """The state of an exploration: the queue of runs to go on from, and everything found."""

    def __init__(self, case: PassingCase, most_runs: int) -> None:
        definition = without_jitter(case.definition)
        self._case = replace(case, definition=definition)
        self._places = read_places(definition)
        self._classes = HandlingClasses(definition, self._places)
        self._most_runs = most_runs
        self._most_steps = _STEPS
        self._seen: set[str] = set()
        self._explored: set[str] = set()
        self._queue: deque[FaultRun] = deque()
        self._unanswered: dict[str, str] = {}
        self.runs = 0
        self.rows: list[FaultRow] = []
        self.problems: dict[tuple[str, str, str | None], Problem] = {}

    @property
    def spent(self) -> bool:
        """Whether the budget of runs is spent."""
        return self.runs >= self._most_runs

    def run(self, injections: Sequence[Injection], usual: Run | None = None) -> FaultRun:
        """Run the case with *injections*, and keep what is new in it."""
        tasks = InjectedTasks(self._case.tasks(), injections)
        done = run_definition(
            self._case.definition,
            self._case.input,
            tasks=tasks,
            context=self._case.context,
            most_steps=self._most_steps,
        )
        self.runs += 1
        found = FaultRun(done, tuple(injections), tuple(tasks.hits), usual)
        self._keep(found)
        return found

    def explore_from(self, base: FaultRun) -> None:
        """Explore the tasks of *base*, then the tasks of each run that reaches new states."""
        self._most_steps = _STEPS + 2 * len(base.run.transitions)
        while self._queue and not self.spent:
            scenario = self._queue.popleft()
            for call in _first_calls(scenario.run):
                if call.state not in self._explored and not self.spent:
                    self._explored.add(call.state)
                    self._explore_task(scenario, call)

    def unexplored(self) -> Iterator[Unexplored]:
        """Yield the states that no run has reached, and the tasks that no run has explored."""
        for name in self._places:
            if name not in self._seen:
                yield Unexplored(name, "No run reached it.")
        for name, reason in self._unanswered.items():
            yield Unexplored(name, reason)
        if self.spent:
            yield Unexplored("", f"The budget of {self._most_runs} runs is spent.")

    def _keep(self, found: FaultRun) -> None:
        """Keep the problem of a run, and queue it if it has reached new states."""
        reached = {step.next for step in found.run.transitions if step.next is not None}
        if reached - self._seen:
            self._seen |= reached
            self._queue.append(found)
        last = end_of(found.run)
        if is_set_up(found.run.error) and last is not None:
            self._unanswered.setdefault(last, found.run.cause or "Nothing answers it.")
        problem = problem_in(found, self._places, self._case.context.type)
        if problem is not None:
            key = problem.kind, problem.state, problem.error
            known = self.problems.get(key)
            more = problem if known is None else replace(known, others=known.others + 1)
            self.problems[key] = more

    def _explore_task(self, scenario: FaultRun, call: Call) -> None:
        place = self._places[call.state]
        if place.type == "Map":
            for fault, resource in map_faults(place):
                if resource == call.resource:
                    self._explore_faults(scenario, call, [fault], resource)
            return
        for group in self._classes.group(place, task_faults(place)):
            self._explore_faults(scenario, call, group)
        answers = (other.result for other in scenario.run.calls[call.state])
        usual = next((result for result in answers if result is not None), None)
        for fault in result_faults(call.resource, usual):
            self._explore_faults(scenario, call, [fault])

    def _explore_faults(
        self, scenario: FaultRun, call: Call, faults: Sequence[Fault], resource: str | None = None
    ) -> None:
        """Inject the first of *faults*, which are handled alike, and add a row for each."""
        injection = Injection(call.state, faults[0], iteration=call.iteration, resource=resource)
        before = scenario.injections
        for_good = self.run((*before, injection), scenario.run)
        alone = self.run((*before, replace(injection, times=1)), scenario.run)
        if not for_good.hits:
            return
        row = self._row(for_good, alone)
        self.rows += [_renamed(row, faults[0], fault) for fault in faults]

    def _row(self, for_good: FaultRun, alone: FaultRun) -> FaultRow:
        fault = for_good.injections[-1].fault
        run = for_good.run
        found = caught_by(for_good, self._places)
        again, seconds = retries(for_good, None if found is None else found[1])
        by_design = ended_by_design(run, self._places) or is_set_up(run.error)
        single = once(alone, self._places)
        taken = found is not None or not fault.is_error or run.status == "SUCCEEDED"
        return FaultRow(
            state=for_good.injections[-1].state,
            error=fault.error,
            kind="error" if fault.is_error else "result",
            handled=(taken and by_design) or (fault.is_error and single == "survived"),
            retries=again,
            waited_seconds=round(seconds, 3),
            caught_by=None if found is None else found[0],
            status=status_of(run),
            ends_at=end_of(run),
            once=single,
            end_error=run.error,
            end_cause=run.cause,
            after=steps_of(for_good)[:-1],
        )


def without_jitter(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of *definition* whose retries wait as long as they can."""
    copy: dict[str, Any] = json.loads(json.dumps(definition))
    for place in read_places(copy).values():
        for retrier in place.definition.get("Retry", []):
            if isinstance(retrier, dict):
                retrier.pop("JitterStrategy", None)
    return copy


def _first_calls(run: Run) -> Iterator[Call]:
    """Yield the first call of each state, and of each Resource of a Map, in order."""
    seen = set()
    for call in run.all_calls:
        if (call.state, call.resource) not in seen:
            seen.add((call.state, call.resource))
            yield call


def _renamed(row: FaultRow, injected: Fault, fault: Fault) -> FaultRow:
    """Return the row of *injected* for another error that is handled in the same way."""
    if fault is injected:
        return row
    error = fault.error if row.end_error == injected.error else row.end_error
    cause = row.end_cause
    match injected.answer, fault.answer:
        case Failing(cause=before), Failing(cause=after) if before == cause:
            cause = after
    return replace(row, error=fault.error, end_error=error, end_cause=cause)
