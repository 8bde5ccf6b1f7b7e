"""The parts of a picture with their places, in pixels from its top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from sfn_release.authoring.diagrams.drawing import Cluster, Edge, Node
from sfn_release.authoring.diagrams.marks import Mark
from sfn_release.report.drawing.label_texts import EdgeTexts, NodeTexts

_NEAR: Final = 0.5


class Point(NamedTuple):
    """A place."""

    x: float
    y: float

    def moved(self, x: float, y: float) -> Point:
        """Return the point moved to the right and down."""
        return Point(self.x + x, self.y + y)


class Rectangle(NamedTuple):
    """A rectangle by its top left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right border."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower border."""
        return self.y + self.height

    def is_on_border(self, point: Point) -> bool:
        """Return whether a point is on the border, but for half a pixel."""
        off = min(
            abs(point.x - self.x),
            abs(point.x - self.right),
            abs(point.y - self.y),
            abs(point.y - self.bottom),
        )
        across = self.x - _NEAR <= point.x <= self.right + _NEAR
        return off <= _NEAR and across and self.y - _NEAR <= point.y <= self.bottom + _NEAR

    def moved(self, x: float, y: float) -> Rectangle:
        """Return the rectangle moved to the right and down."""
        return Rectangle(self.x + x, self.y + y, self.width, self.height)


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A state. *is_box* is true for a Parallel or Map with its graphs inside of the rectangle."""

    node: Node
    mark: Mark | None
    texts: NodeTexts
    place: Rectangle
    is_box: bool = False

    def moved(self, x: float, y: float) -> PlacedNode:
        """Return the node moved to the right and down."""
        place = self.place.moved(x, y)
        return PlacedNode(self.node, self.mark, self.texts, place, self.is_box)


@dataclass(frozen=True, slots=True)
class PlacedCluster:
    """The frame of a branch, or of a definition beside others. It has no frame without a title."""

    cluster: Cluster
    title: str
    place: Rectangle


@dataclass(frozen=True, slots=True)
class PlacedStart:
    """The dot where a branch or a processor starts."""

    place: Rectangle


@dataclass(frozen=True, slots=True)
class PlacedEdge:
    """A transition: a line from border to border, and the label's rectangle.

    A line with a label is in two parts: to the label, and from there.
    """

    edge: Edge
    mark: Mark | None
    texts: EdgeTexts | None
    lines: tuple[tuple[Point, ...], ...]
    label: Rectangle | None

    def moved(self, x: float, y: float) -> PlacedEdge:
        """Return the edge moved to the right and down."""
        lines = tuple(tuple([Point(at.x + x, at.y + y) for at in line]) for line in self.lines)
        label = self.label.moved(x, y) if self.label else None
        return PlacedEdge(self.edge, self.mark, self.texts, lines, label)


@dataclass(frozen=True, slots=True)
class Picture:
    """All parts, outer ones first, and the size of the whole."""

    width: float
    height: float
    nodes: tuple[PlacedNode, ...] = ()
    clusters: tuple[PlacedCluster, ...] = ()
    starts: tuple[PlacedStart, ...] = ()
    edges: tuple[PlacedEdge, ...] = ()

    def moved(self, x: float, y: float) -> Picture:
        """Return the picture with all parts moved. Its size stays."""
        return Picture(
            self.width,
            self.height,
            tuple(part.moved(x, y) for part in self.nodes),
            tuple(
                PlacedCluster(part.cluster, part.title, part.place.moved(x, y))
                for part in self.clusters
            ),
            tuple(PlacedStart(part.place.moved(x, y)) for part in self.starts),
            tuple(part.moved(x, y) for part in self.edges),
        )
