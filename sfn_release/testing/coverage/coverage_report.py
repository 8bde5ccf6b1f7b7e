"""The coverage of a workflow: of each kind of point, the number, and the missing ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.authoring.diagrams.drawing import Edge, Node, Way
from sfn_release.authoring.diagrams.marks import Mark, Marks
from sfn_release.simulator.observer import TransitionKind
from sfn_release.testing.coverage.coverage_data import CoverageData, WorkflowCounts
from sfn_release.testing.coverage.points import Step

KINDS: Final = ("states", "transitions", "choices", "catches", "retries")
_STEPS: Final[Mapping[str, frozenset[TransitionKind]]] = {
    "choices": frozenset({"choice", "default"}),
    "catches": frozenset({"catch"}),
    "retries": frozenset({"retry"}),
}


@dataclass(frozen=True)
class Reached:
    """How many points of a *total* were reached. *missing* names the others."""

    reached: int
    total: int
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"reached": self.reached, "total": self.total, "missing": [*self.missing]}


@dataclass(frozen=True)
class WorkflowCoverage:
    """The coverage of one workflow: a `Reached` for each of `KINDS`.

    *gaps* are the missing points for a reader, each once. A state that wasn't entered stands for
    the steps out of it, and the Choice rule or catcher of a transition stands for the transition.
    """

    name: str
    runs: int
    kinds: Mapping[str, Reached]
    gaps: tuple[str, ...]

    @property
    def percent(self) -> int:
        """The share of all points that were reached. 100 means every one."""
        return percent(self.kinds.values())

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "runs": self.runs,
            "percent": self.percent,
            **{kind: self.kinds[kind].to_json() for kind in KINDS},
        }


def workflow_coverage(name: str, counts: WorkflowCounts) -> WorkflowCoverage:
    """Return the coverage of one workflow."""
    points = counts.points
    reached = {step for step in points.steps if counts.steps.get(step)}
    kinds = {
        "states": _reached((state, bool(counts.states.get(state))) for state in points.states),
        "transitions": _reached(
            (points.transition_text(*pair), not reached.isdisjoint(steps))
            for pair, steps in points.transitions.items()
        ),
    }
    for kind, of_kind in _STEPS.items():
        kinds[kind] = _reached(
            (points.step_text(step), step in reached)
            for step in points.steps
            if step.kind in of_kind
        )
    ways = [
        points.step_text(step)
        for step in points.steps
        if step not in reached and (not step.state or counts.states.get(step.state))
    ]
    return WorkflowCoverage(name, counts.runs, kinds, (*kinds["states"].missing, *ways))


def coverage_of(data: CoverageData) -> list[WorkflowCoverage]:
    """Return the coverage of each workflow."""
    return [workflow_coverage(name, counts) for name, counts in data.workflows.items()]


def marks_of(counts: WorkflowCounts) -> Marks:
    """Return marks for a picture of the definition, on everything that wasn't reached."""
    states = {state for state, count in counts.states.items() if count}
    ways = {way for step, count in counts.steps.items() if count for way in _ways(step)}

    def node(node: Node) -> Mark | None:
        known = node.id in states or node.type in {"Start", "End"}
        return None if known else Mark("missed", "✗ not reached")

    def edge(edge: Edge) -> Mark | None:
        return None if edge.way in ways else Mark("missed", "✗")

    return Marks(node, edge)


def _ways(step: Step) -> Iterator[Way]:
    """Yield the ways that a picture can have for a step."""
    match step.kind:
        case "retry":
            return
        case "start":
            yield Way("", step.next, "start")
            yield Way("", step.next, "inside")
        case "next" if step.next is None:
            yield Way(step.state, None, "end")
        case kind:
            yield Way(step.state, step.next, kind, step.rule)


def total_percent(workflows: Iterable[WorkflowCoverage]) -> int:
    """Return the share of all points of all workflows that were reached."""
    return percent(kind for workflow in workflows for kind in workflow.kinds.values())


def percent(parts: Iterable[Reached]) -> int:
    """Return a whole number, rounded down; 100 without any points."""
    parts = [*parts]
    total = sum(part.total for part in parts)
    return 100 * sum(part.reached for part in parts) // total if total else 100


def _reached(points: Iterable[tuple[str, bool]]) -> Reached:
    points = [*points]
    missing = tuple(name for name, is_reached in points if not is_reached)
    return Reached(len(points) - len(missing), len(points), missing)
