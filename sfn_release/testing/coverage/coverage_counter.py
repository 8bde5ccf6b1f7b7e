"""Counts the states and steps of simulated runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from sfn_release.canonical import digest
from sfn_release.testing.coverage.coverage_data import CoverageData, WorkflowCounts
from sfn_release.testing.coverage.points import Points, Step, points_of, step_of
from sfn_release.testing.run import Run

Key = TypeVar("Key")


class CoverageCounter:
    """Gathers the runs of a test session.

    A workflow that you `expect` is in the data even if no run was added. Then its definition says
    which points there are; otherwise the definition of its first run does.
    """

    def __init__(self) -> None:
        self._points: dict[str, Points] = {}
        self._states: dict[str, Counter[str]] = {}
        self._steps: dict[str, Counter[Step]] = {}
        self._runs: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._definitions: dict[str, str] = {}

    def expect(self, workflow: str, definition: Mapping[str, Any]) -> None:
        """Count *workflow* by the points of *definition*."""
        self._points[workflow] = points_of(definition)
        self._definitions[workflow] = digest(definition)

    def add_failure(self, workflow: str) -> None:
        """Count a test of *workflow* that failed."""
        self._failed[workflow] += 1

    def add(self, workflow: str, run: Run) -> None:
        """Count a run of *workflow*."""
        if workflow not in self._points:
            self.expect(workflow, run.definition)
        states = self._states.setdefault(workflow, Counter())
        steps = self._steps.setdefault(workflow, Counter())
        states.update(_entered(run, self._points[workflow].child_states))
        steps.update(step_of(transition) for transition in run.transitions)
        self._runs[workflow] += 1

    def data(self) -> CoverageData:
        """Return the counts, in the order of the workflows' names."""
        return CoverageData({name: self._counts(name) for name in sorted(self._points)})

    def _counts(self, workflow: str) -> WorkflowCounts:
        points = self._points[workflow]
        return WorkflowCounts(
            points,
            known(self._states.get(workflow, {}), points.states),
            known(self._steps.get(workflow, {}), points.steps),
            self._runs[workflow],
            self._definitions[workflow],
            self._failed[workflow],
        )


def known(counts: Mapping[Key, int], keys: Iterable[Key]) -> dict[Key, int]:
    """Return the counts of *keys* alone: a test may run a changed definition."""
    return {key: counts[key] for key in keys if counts.get(key)}


def _entered(run: Run, child_states: frozenset[str]) -> Iterator[str]:
    """Yield the state of each entry. A child execution may have no history, but transitions."""
    yield from (visit.state for visit in run.visits)
    for transition in run.transitions:
        if transition.next in child_states and transition.kind != "retry":
            yield transition.next
