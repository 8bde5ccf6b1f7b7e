"""Coverage on a state graph: you see the states that were reached, and how often. Pure.

The graph is the workflow's in the newest release whose states and steps the coverage counts.
Without such a release, the graph is made from the points that the coverage names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.authoring.diagrams.drawing import (
    Cluster,
    Diagram,
    Edge,
    EdgeKind,
    Node,
    graph_of,
)
from sfn_release.authoring.diagrams.marks import Mark, Marks
from sfn_release.report.views.coverage_sources import CoveredWorkflow
from sfn_release.testing.coverage.coverage_data import WorkflowCounts
from sfn_release.testing.coverage.coverage_report import marks_of
from sfn_release.testing.coverage.points import Points, Step, points_of


@dataclass(frozen=True)
class CoveragePicture:
    """The graph and its marks. *version* has the definition; None if the file alone was drawn."""

    diagram: Diagram
    marks: Marks
    version: str | None


def coverage_picture(
    covered: CoveredWorkflow, definitions: Iterable[tuple[str, Any]]
) -> CoveragePicture | None:
    """Return the picture of a workflow's coverage; None if its states aren't known.

    *definitions* are the releases' versions with their definitions of the workflow, the likeliest
    first.
    """
    if covered.coverage is None:
        return None
    for version, definition in definitions:
        if isinstance(definition, Mapping) and (counts := _counts(covered, definition)) is not None:
            return CoveragePicture(graph_of(definition), _marks(counts, covered), version)
    if covered.counts is None:
        return None
    return CoveragePicture(_flat(covered.counts), _flat_marks(covered.counts), None)


def _counts(covered: CoveredWorkflow, definition: Mapping[str, Any]) -> WorkflowCounts | None:
    """Return the counts for a definition's points; None if the coverage counts other points.

    A report has no counts: then each point that isn't missing counts once.
    """
    if covered.counts is not None:
        points = points_of(definition)
        same = (
            points.states == covered.counts.points.states
            and points.words == covered.counts.points.words
        )
        return covered.counts if same else None
    for of_histories in (covered.environment is not None, covered.environment is None):
        points = points_of(definition, of_histories=of_histories)
        found = _reached(covered, points)
        if found is not None:
            return found
    return None


def _reached(covered: CoveredWorkflow, points: Points) -> WorkflowCounts | None:
    coverage = covered.coverage
    if coverage is None:
        return None
    kinds = coverage.kinds
    missing = {name for kind in kinds.values() for name in kind.missing}
    known = {*points.states, *map(points.step_text, points.steps)}
    known |= {points.transition_text(*pair) for pair in points.transitions}
    totals = (len(points.states), len(points.transitions))
    if not missing <= known or totals != (kinds["states"].total, kinds["transitions"].total):
        return None
    states = {name: 1 for name in points.states if name not in {*kinds["states"].missing}}
    steps: dict[Step, int] = {}
    for pair, of_pair in points.transitions.items():
        if points.transition_text(*pair) not in missing:
            steps |= {step: 1 for step in of_pair if points.step_text(step) not in missing}
    return WorkflowCounts(points, states, steps, covered.runs)


def _marks(counts: WorkflowCounts, covered: CoveredWorkflow) -> Marks:
    """Return marks on everything: reached, and how often if that's known, or not reached."""
    missed = marks_of(counts)
    errors: Counter[tuple[str, str]] = Counter()
    for handled in covered.handled:
        errors[handled.state, handled.how] += handled.count
    known = covered.counts is not None

    def node(node: Node) -> Mark | None:
        found = missed.node(node)
        if found is not None or node.type in {"Start", "End"}:
            return found
        number = counts.states.get(node.id, 0)
        words = [f"✓ {number}×" if known else "✓ reached"]
        words += [
            f"{errors[node.id, how]} {how}" for how in ("retried", "caught") if errors[node.id, how]
        ]
        return Mark("reached", ", ".join(words))

    def edge(edge: Edge) -> Mark | None:
        return missed.edge(edge) or Mark("reached")

    return Marks(node, edge)


def _flat(counts: WorkflowCounts) -> Diagram:
    """Return a graph of the points alone: states without types, in one cluster."""
    keys = {name: f"s{number}" for number, name in enumerate(counts.points.states, 1)}
    nodes = [Node(key, name, "Unknown") for name, key in keys.items()]
    edges = []
    for step in counts.points.steps:
        source, target = keys.get(step.state), keys.get(step.next or "")
        if step.kind != "retry" and source and target:
            edges.append(Edge(source, target, _kind(step), counts.points.words[step]))
    return Diagram(Cluster("g0", "", tuple(nodes), ()), tuple(edges))


def _flat_marks(counts: WorkflowCounts) -> Marks:
    taken = {
        (step.state, step.next, _kind(step), counts.points.words[step])
        for step, number in counts.steps.items()
        if number
    }
    names = {f"s{number}": name for number, name in enumerate(counts.points.states, 1)}

    def node(node: Node) -> Mark:
        number = counts.states.get(node.id, 0)
        return Mark("reached", f"✓ {number}×") if number else Mark("missed", "✗ not reached")

    def edge(edge: Edge) -> Mark:
        way = (names[edge.source], names[edge.target], edge.kind, edge.label)
        return Mark("reached") if way in taken else Mark("missed", "✗")

    return Marks(node, edge)


def _kind(step: Step) -> EdgeKind:
    return "next" if step.kind == "retry" else step.kind
