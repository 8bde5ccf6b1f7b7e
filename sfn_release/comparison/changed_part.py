"""The changed part of a workflow as one Mermaid graph: small enough to look at, and to draw.

A graph of a few states is drawn whole. Of a larger one, the changed states are drawn, the states at
both ends of each changed transition, and their neighbours. If that is still large, the neighbours
are left out, and then the last of the changed states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from sfn_release.authoring.diagrams.captions import shortened
from sfn_release.authoring.diagrams.drawing import Cluster, Diagram, Edge, Node
from sfn_release.authoring.diagrams.marks import Marks
from sfn_release.authoring.diagrams.mermaid import MOST_CHARACTERS, MOST_EDGES, drawn
from sfn_release.comparison.difference_graph import ComparedDefinition, difference_picture

WHOLE: Final = 25
"""The states of a graph that is always drawn whole: about the height of one screen."""
MOST_STATES: Final = 60
"""The states of the largest part. A larger one can't be read in the width of a comment."""
_FEWER: Final = (60, 40, 25, 15, 8, 4, 2, 1)
_PASS_THROUGH: Final = frozenset({"Start", "End"})  # ends of the picture, not states


@dataclass(frozen=True)
class ChangedPart:
    """A picture of a change. *text* is Mermaid with a line end, "" if nothing of it can be drawn.

    *states* counts the states of both sides together, *drawn* the ones in the picture.
    *changed_left_out* counts the changed states that are missing from it.
    """

    text: str
    states: int
    drawn: int
    changed_left_out: int = 0

    @property
    def left_out(self) -> int:
        """How many states the picture leaves out."""
        return self.states - self.drawn


def changed_part(
    compared: ComparedDefinition, *, most_characters: int = MOST_CHARACTERS
) -> ChangedPart | None:
    """Return the picture of the changed part of a workflow; None without a changed state or way.

    A workflow on one side only is drawn without marks, because every mark would be the same.
    """
    picture = difference_picture(compared)
    diagram, marks = picture.diagram, picture.marks
    nodes = [*diagram.nodes()]
    total = _states(nodes)
    changed = [node for node in nodes if marks.node(node) is not None]
    if not changed and all(marks.edge(edge) is None for edge in diagram.edges):
        return None
    if compared.old is None or compared.new is None:
        marks = _NO_MARKS
    for keys in _choices(diagram, marks, changed, total):
        part = _restricted(diagram, keys)
        shown = [*part.nodes()]
        if _states(shown) > max(MOST_STATES, WHOLE) or len(part.edges) > MOST_EDGES:
            continue
        text = drawn(part, marks)
        if len(text) <= most_characters:
            missing = sum(node.key not in keys for node in changed)
            return ChangedPart(text, total, _states(shown), missing)
    return ChangedPart("", total, 0, len(changed))


_NO_MARKS: Final = Marks(lambda _node: None, lambda _edge: None)


def _choices(
    diagram: Diagram, marks: Marks, changed: list[Node], total: int
) -> Iterator[frozenset[str]]:
    """Yield the keys of the nodes to draw, the largest choice first."""
    ends = (
        key
        for edge in diagram.edges
        if marks.edge(edge) is not None
        for key in (edge.source, edge.target)
    )
    core = [*dict.fromkeys([*(node.key for node in changed), *ends])]
    if total <= WHOLE:
        yield frozenset(node.key for node in diagram.nodes())
    yield frozenset({*core, *_neighbours(diagram, frozenset(core))})
    yield frozenset(core)
    for few in _FEWER:
        if few < len(core):
            yield frozenset(core[:few])


def _neighbours(diagram: Diagram, keys: frozenset[str]) -> Iterator[str]:
    for edge in diagram.edges:
        if edge.source in keys:
            yield edge.target
        if edge.target in keys:
            yield edge.source


def _restricted(diagram: Diagram, keys: frozenset[str]) -> Diagram:
    """Return the picture of the nodes *keys*, and the ways between them, with short names."""
    edges: list[Edge] = [
        edge for edge in diagram.edges if edge.source in keys and edge.target in keys
    ]
    return Diagram(_cluster(diagram.root, keys) or replace(diagram.root, inner=()), tuple(edges))


def _cluster(cluster: Cluster, keys: frozenset[str]) -> Cluster | None:
    """Return a cluster with its nodes of *keys*; None for one without any, also deeper inside."""
    inner = tuple(
        kept for kept in (_cluster(deeper, keys) for deeper in cluster.inner) if kept is not None
    )
    nodes = tuple(
        replace(node, id=shortened(node.id)) for node in cluster.nodes if node.key in keys
    )
    if not nodes and not inner:
        return None
    return replace(cluster, title=shortened(cluster.title), nodes=nodes, inner=inner)


def _states(nodes: list[Node]) -> int:
    return sum(node.type not in _PASS_THROUGH for node in nodes)
