"""One execution as its page shows it. Pure.

Explanation → visits in reading order → rows with bars on one scale
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sfn_release.report.views.shown_json import ShownJson
from sfn_release.report.views.time_scale import TimeScale
from sfn_release.report.views.visit_rows import HiddenVisits, VisitReading, VisitRow
from sfn_release.testing.histories.error_advice import seconds_text
from sfn_release.testing.histories.timeline import Spent, Timeline, where_time_went
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.explained_execution import Explanation

PAGE_ROOM: Final = 275_000
"""The bytes of the rows, their data and the graph on a page."""


@dataclass(frozen=True)
class StateTime:
    """Where the time went: one state. *share* is of the whole execution, in percent."""

    state: str
    took: str
    share: int | None
    words: str


@dataclass(frozen=True)
class ExecutionView:
    """The way of an execution. *rows* are in reading order: the inside of a Map after the Map."""

    took: str
    scale: TimeScale | None
    rows: tuple[VisitRow | HiddenVisits, ...]
    anchors: dict[str, str]
    times: tuple[StateTime, ...]
    input: ShownJson | None
    output: ShownJson | None
    left_out: int
    size: int


def execution_view(
    explained: Explanation, *, data: bool = True, room: int = PAGE_ROOM
) -> ExecutionView:
    """Return the page's data. It takes about *room* bytes of the page, and *size* says how many.

    Without *data*, no input, output or variable is in it, and no cause of an error: causes quote
    data.
    """
    timeline = explained.timeline
    reading = VisitReading(timeline, data=data, room=room)
    whole = [reading.value(text) if data else None for text in (timeline.input, timeline.output)]
    rows = tuple(reading.rows())
    return ExecutionView(
        took=seconds_text(timeline.took) if timeline.took is not None else "",
        scale=reading.scale,
        rows=rows,
        anchors=reading.anchors,
        times=tuple(_times(timeline)),
        input=whole[0],
        output=whole[1],
        left_out=reading.left_out,
        size=reading.used,
    )


def _times(timeline: Timeline) -> Iterator[StateTime]:
    whole = timeline.took
    for spent in where_time_went(timeline):
        if spent.total:
            share = round(100 * (spent.total / whole)) if whole else None
            yield StateTime(spent.state, seconds_text(spent.total), share, _spent(spent))


def _spent(spent: Spent) -> str:
    parts = [count(spent.visits, "visit")] if spent.visits > 1 else []
    if spent.waiting:
        parts.append(f"{seconds_text(spent.waiting)} waiting")
    if spent.between:
        parts.append(f"{seconds_text(spent.between)} between attempts")
    return ", ".join(parts)
