"""Place boxes in layers and lead lines around them. The only user of graphlay.

sizes and links → the engine's graph, a label being a box in the middle of its line → places
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, sqrt
from typing import Any, Final, NamedTuple

from sfn_release.errors import ConfigError
from sfn_release.report.drawing.loop_ways import leading_back
from sfn_release.report.drawing.placed_parts import Point, Rectangle


class Size(NamedTuple):
    """A width and a height."""

    width: float
    height: float


class Link(NamedTuple):
    """A line between two boxes by their index. A heavier line is kept shorter and straighter."""

    source: int
    target: int
    weight: float = 1.0
    label: Size | None = None


Line = tuple[Point, ...]


class Layers(NamedTuple):
    """The boxes and lines of a graph with their places, and the size of the whole.

    A line with a label is in two parts: to the label, and from there. It has no part at all when
    there are too many lines to draw.
    """

    boxes: tuple[Rectangle, ...]
    lines: tuple[tuple[Line, ...], ...]
    labels: tuple[Rectangle | None, ...]
    size: Size


class _Attempt(NamedTuple):
    """A way to ask the engine. It refuses a graph with more bends than *most*.

    *may_narrow* allows a second question, for a narrower picture.
    """

    placement: str
    most: int
    has_labels: bool
    may_narrow: bool


_ATTEMPTS: Final = (
    # The second placement is several times as fast, and twice as wide. The limits keep each
    # attempt within about a second.
    _Attempt("network_simplex", 1000, has_labels=True, may_narrow=True),
    _Attempt("brandes_koepf", 6000, has_labels=True, may_narrow=False),
    _Attempt("brandes_koepf", 4000, has_labels=False, may_narrow=False),
)
_GAP: Final = 24.0
_OPTIONS: Final[dict[str, Any]] = {
    "direction": "topbottom",
    "spacing": {
        "layer_gap": 26.0,
        "node_gap": _GAP,
        "dummy_gap": 18.0,
        "port_gap": 14.0,
        "isolated_gap": 28.0,
        "isolated_max_columns": 6,
    },
    "effort": "fast",
    "routing": {"style": "orthogonal", "port_sides": "facing_only"},
}
_NARROW: Final = {"compaction": {"mode": "priority"}}
_PRESET: Final = "process_map"
_WIDE: Final = 1000.0  # a graph fits a page up to here
_WORTH_IT: Final = 0.9


def layered(sizes: Sequence[Size], links: Sequence[Link]) -> Layers:
    """Return places for boxes of the given *sizes*, from top to bottom along the *links*.

    A link that closes a loop leads up. A label is placed as a box of its own in the middle of its
    line: so it's never over another part, and always on its line. A graph with thousands of
    crossing lines has no labels, and at last no lines.

    Raises ConfigError when graphlay isn't installed.
    """
    if not sizes:
        return Layers((), (), (), Size(0, 0))
    if not links and len(sizes) == 1:
        return Layers((Rectangle(0, 0, *sizes[0]),), (), (), sizes[0])
    engine = _engine()
    back = leading_back(len(sizes), [(link.source, link.target) for link in links])
    for attempt in _ATTEMPTS:
        try:
            return _Request(sizes, links, back, attempt).laid_out(engine)
        except engine.GraphlayError:
            continue
    return _in_rows(sizes, len(links))


def _engine() -> Any:
    try:
        import graphlay
    except ImportError:
        raise ConfigError(
            "A state graph as SVG needs the package graphlay.",
            fix="Run:  pip install 'sfn-release[report]'",
        ) from None
    return graphlay


class _Request(NamedTuple):
    """One attempt to lay out a graph. *back* are the indices of the links that lead up."""

    sizes: Sequence[Size]
    links: Sequence[Link]
    back: frozenset[int]
    attempt: _Attempt

    def laid_out(self, engine: Any) -> Layers:
        """Return the places. Raises GraphlayError for a graph with too many bends."""
        labels = [
            (at, link.label)
            for at, link in enumerate(self.links)
            if link.label and self.attempt.has_labels
        ]
        places = {at: len(self.sizes) + number for number, (at, _) in enumerate(labels)}
        every = [*self.sizes, *(size for _, size in labels)]
        edges, owners = [], []
        for at, link in enumerate(self.links):
            stops = [link.source, *([places[at]] if at in places else []), link.target]
            for source, target in pairwise(reversed(stops) if at in self.back else stops):
                edges.append({"source": source, "target": target, "weight": link.weight})
                owners.append(at)
        nodes = [{"size": size._asdict(), "shape": "box"} for size in every]
        found = self._asked(engine, {"nodes": nodes, "edges": edges})
        boxes = [
            _around(node["center"], size) for node, size in zip(found["nodes"], every, strict=True)
        ]
        lines: list[list[Line]] = [[] for _ in self.links]
        for owner, edge in zip(owners, found["edges"], strict=True):
            lines[owner].append(_square([Point(it["x"], it["y"]) for it in edge["points"]]))
        for at in self.back:
            lines[at] = [line[::-1] for line in reversed(lines[at])]
        shown = [boxes[places[at]] if at in places else None for at in range(len(self.links))]
        return _from_origin(boxes[: len(self.sizes)], lines, shown)

    def _asked(self, engine: Any, graph: dict[str, Any]) -> Any:
        """Return the engine's answer: the straighter picture, or the narrow one if it's wide."""
        options = _OPTIONS | {
            "coords": {"placement": self.attempt.placement, "branch_style": "symmetric"},
            "limits": {"max_dummies": self.attempt.most},
        }
        straight = engine.layout(graph, preset=_PRESET, options=options).to_dict()
        width = _width(straight)
        if width <= _WIDE or not self.attempt.may_narrow:
            return straight
        narrow = engine.layout(graph, preset=_PRESET, options=options | _NARROW).to_dict()
        return narrow if _width(narrow) < width * _WORTH_IT else straight


def _width(found: Any) -> float:
    bounds = found["bounds"]
    return float(bounds["max"]["x"] - bounds["min"]["x"])


def _around(center: Any, size: Size) -> Rectangle:
    return Rectangle(center["x"] - size.width / 2, center["y"] - size.height / 2, *size)


def _square(points: Sequence[Point]) -> Line:
    """Return a line without slants: the engine leaves some of less than a pixel."""
    found: list[Point] = []
    for point in points:
        last = found[-1] if found else point
        x = last.x if abs(point.x - last.x) < 1 else point.x
        y = last.y if abs(point.y - last.y) < 1 and x != last.x else point.y
        found.append(Point(x, y))
    return tuple(found)


def _from_origin(
    boxes: Sequence[Rectangle],
    lines: Sequence[Sequence[Line]],
    labels: Sequence[Rectangle | None],
) -> Layers:
    """Return the parts with their top left corner at 0, 0."""
    parts = [*boxes, *(label for label in labels if label)]
    points = [point for runs in lines for run in runs for point in run]
    left = min([part.x for part in parts] + [point.x for point in points])
    top = min([part.y for part in parts] + [point.y for point in points])
    right = max([part.right for part in parts] + [point.x for point in points])
    bottom = max([part.bottom for part in parts] + [point.y for point in points])
    return Layers(
        tuple(box.moved(-left, -top) for box in boxes),
        tuple(
            tuple(tuple(point.moved(-left, -top) for point in run) for run in runs)
            for runs in lines
        ),
        tuple(label.moved(-left, -top) if label else None for label in labels),
        Size(right - left, bottom - top),
    )


def _in_rows(sizes: Sequence[Size], lines: int) -> Layers:
    """Return the boxes in rows, in their order, without the *lines* between them."""
    columns = ceil(sqrt(len(sizes)) / 2)
    boxes: list[Rectangle] = []
    y = width = 0.0
    for first in range(0, len(sizes), columns):
        row = sizes[first : first + columns]
        x = 0.0
        for size in row:
            boxes.append(Rectangle(x, y, *size))
            x += size.width + _GAP
        width = max(width, x - _GAP)
        y += max(size.height for size in row) + _GAP
    return Layers(tuple(boxes), ((),) * lines, (None,) * lines, Size(width, y - _GAP))
