"""Where `history --graph` draws: a lane for each environment, a row for each deployment. Pure.

Time runs upwards, as in `git log --graph`. A deployment is a mark in its lane. A promotion is
joined to the lane that its release comes from. A rollback has a way back beside its lane, down to
the deployment that it returns to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Flag, auto
from typing import Final

from sfn_release.release.record import SAME_RELEASE, Record

_MOST_WAYS: Final = 3  # ways back beside one lane; further rollbacks are only named


class Side(Flag):
    """The sides of a character to which its lines lead."""

    NOWHERE = 0
    UP = auto()
    DOWN = auto()
    LEFT = auto()
    RIGHT = auto()
    ALONG = UP | DOWN
    ACROSS = LEFT | RIGHT


@dataclass(frozen=True)
class Glyphs:
    """The characters of a drawing: a mark for each status, and the lines by their sides."""

    marks: Mapping[str, str]
    lines: Mapping[Side, str]


_SIDES: Final = (
    Side.NOWHERE,
    Side.ALONG,
    Side.ACROSS,
    Side.ALONG | Side.ACROSS,
    Side.ALONG | Side.RIGHT,
    Side.ALONG | Side.LEFT,
    Side.LEFT | Side.DOWN,
    Side.LEFT | Side.UP,
    Side.ACROSS | Side.UP,
    Side.ACROSS | Side.DOWN,
)
UNICODE: Final = Glyphs(
    {"succeeded": "●", "failed": "✗", "reverted": "↩", "started": "○"},
    dict(zip(_SIDES, " │─┼├┤╮╯┴┬", strict=True)),
)
ASCII: Final = Glyphs(
    {"succeeded": "*", "failed": "x", "reverted": "r", "started": "o"},
    dict(zip(_SIDES, " |-++++'++", strict=True)),
)


@dataclass(frozen=True)
class Lane:
    """An environment. *older*: it has deployments that the picture leaves out."""

    name: str
    label: str
    records: Sequence[Record]
    older: bool = False


@dataclass(frozen=True)
class Row:
    """One deployment: the drawing at its height and below it, and the column of its mark."""

    record: Record
    drawn: str
    below: str
    column: int


@dataclass(frozen=True)
class _Way:
    """A way back, from the row of a rollback down to a row; None if that is not in the picture."""

    top: int
    bottom: int | None
    slot: int

    def passes(self, row: int) -> bool:
        return self.top < row and (self.bottom is None or row < self.bottom)


@dataclass
class _Column:
    """A lane with its place: *left* is the column of its line, *oldest* the row where it begins."""

    lane: Lane
    left: int = 0
    oldest: int = 0
    ways: list[_Way] = field(default_factory=list)

    @property
    def width(self) -> int:
        return 1 + 2 * (1 + max((way.slot for way in self.ways), default=-1))

    def at(self, way: _Way) -> int:
        """Return the column of a way back."""
        return self.left + 2 + 2 * way.slot


def newest_first(lanes: Sequence[Lane]) -> list[Record]:
    """Return the deployments of all lanes, the newest first, in the order of each lane.

    A lane keeps its order even if its times don't, because clocks differed.
    """
    left = [[*lane.records] for lane in lanes]
    merged = []
    while any(left):
        waiting = [(records[0].started_at, index) for index, records in enumerate(left) if records]
        _, index = max(waiting)  # in the same second, a promotion comes after its source
        merged.append(left[index].pop(0))
    return merged


def graph_rows(lanes: Sequence[Lane], glyphs: Glyphs) -> tuple[list[Row], list[tuple[str, int]]]:
    """Return the rows of a picture, the newest first, and its head: drawings and their lanes.

    The head has a line for each lane: the drawing before its label, and the lane's index.
    """
    records = newest_first(lanes)
    columns = _placed(lanes, records)
    width = columns[-1].left + columns[-1].width if columns else 0
    rows = [_row(columns, records, index, width, glyphs) for index in range(len(records))]
    head = [
        ("".join(f"{glyphs.lines[Side.ALONG]:<{c.width + 1}}" for c in columns[:index]), index)
        for index in range(len(columns))
    ]
    return rows, head


def _placed(lanes: Sequence[Lane], records: Sequence[Record]) -> list[_Column]:
    columns, left = [], 0
    for lane in lanes:
        mine = [row for row, record in enumerate(records) if record.environment == lane.name]
        column = _Column(lane, left, len(records) if lane.older else max(mine, default=-1))
        column.ways += _ways(records, mine, older=lane.older)
        columns.append(column)
        left += column.width + 1
    return columns


def _ways(records: Sequence[Record], mine: Sequence[int], *, older: bool) -> Iterator[_Way]:
    """Yield the ways back of a lane whose deployments are in the rows *mine*."""
    ends: list[float] = []  # of the last way in each slot
    for row in mine:
        record = records[row]
        if record.action != "rollback" or record.status != "succeeded":
            continue
        bottom = _origin(records, [other for other in mine if other > row], record.version)
        if bottom is None and not older:
            continue
        slot = next((slot for slot, end in enumerate(ends) if end < row), len(ends))
        if slot >= _MOST_WAYS:
            continue
        ends[slot : slot + 1] = [float("inf") if bottom is None else bottom]
        yield _Way(row, bottom, slot)


def _origin(records: Sequence[Record], earlier: Sequence[int], version: str) -> int | None:
    """Return the row of the deployment that a rollback returns to."""
    same = [
        row
        for row in earlier
        if records[row].version == version
        and records[row].status == "succeeded"
        and records[row].action not in SAME_RELEASE
    ]
    return next((row for row in same if records[row].action != "rollback"), next(iter(same), None))


def _row(
    columns: Sequence[_Column], records: Sequence[Record], index: int, width: int, glyphs: Glyphs
) -> Row:
    record = records[index]
    drawn, below = [Side.NOWHERE] * width, [Side.NOWHERE] * width
    for column in columns:
        if index <= column.oldest:
            drawn[column.left] = Side.ALONG
        if index < column.oldest:
            below[column.left] = Side.ALONG
        for way in column.ways:
            if way.passes(index):
                drawn[column.at(way)] = Side.ALONG
            if way.passes(index) or way.top == index:
                below[column.at(way)] = Side.ALONG
    own = next(column for column in columns if column.lane.name == record.environment)
    source = next((c for c in columns if c.lane.name == record.promoted_from), None)
    if source is not None and source is not own and index <= source.oldest:
        _join(drawn, source.left, own.left)
    for way in own.ways:
        if index in {way.top, way.bottom}:
            _join(drawn, own.left, own.at(way))
            drawn[own.at(way)] |= Side.DOWN if index == way.top else Side.UP
    texts = [glyphs.lines[sides] for sides in drawn]
    texts[own.left] = glyphs.marks.get(record.status, "?")
    return Row(record, "".join(texts), "".join(map(glyphs.lines.__getitem__, below)), own.left)


def _join(drawn: list[Side], one: int, other: int) -> None:
    """Draw a line between two columns, across the lines that stand there."""
    left, right = sorted((one, other))
    drawn[left] |= Side.RIGHT
    drawn[right] |= Side.LEFT
    for column in range(left + 1, right):
        drawn[column] |= Side.ACROSS


def limited(lanes: Sequence[Lane], limit: int) -> list[Lane]:
    """Return the lanes with the *limit* newest deployments of all of them."""
    kept = {id(record) for record in newest_first(lanes)[:limit]}
    found = []
    for lane in lanes:
        records = [record for record in lane.records if id(record) in kept]
        older = lane.older or len(records) < len(lane.records)
        found.append(replace(lane, records=records, older=older))
    return found
