"""Write a diagram as a Mermaid flowchart, which GitHub and GitLab draw in Markdown.

Node ids are keys, never the names of states: Mermaid has reserved words (``end``) and can't quote
an id. Text stands in quotes. Characters with a meaning in Mermaid, Markdown or HTML become entity
codes (https://mermaid.js.org/syntax/flowchart.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.authoring.diagrams.drawing import Cluster, Diagram, Edge, Node, graph_of
from sfn_release.authoring.diagrams.marks import Mark, Marks, MarkStyle

MOST_EDGES: Final = 500
MOST_CHARACTERS: Final = 50_000
"""Mermaid's default limits, which GitHub has too (``maxEdges``, ``maxTextSize``)."""

_SHAPES: Final = {
    "Choice": ("{", "}"),
    "Wait": ("{{", "}}"),
    "Succeed": ("([", "])"),
    "Fail": ("([", "])"),
    "Parallel": ("[[", "]]"),
    "Map": ("[[", "]]"),
    "Start": ("([", "])"),
    "End": ("([", "])"),
}
_ARROWS: Final[Mapping[str, str]] = {"catch": "-.->", "inside": "==>"}
_CLASSES: Final = {
    "Fail": "failure",
    "Missing": "missing",
    "Unknown": "missing",
    "Succeed": "success",
}
_STYLES: Final = {
    "failure": "stroke:#c62828,stroke-width:2px",
    "missing": "stroke:#c62828,stroke-dasharray:4",
    "success": "stroke:#2e7d32,stroke-width:2px",
}
_MARKED_NODES: Final[Mapping[MarkStyle, str]] = {
    "reached": "stroke-width:3px",
    "missed": "stroke:#757575,color:#757575,stroke-dasharray:5",
    "caught": "stroke:#ef6c00,stroke-width:4px",
    "running": "stroke:#1565c0,stroke-width:5px",
    "aborted": "stroke:#757575,stroke-width:4px",
    "failed": "stroke:#c62828,stroke-width:5px",
    "added": "stroke:#2e7d32,stroke-width:4px",
    "removed": "stroke:#c62828,color:#757575,stroke-dasharray:5",
    "changed": "stroke:#ef6c00,stroke-width:4px",
}
_MARKED_SHAPES: Final[Mapping[MarkStyle, tuple[str, str]]] = {
    "added": ("[/", "/]"),
    "removed": (">", "]"),
    "changed": ("[\\", "\\]"),
}
"""Shapes that take the place of a type's shape, so that no colour is needed."""
_MARKED_EDGES: Final[Mapping[MarkStyle, str]] = {
    "reached": "stroke-width:4px",
    "missed": "stroke:#757575,color:#757575,stroke-width:1px,stroke-dasharray:5",
    "caught": "stroke:#ef6c00,stroke-width:4px",
    "running": "stroke:#1565c0,stroke-width:4px",
    "aborted": "stroke:#757575,stroke-width:4px",
    "failed": "stroke:#c62828,stroke-width:4px",
    "added": "stroke:#2e7d32,stroke-width:4px",
    "removed": "stroke:#c62828,color:#757575,stroke-width:1px,stroke-dasharray:5",
    "changed": "stroke:#ef6c00,stroke-width:4px",
}
_MARKED_ARROWS: Final[Mapping[MarkStyle, str]] = {
    "missed": "-.->",
    "removed": "-.->",
    "added": "==>",
}
_SAFE: Final = frozenset(" .,:/()[]=$'@-")
"""The characters that aren't escaped, beside the letters and digits of any language."""
_ACTIVE: Final = {
    "//": frozenset("/:"),  # a link
    "www.": frozenset("."),  # a link too
    "@": frozenset("@"),  # a mail address
    "style": frozenset(":"),  # Mermaid reads "style ...:...#...;" as a statement
    "classDef": frozenset(":"),
}
_SPELLS = re.compile(
    r"(\$(?=\$)|:(?=fa-)"  # mathematics, and icons, even made of entities
    r"|direction(?= ))"  # "direction LR", anywhere in a line, is a statement
)
_NOTHING: Final = "#8203;"  # a space without a width
_LIST = re.compile(r"\s*(?:\d+\.|-)")  # a list item in Markdown
_INDENT = "  "


def mermaid(definition: Any, marks: Marks | None = None) -> str:
    """Return the state graph of a definition as Mermaid text, with a line end.

    *marks* adds what happened to the nodes and edges. Raises DefinitionError for a definition
    without an object of States.
    """
    return drawn(graph_of(definition), marks)


