"""Write a diagram in DOT, the language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.authoring.diagrams.drawing import Cluster, Diagram, Edge, Node, graph_of

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
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_INDENT = "  "


def dot(definition: Any) -> str:
    """Return the state graph of a definition as DOT text, with a line end.

    Raises DefinitionError for a definition without an object of States.
    """
    graph = graph_of(definition)
    return "\n".join([*_lines(graph), "}"]) + "\n"


def _lines(graph: Diagram) -> Iterator[str]:
    yield "digraph workflow {"
    yield _INDENT + 'graph [charset="UTF-8", fontname="Helvetica"]'
    yield _INDENT + 'node [shape="box", style="rounded", fontname="Helvetica"]'
    yield _INDENT + 'edge [fontname="Helvetica", fontsize=10]'
    yield from _cluster(graph.root, 1)
    yield from (_INDENT + _edge(edge) for edge in graph.edges)


def _cluster(cluster: Cluster, depth: int) -> Iterator[str]:
    indent = _INDENT * depth
    for node in cluster.nodes:
        yield indent + _node(node)
    for inner in cluster.inner:
        yield f"{indent}subgraph cluster_{inner.key} {{"
        yield f'{indent}{_INDENT}label="{_escaped(inner.title)}"'
        yield from _cluster(inner, depth + 1)
        yield f"{indent}}}"


def _node(node: Node) -> str:
    lines = [_escaped(node.id)]
    if node.type not in {"Start", "End"}:
        lines += [node.type, _escaped(node.detail)] if node.detail else [node.type]
    label = "\\n".join(lines)  # DOT's own line end
    attributes = [f'label="{label}"']
    if node.type in _SHAPES:
        attributes.append(f'shape="{_SHAPES[node.type]}"')
    if node.type in _COLOURS:
        attributes.append(_COLOURS[node.type])
    return f"{node.key} [{', '.join(attributes)}]"


def _edge(edge: Edge) -> str:
    attributes = [f'label="{_escaped(edge.label)}"'] if edge.label else []
    if edge.kind in _EDGES:
        attributes.append(_EDGES[edge.kind])
    written = f" [{', '.join(attributes)}]" if attributes else ""
    return f"{edge.source} -> {edge.target}{written}"


def _escaped(text: str) -> str:
    """Return *text* escaped for a label in quotes."""
    return "".join(_character(character) for character in text)


def _character(character: str) -> str:
    if not character.isprintable():
        return f"\\\\u{ord(character):04x}"  # as JSON would write it
    return _ESCAPES.get(character, character)
