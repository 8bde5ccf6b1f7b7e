"""Write a diagram in DOT, the language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.authoring.diagrams.drawing import (
    Cluster,
    Diagram,
    Edge,
    Node,
    graph_of,
)
from sfn_release.authoring.diagrams.marks import Mark, Marks, MarkStyle

_SHAPES: Final = {
    "Choice": "diamond",
    "Wait": "hexagon",
    "Parallel": "box3d",
    "Map": "box3d",
    "Start": "ellipse",
    "End": "ellipse",
}
_COLOURS: Final = {
    "Fail": 'color="#c62828"',
    "Succeed": 'color="#2e7d32"',
    "Missing": 'color="#c62828", style="dashed"',
    "Unknown": 'color="#c62828", style="dashed"',
}
_EDGES: Final[Mapping[str, str]] = {
    "catch": 'style="dashed", color="#c62828"',
    "inside": 'style="bold"',
}
_SOLID: Final[Mapping[str, str]] = {**_EDGES, "catch": 'color="#c62828"'}
_MARKED_NODES: Final[Mapping[MarkStyle, str]] = {
    "reached": "penwidth=2",
    "missed": 'style="rounded,dashed", color="#757575", fontcolor="#757575"',
    "caught": 'color="#ef6c00", penwidth=3',
    "running": 'color="#1565c0", penwidth=4',
    "aborted": 'color="#757575", penwidth=3',
    "failed": 'color="#c62828", penwidth=4',
    "added": 'color="#2e7d32", penwidth="3"',
    "removed": 'style="rounded,dashed", color="#c62828", fontcolor="#757575"',
    "changed": 'color="#ef6c00", penwidth="3"',
}
_MARKED_EDGES: Final[Mapping[MarkStyle, str]] = {
    "reached": "penwidth=2",
    "missed": 'style="dashed", color="#757575", fontcolor="#757575"',
    "caught": 'color="#ef6c00", penwidth=3',
    "running": 'color="#1565c0", penwidth=3',
    "aborted": 'color="#757575", penwidth=3',
    "failed": 'color="#c62828", penwidth=3',
    "added": 'color="#2e7d32", penwidth="3"',
    "removed": 'style="dashed", color="#c62828", fontcolor="#757575"',
    "changed": 'color="#ef6c00", penwidth="3"',
}
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_INDENT = "  "


def dot(definition: Any, marks: Marks | None = None) -> str:
    """Return the state graph of a definition as DOT text, with a line end.

    *marks* adds what happened to the nodes and edges. Raises DefinitionError for a definition
    without an object of States.
    """
    graph = graph_of(definition)
    return "\n".join([*_lines(graph, marks), "}"]) + "\n"


def _lines(graph: Diagram, marks: Marks | None) -> Iterator[str]:
    yield "digraph workflow {"
    yield _INDENT + 'graph [charset="UTF-8", fontname="Helvetica"]'
    yield _INDENT + 'node [shape="box", style="rounded", fontname="Helvetica"]'
    yield _INDENT + 'edge [fontname="Helvetica", fontsize=10]'
    yield from _cluster(graph.root, 1, marks)
    yield from (
        _INDENT + _edge(edge, marks.edge(edge) if marks else None, marked=marks is not None)
        for edge in graph.edges
    )


def _cluster(cluster: Cluster, depth: int, marks: Marks | None) -> Iterator[str]:
    indent = _INDENT * depth
    for node in cluster.nodes:
        yield indent + _node(node, marks.node(node) if marks else None)
    for inner in cluster.inner:
        yield f"{indent}subgraph cluster_{inner.key} {{"
        yield f'{indent}{_INDENT}label="{_escaped(inner.title)}"'
        yield from _cluster(inner, depth + 1, marks)
        yield f"{indent}}}"


def _node(node: Node, mark: Mark | None) -> str:
    lines = [_escaped(node.id)]
    if node.type not in {"Start", "End"}:
        lines += [node.type, _escaped(node.detail)] if node.detail else [node.type]
    if mark is not None and mark.text:
        lines.append(_escaped(mark.text))
    label = "\\n".join(lines)  # DOT's own line end
    attributes = [f'label="{label}"']
    if node.type in _SHAPES:
        attributes.append(f'shape="{_SHAPES[node.type]}"')
    if mark is not None and (mark.style == "missed" or node.type not in _COLOURS):
        attributes.append(_MARKED_NODES[mark.style])
    elif node.type in _COLOURS:
        attributes.append(_COLOURS[node.type])
    return f"{node.key} [{', '.join(attributes)}]"


def _edge(edge: Edge, mark: Mark | None, *, marked: bool) -> str:
    """Return an edge. In a picture with marks, only edges that were missed are dashed."""
    words = [_escaped(text) for text in (edge.label, mark.text if mark else "") if text]
    label = "\\n".join(words)  # DOT's own line end
    attributes = [f'label="{label}"'] if label else []
    if mark is not None:
        attributes.append(_MARKED_EDGES[mark.style])
    elif edge.kind in _EDGES:
        attributes.append((_SOLID if marked else _EDGES)[edge.kind])
    written = f" [{', '.join(attributes)}]" if attributes else ""
    return f"{edge.source} -> {edge.target}{written}"


def _escaped(text: str) -> str:
    """Return *text* escaped for a label in quotes."""
    return "".join(_character(character) for character in text)


def _character(character: str) -> str:
    if not character.isprintable():
        return f"\\\\u{ord(character):04x}"  # as JSON would write it
    return _ESCAPES.get(character, character)
