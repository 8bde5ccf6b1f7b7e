"""Marks of an execution on its state graph: visits, retries, caught errors. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sfn_release.authoring.diagrams.drawing import Diagram, Node
from sfn_release.authoring.diagrams.marks import Mark, Marks
from sfn_release.testing.histories.way_diagram import way_picture
from sfn_release.text import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sfn_release.operations.explained_execution import Explanation
    from sfn_release.testing.histories.visits import Visit


def execution_picture(explained: Explanation) -> tuple[Diagram, Marks, bool]:
    """Return the picture of an execution, its marks, and whether it is the whole state graph.

    Without the definition, it is a chain of visits.
    """
    timeline = explained.timeline
    diagram, marks = way_picture(timeline, explained.reason, explained.definition)
    whole = any(edge.way is not None for edge in diagram.edges)
    if not whole:
        return diagram, marks, False
    retried, caught, running = _counts(timeline.visits)

    def node_mark(node: Node) -> Mark | None:
        mark = marks.node(node)
        if mark is None or node.type in {"Start", "End"}:
            return mark
        more = [
            *([count(retried[node.id], "retry", "retries")] if retried[node.id] else []),
            *([f"{caught[node.id]} caught"] if caught[node.id] else []),
            *(["● running now"] if running[node.id] else []),
        ]
        return Mark(mark.style, ", ".join([mark.text, *more] if mark.text else more))

    return diagram, Marks(node_mark, marks.edge), True


def _counts(visits: Iterable[Visit]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Return by state: attempts after the first, errors that a Catch took, and running visits."""
    retried: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    running: Counter[str] = Counter()
    for visit in visits:
        retried[visit.state] += max(visit.attempts - 1, 0)
        caught[visit.state] += visit.ended == "caught"
        running[visit.state] += visit.ended == "running"
    return retried, caught, running
