"""A state graph for a page: with everything, brief if it is large, or left out."""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup

from sfn_release.authoring.diagrams.drawing import Diagram
from sfn_release.report.drawing import state_graph_svg
from sfn_release.report.views.shown_json import length

LARGEST: Final = 225_000  # bytes of the graph, so that the page stays below 300 KB
_FULL: Final = 200_000
_NODE, _EDGE = 850, 650  # bytes of a state and of a transition, beside the names of states


def page_graph(diagram: Diagram, *, room: int = LARGEST, **options: Any) -> Markup:
    """Return the drawing of *diagram* in at most *room* bytes; empty if it needs more.

    *options* are the ones of `state_graph_svg`. You get a brief graph where the full one is large.
    Raises DefinitionError for a diagram that is nested too deeply.
    """
    for brief, most in ((False, min(room, _FULL)), (True, room)):
        svg = state_graph_svg(diagram, brief=brief, **options)
        if len(svg.encode()) <= most:
            return Markup(svg)  # noqa: S704 - our own drawing, which escapes every text
    return Markup()


def drawn_size(diagram: Diagram) -> int:
    """Return about how many bytes the drawing of *diagram* takes, without drawing it."""
    nodes = [*diagram.nodes()]
    names = length(node.id + node.detail + node.retry for node in nodes)
    return _NODE * len(nodes) + _EDGE * len(diagram.edges) + 5 * names
