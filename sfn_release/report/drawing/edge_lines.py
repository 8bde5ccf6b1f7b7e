"""Lines with round bends, and their arrow heads, as the data of SVG paths."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import Final

from sfn_release.report.drawing.outlines import written
from sfn_release.report.drawing.placed_parts import Point

_BEND: Final = 9.0  # the radius
_HEAD, _HALF = 8.0, 4.0  # the length of an arrow head, and half its width


def line_path(points: Sequence[Point], *, has_head: bool) -> str:
    """Return a line through *points*. With a head, it ends where the arrow head begins."""
    path = _without_repeats(points)
    if len(path) > 1 and has_head:
        path[-1] = _toward(path[-1], path[-2], _HEAD - 1)
    found = [f"M{_pair(path[0])}"]
    for before, corner, after in zip(path, path[1:], path[2:], strict=False):
        bend = min(_BEND, _distance(before, corner) / 2, _distance(corner, after) / 2)
        start, stop = _toward(corner, before, bend), _toward(corner, after, bend)
        found.append(f"L{_pair(start)}Q{_pair(corner)} {_pair(stop)}")
    found.append(f"L{_pair(path[-1])}")
    return "".join(found)


def head_path(points: Sequence[Point]) -> str:
    """Return the arrow head at the end of a line."""
    path = _without_repeats(points)
    tip = path[-1]
    before = path[-2] if len(path) > 1 else tip.moved(0, -1)
    length = _distance(before, tip) or 1.0
    x, y = (tip.x - before.x) / length, (tip.y - before.y) / length
    base = Point(tip.x - x * _HEAD, tip.y - y * _HEAD)
    left, right = base.moved(-y * _HALF, x * _HALF), base.moved(y * _HALF, -x * _HALF)
    return f"M{_pair(tip)}L{_pair(left)}L{_pair(right)}Z"


def _without_repeats(points: Sequence[Point]) -> list[Point]:
    return [point for at, point in enumerate(points) if not at or point != points[at - 1]]


def _toward(start: Point, end: Point, distance: float) -> Point:
    whole = _distance(start, end)
    share = min(1.0, distance / whole) if whole else 0.0
    return Point(start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share)


def _distance(first: Point, second: Point) -> float:
    return hypot(second.x - first.x, second.y - first.y)


def _pair(point: Point) -> str:
    return f"{written(point.x)} {written(point.y)}"
