"""Lay out a diagram: inner graphs first, each of them then being one box of the graph around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sfn_release.authoring.diagrams.drawing import Cluster, Diagram, Edge, EdgeKind, Node
from sfn_release.authoring.diagrams.marks import Mark, Marks
from sfn_release.errors import DefinitionError
from sfn_release.report.drawing.glyph_widths import text_width
from sfn_release.report.drawing.label_texts import (
    DETAIL_SIZE,
    edge_texts,
    heading_texts,
    node_texts,
)
from sfn_release.report.drawing.layered_layout import Link, Size, layered
from sfn_release.report.drawing.placed_parts import (
    Picture,
    PlacedCluster,
    PlacedEdge,
    PlacedNode,
    PlacedStart,
    Rectangle,
)
from sfn_release.report.drawing.shown_text import shortened_to

MARGIN: Final = 16.0
_PADDING: Final = 14.0
_TITLE: Final = 24.0  # the height of a branch's title
_GAP: Final = 20.0  # between branches
_ROW: Final = 1400.0  # the width after which branches go into another row
_PORT: Final = 14.0  # between two lines on a side of a node
_DOT: Final = Size(12, 12)
_WIDEST_TITLE: Final = 400.0
_WEIGHTS: Final[dict[EdgeKind, float]] = {"catch": 0.5, "choice": 2, "default": 2}
_DEFAULT_WEIGHT: Final = 4.0


def laid_out(diagram: Diagram, marks: Marks | None) -> Picture:
    """Return the picture of *diagram*, with a margin around it.

    Raises DefinitionError for a definition that is nested too deeply, and ConfigError without the
    package that places the states.
    """
    try:
        picture = _Layout(diagram, marks).graph(diagram.root)
    except RecursionError:
        raise DefinitionError("This definition is nested too deeply to draw.") from None
    moved = picture.moved(MARGIN, MARGIN)
    return Picture(
        picture.width + 2 * MARGIN,
        picture.height + 2 * MARGIN,
        moved.nodes,
        moved.clusters,
        moved.starts,
        moved.edges,
    )


@dataclass
class _Layout:
    """A diagram, and the edges of each of its graphs by the key of the cluster."""

    diagram: Diagram
    marks: Marks | None
    homes: dict[str, Cluster] = field(default_factory=dict)
    parents: dict[str, Cluster] = field(default_factory=dict)
    inside: dict[str, list[tuple[str, str, Edge]]] = field(default_factory=dict)
    leaving: Counter[str] = field(default_factory=Counter)
    arriving: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.leaving = Counter(edge.source for edge in self.diagram.edges)
        self.arriving = Counter(edge.target for edge in self.diagram.edges)
        waiting = [self.diagram.root]
        for cluster in waiting:
            for node in cluster.nodes:
                self.homes[node.key] = cluster
            for inner in cluster.inner:
                self.parents[inner.key] = cluster
            waiting += cluster.inner
        for edge in self.diagram.edges:
            home, source, target = self._ends(edge)
            self.inside.setdefault(home, []).append((source, target, edge))

    def _ends(self, edge: Edge) -> tuple[str, str, str]:
        """Return the innermost cluster that has both ends, and the boxes in it that have them.

        The source of an edge into a graph is the key of that graph: the dot where it starts.
        """
        target = self.homes[edge.target]
        if edge.kind == "inside" and target.owner == edge.source:
            return target.key, target.key, edge.target
        boxes = dict(self._boxes(edge.source))
        return next(
            (home, boxes[home], box) for home, box in self._boxes(edge.target) if home in boxes
        )

    def _boxes(self, key: str) -> Iterator[tuple[str, str]]:
        """Yield each cluster around a node, with the key of the box in it that has the node."""
        cluster: Cluster | None = self.homes[key]
        while cluster is not None:
            yield cluster.key, key
            key = cluster.owner or cluster.key
            cluster = self.parents.get(cluster.key)

    def graph(self, cluster: Cluster) -> Picture:
        """Return the graph of a cluster without a frame."""
        keys: list[str] = []
        parts: list[Picture] = []
        owned: dict[str, list[Cluster]] = {}
        for inner in cluster.inner:
            owned.setdefault(inner.owner, []).append(inner)
        edges = self.inside.get(cluster.key, [])
        if any(source == cluster.key for source, _, _ in edges):
            keys.append(cluster.key)
            parts.append(Picture(*_DOT, starts=(PlacedStart(Rectangle(0, 0, *_DOT)),)))
        for node in cluster.nodes:
            keys.append(node.key)
            parts.append(self._node(node, owned.pop(node.key, [])))
        for inner in (inner for inners in owned.values() for inner in inners):
            keys.append(inner.key)
            parts.append(self._titled(inner, inner.title))
        return self._placed(keys, parts, edges)

    def _placed(
        self, keys: Sequence[str], parts: Sequence[Picture], edges: list[tuple[str, str, Edge]]
    ) -> Picture:
        """Return the boxes of a graph side by side and below each other, with their edges."""
        numbers = {key: number for number, key in enumerate(keys)}
        marks = [self._edge_mark(edge) for _, _, edge in edges]
        texts = [edge_texts(edge, mark) for (_, _, edge), mark in zip(edges, marks, strict=True)]
        found = layered(
            [Size(part.width, part.height) for part in parts],
            [
                Link(
                    numbers[source],
                    numbers[target],
                    _weight(edge, mark),
                    Size(text.width, text.height) if text else None,
                )
                for (source, target, edge), mark, text in zip(edges, marks, texts, strict=True)
            ],
        )
        own = (
            PlacedEdge(edge, mark, text, line, label)
            for (_, _, edge), mark, text, line, label in zip(
                edges, marks, texts, found.lines, found.labels, strict=True
            )
            if line
        )
        moved = [part.moved(box.x, box.y) for part, box in zip(parts, found.boxes, strict=True)]
        return _joined(found.size, moved, own)

    def _node(self, node: Node, inner: Sequence[Cluster]) -> Picture:
        """Return a state, with its graphs if it has some."""
        mark = self.marks.node(node) if self.marks else None
        if not inner:
            texts = node_texts(node, mark, self._room(node))
            place = Rectangle(0, 0, texts.width, texts.height)
            return Picture(*place[2:], nodes=(PlacedNode(node, mark, texts, place),))
        titles = [_title(node, cluster) for cluster in inner]
        if node.type == "Map" and len(inner) == 1:
            content, note = self.graph(inner[0]), titles[0].removeprefix("each item").strip(" ,")
        else:
            graphs = [self._titled(*pair) for pair in zip(inner, titles, strict=True)]
            content, note = _side_by_side(graphs), ""
        texts = heading_texts(node, mark, content.width, note)
        width = max(texts.width, content.width + 2 * _PADDING)
        height = texts.height + content.height + _PADDING
        box = PlacedNode(node, mark, texts, Rectangle(0, 0, width, height), is_box=True)
        left = (width - content.width) / 2
        moved = content.moved(left, texts.height)
        return _joined(Size(width, height), [Picture(width, height, nodes=(box,)), moved], ())

    def _titled(self, cluster: Cluster, title: str) -> Picture:
        """Return the graph of a cluster in a frame with a title."""
        content = self.graph(cluster)
        shown = shortened_to(title, DETAIL_SIZE, max(_WIDEST_TITLE, content.width))
        wide = max(content.width, text_width(shown, DETAIL_SIZE, bold=True))
        width, height = wide + 2 * _PADDING, content.height + _TITLE + _PADDING
        frame = PlacedCluster(cluster, shown, Rectangle(0, 0, width, height))
        moved = content.moved((width - content.width) / 2, _TITLE)
        return _joined(Size(width, height), [Picture(width, height, clusters=(frame,)), moved], ())

    def _room(self, node: Node) -> float:
        """Return the width that a node needs for the lines on its busier side."""
        return _PORT * (max(self.leaving[node.key], self.arriving[node.key]) + 2)

    def _edge_mark(self, edge: Edge) -> Mark | None:
        return self.marks.edge(edge) if self.marks else None


def _weight(edge: Edge, mark: Mark | None) -> float:
    """Return how straight an edge should be: a removed one makes way for the present ones."""
    weight = _WEIGHTS.get(edge.kind, _DEFAULT_WEIGHT)
    return weight / 4 if mark is not None and mark.style == "removed" else weight


def _title(owner: Node, cluster: Cluster) -> str:
    """Return a graph's title without the name of the state around it."""
    return cluster.title.removeprefix(f"{owner.id}: ")


def _side_by_side(graphs: Sequence[Picture]) -> Picture:
    """Return branches beside each other, in several rows if they are wide."""
    placed: list[Picture] = []
    x = y = width = tallest = 0.0
    for graph in graphs:
        if x and x + graph.width > _ROW:
            x, y, tallest = 0.0, y + tallest + _GAP, 0.0
        placed.append(graph.moved(x, y))
        width = max(width, x + graph.width)
        tallest = max(tallest, graph.height)
        x += graph.width + _GAP
    return _joined(Size(width, y + tallest), placed, ())


def _joined(size: Size, parts: Sequence[Picture], edges: Iterable[PlacedEdge]) -> Picture:
    """Return one picture of all parts in their places."""
    return Picture(
        *size,
        nodes=tuple(node for part in parts for node in part.nodes),
        clusters=tuple(cluster for part in parts for cluster in part.clusters),
        starts=tuple(start for part in parts for start in part.starts),
        edges=(*(edge for part in parts for edge in part.edges), *edges),
    )
