"""Where the parts of a state graph are: nothing on top of anything else, every line at its ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from sfn_release.authoring.diagrams.drawing import Diagram, graph_of
from sfn_release.authoring.diagrams.marks import Mark, Marks
from sfn_release.comparison.difference_graph import ComparedDefinition, difference_picture
from sfn_release.comparison.structure_changes import definition_changes
from sfn_release.errors import DefinitionError
from sfn_release.report.drawing import state_graph_svg
from sfn_release.report.drawing.glyph_widths import text_width
from sfn_release.report.drawing.label_texts import (
    BADGE,
    DETAIL_SIZE,
    ICON,
    ICON_GAP,
    NAME_SIZE,
    PADDING,
)
from sfn_release.report.drawing.outlines import on_outline, outline_of
from sfn_release.report.drawing.placed_parts import Picture, PlacedNode, Point, Rectangle
from sfn_release.report.drawing.scope_layout import laid_out
from sfn_release.report.drawing.state_graph import border_to_border
from support.places import CORPUS
from support.random_machines import machines

NEAR = 0.6  # of a pixel


def problems(diagram: Diagram, marks: Marks | None = None) -> Iterator[str]:
    """Yield everything that is wrong with the places in a picture."""
    picture = laid_out(diagram, marks)
    yield from overlaps(picture)
    yield from overflows(picture)
    yield from loose_ends(picture)
    whole = Rectangle(0, 0, picture.width, picture.height)
    for name, place in [*solid(picture), *frames(picture)]:
        if not within(place, whole):
            yield f"{name} is outside of the picture"
    for edge in picture.edges:
        for x, y in (point for line in edge.lines for point in line):
            if not within(Rectangle(x, y, 0, 0), whole):
                yield f"{edge.edge} leaves the picture"


def solid(picture: Picture) -> list[tuple[str, Rectangle]]:
    """Return the parts that nothing may lie on."""
    return [
        *((part.node.key, part.place) for part in picture.nodes if not part.is_box),
        *(("start", part.place) for part in picture.starts),
        *((f"label of {part.edge}", part.label) for part in picture.edges if part.label),
    ]


def frames(picture: Picture) -> list[tuple[str, Rectangle]]:
    """Return the parts that have others inside."""
    return [
        *((part.node.key, part.place) for part in picture.nodes if part.is_box),
        *((part.cluster.key, part.place) for part in picture.clusters),
    ]


def overlaps(picture: Picture) -> Iterator[str]:
    """Yield the pairs of parts that lie on each other, or cross the border of a frame."""
    for (name, place), (other, place_of_other) in combinations(solid(picture), 2):
        if overlap(place, place_of_other):
            yield f"{name} is on {other}"
    for (name, place), (other, place_of_other) in combinations(frames(picture), 2):
        nested = within(place, place_of_other) or within(place_of_other, place)
        if overlap(place, place_of_other) and not nested:
            yield f"{name} crosses {other}"
    for name, place in solid(picture):
        for other, frame in frames(picture):
            if overlap(place, frame) and not within(place, frame):
                yield f"{name} crosses {other}"


def overflows(picture: Picture) -> Iterator[str]:
    """Yield the texts that are wider than the part that they stand in."""
    for part in picture.nodes:
        texts, room = part.texts, part.place.width - 2 * PADDING - 2 * part.texts.inset
        beside = 0 if part.node.type in {"Start", "End"} else ICON + ICON_GAP
        badge = BADGE if texts.has_retry else 0
        shown = [(text_width(name, NAME_SIZE, bold=True) + badge, name) for name in texts.name]
        shown += [(text_width(texts.detail, DETAIL_SIZE), texts.detail)]
        shown += [(text_width(texts.mark, DETAIL_SIZE, bold=True) - beside, texts.mark)]
        yield from (
            f"{text} leaves {part.node.key}" for wide, text in shown if wide > room - beside + NEAR
        )
    labels = [
        (line, edge.label.width)
        for edge in picture.edges
        if edge.texts and edge.label
        for line in edge.texts.lines
    ]
    labels += [(part.title, part.place.width) for part in picture.clusters]
    for text, room in labels:
        if text_width(text, DETAIL_SIZE, bold=True) > room + NEAR:
            yield f"the label {text} is wider than its place"


def loose_ends(picture: Picture) -> Iterator[str]:
    """Yield the edges that end beside their nodes, and those that cross a state."""
    nodes = {part.node.key: part for part in picture.nodes}
    for edge in picture.edges:
        lines = border_to_border(edge, nodes)
        for key, point in ((edge.edge.source, lines[0][0]), (edge.edge.target, lines[-1][-1])):
            starts = edge.edge.kind == "inside" and key == edge.edge.source
            if not starts and not on_border(nodes[key], *point):
                yield f"{edge.edge} ends beside {key}"
        for line in edge.lines:
            for start, end in pairwise(line):
                if start.x != end.x and start.y != end.y:
                    yield f"{edge.edge} is slanting"
                for name, place in solid(picture):
                    inner = Rectangle(place.x + 1, place.y + 1, place.width - 2, place.height - 2)
                    if crosses(start, end, inner):
                        yield f"{edge.edge} crosses {name}"


def on_border(part: PlacedNode, x: float, y: float) -> bool:
    """Return whether a point is on the outline: going out to the border and back ends there."""
    outline = outline_of(part.node.type, part.place, is_box=part.is_box)
    borders = [Point(x, part.place.y), Point(x, part.place.bottom)]
    borders += [Point(part.place.x, y), Point(part.place.right, y)]
    found = [on_outline(border, part.place, outline) for border in borders]
    return any(abs(at.x - x) <= NEAR and abs(at.y - y) <= NEAR for at in found)


def overlap(first: Rectangle, second: Rectangle) -> bool:
    """Return whether two rectangles have room in common."""
    across = min(first.right, second.right) - max(first.x, second.x)
    down = min(first.bottom, second.bottom) - max(first.y, second.y)
    return across > NEAR and down > NEAR


def within(inner: Rectangle, outer: Rectangle) -> bool:
    """Return whether one rectangle is inside of another."""
    return (
        inner.x >= outer.x - NEAR
        and inner.y >= outer.y - NEAR
        and inner.right <= outer.right + NEAR
        and inner.bottom <= outer.bottom + NEAR
    )


def crosses(start: Point, end: Point, place: Rectangle) -> bool:
    """Return whether a level or upright line goes through a rectangle."""
    across = min(max(start.x, end.x), place.right) - max(min(start.x, end.x), place.x)
    down = min(max(start.y, end.y), place.bottom) - max(min(start.y, end.y), place.y)
    return across >= 0 and down >= 0


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus isn't here")
def test_published_definitions_have_room() -> None:
    """Real definitions, valid or not: each is drawn, or refused as a definition."""
    found, drawn = {}, 0
    for path in sorted(CORPUS.glob("*/*.json")):
        try:
            diagram = graph_of(json.loads(path.read_text(encoding="utf-8")))
        except (DefinitionError, ValueError):
            continue
        drawn += 1
        if wrong := [*problems(diagram)]:
            found[f"{path.parent.name}/{path.name}"] = wrong[:3]
    assert found == {}
    assert drawn > 400


@settings(deadline=None)
@given(machines())
def test_any_definition_has_room(definition: dict[str, Any]) -> None:
    """Also one that loops, has dead states, or nests."""
    assert [*problems(graph_of(definition))] == []


@settings(deadline=None, max_examples=50)
@given(machines(), machines())
def test_a_comparison_has_room(old: dict[str, Any], new: dict[str, Any]) -> None:
    """With the parts of both sides, and the texts of its marks."""
    changes = [*definition_changes("w", old, new)]
    picture = difference_picture(ComparedDefinition("w", old, new, changes))
    assert [*problems(picture.diagram, picture.marks)] == []


def chain(names: Sequence[str], **fields: Any) -> dict[str, Any]:
    """Return a definition with a Task for each name, one after the other."""
    states: dict[str, Any] = {
        name: {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": after}
        for name, after in zip(names, [*names[1:], ""], strict=True)
    }
    states[names[-1]] = {"Type": "Succeed"}
    return {"StartAt": names[0], "States": states, **fields}


def nested(depth: int) -> dict[str, Any]:
    """Return a Map in a Parallel in a Map and so on."""
    inner = chain([f"a{depth}", f"b{depth}"])
    if depth == 0:
        return inner
    held = nested(depth - 1)
    state = (
        {"Type": "Parallel", "Branches": [held, inner]}
        if depth % 2
        else {"Type": "Map", "ItemProcessor": held}
    )
    name = f"level {depth} with a name that is longer than anything inside of it is wide"
    return {"StartAt": name, "States": {name: {**state, "End": True}}}


def choices(number: int) -> dict[str, Any]:
    """Return a Choice with *number* ways to states that lead back to it, and to themselves."""
    rules = [
        {"Variable": f"$.field{at}", "StringEquals": "a long text " * 3, "Next": f"way {at}"}
        for at in range(number)
    ]
    work = {"Type": "Task", "Resource": "r", "Next": "Which?"}
    ways = {
        f"way {at}": {**work, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": f"way {at}"}]}
        for at in range(number)
    }
    choice = {"Type": "Choice", "Choices": rules, "Default": "way 0"}
    return {"StartAt": "Which?", "States": {"Which?": choice, **ways}}


NAMES = (
    "注文の処理" * 16,
    "M" * 80,
    "W W " * 20,
    "é" * 80,
    "\N{FAMILY}\N{ZERO WIDTH JOINER}" * 40,
    "معالجة الطلب " * 6,
    "प्रसंस्करण" * 8,
    "a-very_long.name/with:pieces," * 2,
    "\u202eevil\u0007",
)
SHAPES: dict[str, dict[str, Any]] = {
    "one state": chain(["Only"]),
    "60 states": chain([f"Step {at}" for at in range(60)]),
    "300 states": chain([f"Step {at}" for at in range(300)]),
    "nested": nested(6),
    "20 ways": choices(20),
    "a loop": {"StartAt": "a", "States": {"a": {"Type": "Pass", "Next": "a"}}},
    "unreachable": {"StartAt": "a", "States": {**chain(["a", "b"])["States"],
                    **chain(["x", "y"])["States"], "z": {"Type": "Pass", "End": True}}},
    "names": chain(NAMES),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_all_kinds_have_room(shape: str) -> None:
    """Also with marks whose texts are long."""
    diagram = graph_of(SHAPES[shape])
    assert [*problems(diagram)] == []
    text = "~ was something with a long name, timeout, retry"
    marks = Marks(lambda _node: Mark("changed", text), lambda _edge: Mark("changed", text))
    assert [*problems(diagram, marks)] == []


def web(states: int, ways: int) -> dict[str, Any]:
    """Return a definition in which every state leads to many others."""
    return {
        "StartAt": "s0",
        "States": {
            f"s{at}": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$", "IsNull": True, "Next": f"s{(at * 7 + way * 11) % states}"}
                    for way in range(ways)
                ],
            }
            for at in range(states)
        },
    }


def test_a_web_of_transitions_loses_its_labels_and_at_last_its_lines() -> None:
    """Any definition is drawn in a bounded time: its states are always there, with room."""
    labelled = laid_out(graph_of(web(12, 3)), None)
    assert all(edge.label for edge in labelled.edges if edge.edge.label)
    bare = laid_out(graph_of(web(50, 6)), None)
    assert bare.edges
    assert not any(edge.label for edge in bare.edges)
    diagram = graph_of(web(150, 10))
    dense = laid_out(diagram, None)
    assert (len(dense.nodes), dense.edges) == (151, ())
    assert [*overlaps(dense)] == []
    assert "too many transitions to draw" in state_graph_svg(diagram, title="web")
