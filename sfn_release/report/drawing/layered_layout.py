"""Place boxes in layers and lead lines around them. The only user of graphlay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
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

    A line with a label is in two parts: to the label, and from there.
    """

    boxes: tuple[Rectangle, ...]
    lines: tuple[tuple[Line, ...], ...]
    labels: tuple[Rectangle | None, ...]
    size: Size


_OPTIONS: Final = {
    "direction": "topbottom",
    "spacing": {
        "layer_gap": 26.0,
        "node_gap": 24.0,
        "dummy_gap": 18.0,
        "port_gap": 14.0,
        "isolated_gap": 28.0,
        "isolated_max_columns": 6,
    },
    "coords": {"branch_style": "symmetric"},
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
    line: so it's never over another part, and always on its line.

    Raises ConfigError when graphlay isn't installed.
    """
    if not sizes:
        return Layers((), (), (), Size(0, 0))
    if not links and len(sizes) == 1:
        return Layers((Rectangle(0, 0, *sizes[0]),), (), (), sizes[0])
    labels = {at: link.label for at, link in enumerate(links) if link.label}
    every = [*sizes, *labels.values()]
    places = {at: len(sizes) + number for number, at in enumerate(labels)}
    back = leading_back(len(sizes), [(link.source, link.target) for link in links])
    edges, owners = [], []
    for at, link in enumerate(links):
        middle = places.get(at)
        ends = [link.source, *([] if middle is None else [middle]), link.target]
        for source, target in pairwise(reversed(ends) if at in back else ends):
            edges.append({"source": source, "target": target, "weight": link.weight})
            owners.append(at)
    nodes = [{"size": size._asdict(), "shape": "box"} for size in every]
    found = _laid_out({"nodes": nodes, "edges": edges})
    boxes = [
        _around(node["center"], size) for node, size in zip(found["nodes"], every, strict=True)
    ]
    lines: list[list[Line]] = [[] for _ in links]
    for owner, edge in zip(owners, found["edges"], strict=True):
        lines[owner].append(_square([Point(it["x"], it["y"]) for it in edge["points"]]))
    for at in back:
        lines[at] = [line[::-1] for line in reversed(lines[at])]
    return _from_origin(
        boxes[: len(sizes)],
        lines,
        [boxes[places[at]] if at in places else None for at in range(len(links))],
    )


def _laid_out(graph: dict[str, Any]) -> Any:
    """Return the engine's answer: the straighter picture, or the narrow one if it is wide."""
    straight = _engine().layout(graph, preset=_PRESET, options=_OPTIONS).to_dict()
    width = _width(straight)
    if width <= _WIDE:
        return straight
    narrow = _engine().layout(graph, preset=_PRESET, options=_OPTIONS | _NARROW).to_dict()
    return narrow if _width(narrow) < width * _WORTH_IT else straight


def _width(found: Any) -> float:
    bounds = found["bounds"]
    return float(bounds["max"]["x"] - bounds["min"]["x"])


def _engine() -> Any:
    try:
        import graphlay
    except ImportError:
        raise ConfigError(
            "A state graph as SVG needs the package graphlay.",
            fix="Run:  pip install 'sfn-release[report]'",
        ) from None
    return graphlay


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


def _square(points: Sequence[Point]) -> Line:
    """Return a line without slants: the engine leaves some of less than a pixel."""
    found: list[Point] = []
    for point in points:
        last = found[-1] if found else point
        x = last.x if abs(point.x - last.x) < 1 else point.x
        y = last.y if abs(point.y - last.y) < 1 and x != last.x else point.y
        found.append(Point(x, y))
    return tuple(found)


def _around(center: Any, size: Size) -> Rectangle:
    return Rectangle(center["x"] - size.width / 2, center["y"] - size.height / 2, *size)