def drawn(graph: Diagram, marks: Marks | None = None) -> str:
    """Return a picture as Mermaid text, with a line end; *marks* belong to its parts."""
    nodes = {node.key: marks.node(node) for node in graph.nodes()} if marks else {}
    edges = [marks.edge(edge) if marks else None for edge in graph.edges]
    lines = [
        "flowchart TD",
        *_cluster(graph.root, 1, nodes),
        *(
            _edge(edge, mark, marked=marks is not None)
            for edge, mark in zip(graph.edges, edges, strict=True)
        ),
        *_classes(graph),
        *_node_marks(nodes),
        *_edge_marks(edges),
    ]
    return "\n".join(lines) + "\n"


def too_large(text: str) -> str:
    """Return why GitHub doesn't draw a Mermaid *text*; "" if it does."""
    edges = sum(any(arrow in line for arrow in (" --> ", " -->|", " -.->", " ==> ")) for line in
                text.splitlines())  # fmt: skip
    if edges > MOST_EDGES:
        return f"It has {edges} edges, and Mermaid draws at most {MOST_EDGES}."
    if len(text) > MOST_CHARACTERS:
        return f"It has {len(text):,} characters, and Mermaid draws at most {MOST_CHARACTERS:,}."
    return ""


def _cluster(cluster: Cluster, depth: int, marks: Mapping[str, Mark | None]) -> Iterator[str]:
    indent = _INDENT * depth
    for node in cluster.nodes:
        yield indent + _node(node, marks.get(node.key))
    for inner in cluster.inner:
        yield f'{indent}subgraph {inner.key}["{_escaped(inner.title)}"]'
        yield from _cluster(inner, depth + 1, marks)
        yield f"{indent}end"


def _node(node: Node, mark: Mark | None) -> str:
    opening, closing = _SHAPES.get(node.type, ("[", "]"))
    if mark is not None:
        opening, closing = _MARKED_SHAPES.get(mark.style, (opening, closing))
    lines = [_escaped(node.id)]
    if node.type not in {"Start", "End"}:
        lines += [node.type, _escaped(node.detail)] if node.detail else [node.type]
    if mark is not None and mark.text:
        lines.append(_escaped(mark.text))
    return f'{node.key}{opening}"{"<br/>".join(lines)}"{closing}'


def _edge(edge: Edge, mark: Mark | None, *, marked: bool) -> str:
    """Return an edge. In a picture with marks, the marks decide which edges are dashed."""
    arrow = _ARROWS.get(edge.kind, "-->")
    if marked and edge.kind == "catch":
        arrow = "-->"
    if mark is not None:
        arrow = _MARKED_ARROWS.get(mark.style, arrow)
    words = [text for text in (edge.label, mark.text if mark else "") if text]
    label = f'|"{"<br/>".join(map(_escaped, words))}"|' if words else ""
    return f"{_INDENT}{edge.source} {arrow}{label} {edge.target}"


def _classes(graph: Diagram) -> Iterator[str]:
    for name, style in _STYLES.items():
        keys = [node.key for node in graph.nodes() if _CLASSES.get(node.type) == name]
        if keys:
            yield f"{_INDENT}classDef {name} {style}"
            yield f"{_INDENT}class {','.join(keys)} {name}"


def _node_marks(marks: Mapping[str, Mark | None]) -> Iterator[str]:
    for style, line in _MARKED_NODES.items():
        keys = [key for key, mark in marks.items() if mark is not None and mark.style == style]
        if keys:
            yield f"{_INDENT}classDef {style} {line}"
            yield f"{_INDENT}class {','.join(keys)} {style}"


def _edge_marks(marks: list[Mark | None]) -> Iterator[str]:
    for style, line in _MARKED_EDGES.items():
        numbers = [
            str(at) for at, mark in enumerate(marks) if mark is not None and mark.style == style
        ]
        if numbers:
            yield f"{_INDENT}linkStyle {','.join(numbers)} {line}"


def _escaped(text: str) -> str:
    """Return *text* escaped, so that Mermaid shows it unchanged. Empty text becomes a space."""
    safe = _SAFE
    for mark, characters in _ACTIVE.items():
        if mark in text:
            safe -= characters
    if _LIST.match(text):
        safe -= frozenset(".-")
    shown = "".join(character if character in safe else _entity(character) for character in text)
    return _SPELLS.sub(rf"\1{_NOTHING}", shown) or " "


def _entity(character: str) -> str:
    if character.isalnum() or (not character.isascii() and character.isprintable()):
        return character
    if not character.isprintable():
        return f"#92;u{ord(character):04x}"  # as JSON would write it
    return f"#{ord(character)};"
