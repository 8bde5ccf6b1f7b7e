"""The outlines of nodes by the type of the state, and where a line meets them."""

from __future__ import annotations

from math import sqrt
from typing import Final, Literal, NamedTuple

from sfn_release.report.drawing.placed_parts import Point, Rectangle

_BOX_CORNER: Final = 10.0


class Outline(NamedTuple):
    """The corners of a rectangle: round ones, or cut ones. *x* and *y* are the corner's size."""

    corners: Literal["round", "cut"]
    x: float
    y: float


def outline_of(type: str, place: Rectangle, *, is_box: bool) -> Outline:
    """Return the outline of a node: a Choice has points on its sides, a Fail has cut corners."""
    if is_box:
        return Outline("round", _BOX_CORNER, _BOX_CORNER)
    half = place.height / 2
    match type:
        case "Choice":
            return Outline("cut", 13, half)
        case "Fail":
            return Outline("cut", 9, 9)
        case "Succeed" | "Wait" | "Start" | "End":
            corner = min(half, 22)
            return Outline("round", corner, corner)
        case "Pass" | "Missing" | "Unknown":
            return Outline("round", 2, 2)
        case _:
            return Outline("round", 8, 8)


def outline_path(place: Rectangle, outline: Outline) -> str:
    """Return the outline as the data of an SVG path."""
    x, y, right, bottom = (written(at) for at in (place.x, place.y, place.right, place.bottom))
    dx, dy = outline.x, outline.y
    left_in, right_in = written(place.x + dx), written(place.right - dx)
    top_in, bottom_in = written(place.y + dy), written(place.bottom - dy)
    turn = f"A{written(dx)} {written(dy)} 0 0 1 " if outline.corners == "round" else "L"
    return (
        f"M{left_in} {y}L{right_in} {y}{turn}{right} {top_in}L{right} {bottom_in}"
        f"{turn}{right_in} {bottom}L{left_in} {bottom}{turn}{x} {bottom_in}L{x} {top_in}"
        f"{turn}{left_in} {y}Z"
    )


def on_outline(point: Point, place: Rectangle, outline: Outline) -> Point:
    """Return a point of the rectangle's border moved inward, onto the outline."""
    to_top, to_bottom = abs(point.y - place.y), abs(point.y - place.bottom)
    to_left, to_right = abs(point.x - place.x), abs(point.x - place.right)
    if min(to_top, to_bottom) <= min(to_left, to_right):
        depth = _depth(min(to_left, to_right), outline.x, outline.y, outline)
        return Point(point.x, point.y + (depth if to_top <= to_bottom else -depth))
    depth = _depth(min(to_top, to_bottom), outline.y, outline.x, outline)
    return Point(point.x + (depth if to_left <= to_right else -depth), point.y)


def _depth(from_corner: float, along: float, across: float, outline: Outline) -> float:
    """Return how far the outline is from the border, at a distance from the corner."""
    if from_corner >= along or not along:
        return 0.0
    share = 1 - from_corner / along
    return across * (share if outline.corners == "cut" else 1 - sqrt(max(0.0, 1 - share * share)))


def written(number: float) -> str:
    """Return a number of pixels with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")
