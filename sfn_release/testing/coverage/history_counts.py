"""Counts the states and steps of finished executions, from their histories. Pure.

A history names the states, not the rules. A step has the rule that leads to the next
state; if several do, each of them counts. A catcher is found by the error that it caught, and a
retrier by the error after which the state ran again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from sfn_release.checks.location import entries
from sfn_release.checks.parser import parse_definition
from sfn_release.simulator.failure import StateFailure
from sfn_release.testing.coverage.coverage_counter import known
from sfn_release.testing.coverage.coverage_data import WorkflowCounts
from sfn_release.testing.coverage.points import Step, points_of
from sfn_release.testing.histories.state_visits import Visit, read_visits

_UNKNOWN = "(unknown error)"


class HandledError(NamedTuple):
    """An *error* that a state's retrier or catcher handled."""

    how: Literal["retried", "caught"]
    state: str
    error: str


class HistoryCounter:
    """Gathers the histories of executions of one *definition*.

    *handled* counts how often each error was retried and caught. *unseen* are the states of EXPRESS
    child executions, which have no histories; they don't count.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.handled: Counter[HandledError] = Counter()
        self._points = points_of(definition, of_histories=True)
        seen = {*self._points.states}
        self.unseen = tuple(state for state in points_of(definition).states if state not in seen)
        self._bodies = {
            name: body
            for scope in parse_definition(definition, "STANDARD").scopes
            for name, body in scope.states.items()
            if isinstance(body, Mapping)
        }
        self._states: Counter[str] = Counter()
        self._steps: Counter[Step] = Counter()
        self._executions = 0

    def add(self, events: Iterable[Mapping[str, Any]], *, child: bool = False) -> None:
        """Count an execution. *events* have the shape of ``GetExecutionHistory``.

        A *child* execution of a distributed Map belongs to an execution that is counted itself.
        """
        visits = read_visits(events)
        self._executions += 0 if child else 1
        followed = {id(visit.previous) for visit in visits if visit.previous is not None}
        raised = self._raised(visits)
        for visit in visits:
            self._states[visit.state] += 1
            self._steps.update(self._entering(visit, raised))
            self._steps.update(self._retries(visit, raised.get(id(visit))))
            if visit.ended == "succeeded" and id(visit) not in followed:
                self._steps[Step("next", visit.state, None)] += 1

    def counts(self) -> WorkflowCounts:
        """Return the counts of the definition's points."""
        return WorkflowCounts(
            self._points,
            known(self._states, self._points.states),
            known(self._steps, self._points.steps),
            self._executions,
        )

    def _raised(self, visits: Iterable[Visit]) -> dict[int, str]:
        """Return the error of the last Fail inside each Parallel and Map, by its visit's id().

        A Fail has no event with its error, so the definition names it.
        """
        errors: dict[int, str] = {}
        for visit in visits:
            error = self._bodies.get(visit.state, {}).get("Error") if visit.type == "Fail" else None
            around = visit.container if isinstance(error, str) and "{%" not in error else None
            while around is not None:
                errors[id(around)] = str(error)
                around = around.container
        return errors

    def _entering(self, visit: Visit, raised: Mapping[int, str]) -> Iterator[Step]:
        """Yield the steps that lead from the visit before to this one."""
        previous = visit.previous
        source = "" if previous is None else previous.state
        steps = self._points.transitions.get((source, visit.state), ())
        ways = [step for step in steps if step.kind != "catch"]
        if previous is None or (previous.ended != "caught" and ways):
            yield from ways
            return
        error = previous.error or raised.get(id(previous))
        self.handled[HandledError("caught", source, error or _UNKNOWN)] += 1
        catches = [step for step in steps if step.kind == "catch"]
        covering = self._rules(source, "Catch", error)
        yield from [step for step in catches if step.rule in covering][:1] or catches

    def _retries(self, visit: Visit, raised: str | None) -> Iterator[Step]:
        for known_error in visit.retried:
            error = known_error or raised
            self.handled[HandledError("retried", visit.state, error or _UNKNOWN)] += 1
            for index in self._rules(visit.state, "Retry", error)[:1]:
                yield Step("retry", visit.state, visit.state, index)

    def _rules(self, state: str, field: str, error: str | None) -> list[int]:
        """Return the indexes of the retriers or catchers that cover an error, the first first."""
        if error is None:
            return []
        also = ("States.HeartbeatTimeout",) if error == "States.Timeout" else ()
        failure = StateFailure(error, also=also)
        return [
            index
            for index, rule in entries(self._bodies.get(state, {}).get(field))
            if isinstance(rule, Mapping)
            and isinstance(rule.get("ErrorEquals"), list)
            and failure.matches(rule["ErrorEquals"])
        ]
