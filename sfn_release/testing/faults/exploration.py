"""Explores a definition from a passing case: injects fault after fault, within a budget of runs.

    passing case → its tasks → each fault, for good and once → runs that reach new tasks → …

The order is fixed, and so is the time of every run. The same definition gives the same map.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from sfn_release.testing.faults.choice_wishes import wishes
from sfn_release.testing.faults.definition_problems import problem_in
from sfn_release.testing.faults.failure_map import FailureMap, FaultRow, Problem, Unexplored
from sfn_release.testing.faults.fault_kinds import map_faults, task_faults
from sfn_release.testing.faults.fault_outcomes import FaultRun, end_of, is_set_up
from sfn_release.testing.faults.fault_rows import fault_row, renamed, threshold_row
from sfn_release.testing.faults.handling_classes import HandlingClasses
from sfn_release.testing.faults.injections import Failing, Fault, Injection
from sfn_release.testing.faults.loops import find_loop
from sfn_release.testing.faults.passing_case import PassingCase
from sfn_release.testing.faults.result_faults import result_faults
from sfn_release.testing.faults.state_places import StatePlace, read_places
from sfn_release.testing.faults.steering import steer
from sfn_release.testing.faults.unexplored_states import unreached_states
from sfn_release.testing.run import Call, Run
from sfn_release.testing.run_definition import STILL_RUNNING
from sfn_release.text import count

MOST_RUNS: Final = 5000
_MOST_STEPS: Final = 500_000  # of all runs together
_STEPS: Final = 150  # of one run, more than the passing case takes three times
_LONG: Final = 5_000  # steps of a run whose loop may have an end
_TRIES: Final = 2  # runs from which a Choice is steered to one of its ways
_FAILED = Failing("States.TaskFailed", "The task failed.")


def explore(
    workflow: str,
    case: PassingCase,
    *,
    most_runs: int = MOST_RUNS,
    ran: Callable[[int], None] = lambda _runs: None,
) -> FailureMap:
    """Return the failure map of *case*, which must succeed. *most_runs* is the budget.

    *ran* receives the number of runs after each run.
    """
    exploration = _Exploration(case.without_jitter(), most_runs, ran)
    base = exploration.explore()
    return FailureMap(
        workflow,
        tuple(exploration.rows),
        tuple(exploration.problems.values()),
        tuple(exploration.unexplored()),
        tuple(base.path),
        exploration.runs,
        exploration.stopped(),
    )


class _Exploration:
    """The state of an exploration: the queue of runs to go on from, and everything found."""

    def __init__(self, case: PassingCase, most_runs: int, ran: Callable[[int], None]) -> None:
        self._case = case
        self._ran = ran
        self._places = read_places(case.definition)
        self._classes = HandlingClasses(case.definition, self._places)
        self._most_runs = most_runs
        self._most_steps: int | None = None  # the passing case ends by itself
        self._seen: set[str] = set()
        self._endless: set[tuple[str, ...]] = set()  # loops that had no end in a long run
        self._explored: set[str] = set()
        self._finished: set[str] = set()
        self._steered: dict[tuple[str, int | None], int] = {}
        self._queue: deque[FaultRun] = deque()
        self._unanswered: dict[str, str] = {}
        self._notes: dict[str, str] = {}
        self._steps = 0
        self.runs = 0
        self.rows: list[FaultRow] = []
        self.problems: dict[tuple[str, str, str | None], Problem] = {}

    def _spent(self) -> bool:
        """Whether the budget of runs, or of their steps, is spent."""
        return self.runs >= self._most_runs or self._steps >= _MOST_STEPS

    def stopped(self) -> str:
        """Return which budget ended the exploration; empty if it's complete."""
        if self.runs >= self._most_runs:
            return f"its budget of {count(self._most_runs, 'run')} (--most-runs) was spent"
        return f"its {count(self.runs, 'run')} took too many steps" if self._spent() else ""

    def explore(self) -> Run:
        """Explore the passing case, then each run that reaches new states. Return the first run."""
        base = self._run((), None)
        passed = base.run.status == "SUCCEEDED"
        self._most_steps = _STEPS + (3 * len(base.run.transitions) if passed else 0)
        while self._queue and not self._spent():
            scenario = self._queue.popleft()
            for call in _first_calls(scenario.run):
                if call.state not in self._explored and not self._spent():
                    self._explored.add(call.state)
                    self._explore_task(scenario, call)
                    self._finished |= set() if self._spent() else {call.state}
            self._steer(scenario)
        return base.run

    def unexplored(self) -> Iterator[Unexplored]:
        """Yield the states that no run has reached, and the tasks that no run has explored."""
        if self._spent():
            yield from self._left()
            return
        yield from unreached_states(self._places, self._seen, self._unanswered)
        for found in (self._unanswered, self._notes):
            yield from (Unexplored(name, reason) for name, reason in found.items())

    def _left(self) -> Iterator[Unexplored]:
        """Yield what is left when the budget is spent."""
        yield Unexplored("", f"The exploration ended too early: {self.stopped()}.")
        for name, place in self._places.items():
            if name not in self._seen:
                yield Unexplored(name, "No run reached it before the exploration stopped.")
            elif place.type == "Task" and name not in self._finished:
                yield Unexplored(name, "Some faults are left, because the exploration stopped.")

    def _run(self, injections: Sequence[Injection], usual: Run | None) -> FaultRun:
        """Run the case with *injections*, and keep what is new in it."""
        found = self._try(injections, usual, self._most_steps)
        loop = find_loop(found.run) if found.run.error == STILL_RUNNING else None
        if found.run.error == STILL_RUNNING and (loop is None or not loop.proven):
            states = () if loop is None else loop.states
            if states not in self._endless and (self._most_steps or _LONG) < _LONG:
                found = self._try(injections, usual, _LONG)
                self._endless |= {states} if found.run.error == STILL_RUNNING else set()
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
        return found

    def _try(
        self, injections: Sequence[Injection], usual: Run | None, most_steps: int | None
    ) -> FaultRun:
        found = self._case.run(injections, usual, most_steps)
        self.runs += 1
        self._ran(self.runs)
        self._steps += len(found.run.transitions)
        return found

    def _explore_task(self, scenario: FaultRun, call: Call) -> None:
        place = self._places[call.state]
        if place.type == "Map":
            for fault, resource in map_faults(place):
                self._explore_faults(scenario, call, [fault], resource)
            return
        for group in self._classes.group(place, task_faults(place)):
            self._explore_faults(scenario, call, group)
        answers = [other.result for other in scenario.run.calls[call.state]]
        usual = next((result for result in reversed(answers) if result is not None), None)
        for fault in result_faults(call.resource, usual):
            self._explore_faults(scenario, call, [fault])
        self._explore_maps(scenario, call, place)

    def _explore_faults(
        self, scenario: FaultRun, call: Call, faults: Sequence[Fault], resource: str | None = None
    ) -> None:
        """Inject the first of *faults*, which are handled alike, and add a row for each."""
        if self._spent():
            return
        injection = Injection(call.state, faults[0], iteration=call.iteration, resource=resource)
        before = scenario.injections
        for_good = self._run((*before, injection), scenario.run)
        if not for_good.hits:
            return
        alone = self._run((*before, replace(injection, times=1)), scenario.run)
        row = fault_row(for_good, alone, self._places)
        self.rows += [renamed(row, faults[0], fault) for fault in faults]
        visits = _visits(scenario.run, call)
        if len(visits) > 1 and not self._spent():
            late = replace(injection, spared=visits[-1])
            found = self._run((*before, late), scenario.run)
            last = fault_row(found, alone, self._places) if found.hits else row
            if last.outcome != row.outcome:
                last = replace(last, visit=len(visits))
                self.rows += [renamed(last, faults[0], fault) for fault in faults]

    def _explore_maps(self, scenario: FaultRun, call: Call, place: StatePlace) -> None:
        """Let a task fail in all iterations of the Maps around it."""
        sizes = {name: _iterations(scenario.run, name) for name, _ in call.iteration}
        for name, size in sizes.items():
            if size > 1:
                note = f"Faults were injected into one of its {size} iterations."
                self._notes.setdefault(name, note)
        for name in reversed(place.containers):
            config = self._places[name].definition.get("ItemProcessor", {})
            mode = config.get("ProcessorConfig", {}).get("Mode")
            if mode != "DISTRIBUTED" or name in self._explored:
                continue
            self._explored.add(name)
            failed = Injection(call.state, Fault("States.TaskFailed", _FAILED))
            found = self._run((*scenario.injections, failed), scenario.run)
            row = threshold_row(found, name, self._places)
            if row is not None:
                self.rows.append(row)

    def _steer(self, scenario: FaultRun) -> None:
        """Send each Choice of a run along each of its ways, by answers of the tasks before it."""
        entered = dict.fromkeys(step.next for step in scenario.run.transitions)
        for place in (self._places[name] for name in entered if name in self._places):
            for wish in wishes(place.definition) if place.type == "Choice" else ():
                way = place.name, wish.rule
                if self._steered.get(way, 0) >= _TRIES or self._spent():
                    continue
                answers = steer(scenario.run, place.name, wish)
                if answers is not None:
                    self._steered[way] = self._steered.get(way, 0) + 1
                    self._run((*scenario.injections, *answers), scenario.run)


def _visits(run: Run, first: Call) -> list[int]:
    """Return how many calls of a state precede each of its visits, in the iteration of *first*."""
    calls = [call for call in run.calls[first.state] if call.iteration == first.iteration]
    return [at for at, call in enumerate(calls) if call.attempt == 0]


def _iterations(run: Run, name: str) -> int:
    """Return how many iterations of a Map called tasks."""
    pairs = {pair for call in run.all_calls for pair in call.iteration}
    return len({index for state, index in pairs if state == name})


def _first_calls(run: Run) -> Iterator[Call]:
    """Yield the first call of each state, in order."""
    seen = set()
    for call in run.all_calls:
        if call.state not in seen:
            seen.add(call.state)
            yield call
