"""The picture of an execution: on its state graph, or as the chain of its visits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfn_release.authoring.diagrams.drawing import Diagram
from sfn_release.authoring.diagrams.marks import Marks
from sfn_release.testing.histories.way_diagram import way_picture

if TYPE_CHECKING:
    from sfn_release.operations.explained_execution import Explanation


def execution_picture(explained: Explanation) -> tuple[Diagram, Marks, bool]:
    """Return the picture of an execution, its marks, and whether it is the whole state graph.

    Without the definition, it is a chain of visits.
    """
    diagram, marks = way_picture(explained.timeline, explained.reason, explained.definition)
    return diagram, marks, any(edge.way is not None for edge in diagram.edges)
