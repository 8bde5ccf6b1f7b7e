"""The rows of an execution's page: a line of time for each visit of a state. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError
from sfn_release.report.paths import segment
from sfn_release.report.views.shown_json import ShownJson, cut, length, shown_json
from sfn_release.report.views.time_scale import TimeScale
from sfn_release.testing.histories.error_advice import seconds_text
from sfn_release.testing.histories.timeline import Timeline, reading_order, waits_outside
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.testing.histories.visits import TaskAttempt, Visit

BarKind = Literal["succeeded", "caught", "failed", "aborted", "running", "waiting", "retry"]

_MOST_ROWS: Final = 320  # visits to show of a long execution
_FRAME: Final = 620  # bytes of a row beside its names
_BAR: Final = 75  # bytes of a bar
_LINE: Final = 60  # bytes of the markup around a value or an attempt
_VALUE: Final = 3_000  # characters of one input, output or cause
_ERROR: Final = 300  # characters of an error name
_DATA: Final = 80_000  # bytes of them all
_MOST_ATTEMPTS: Final = 20  # attempts of a visit in words
_MOST_BARS: Final = 60
_DEEPEST: Final = 6  # levels of Map and Parallel that are indented


@dataclass(frozen=True)
class Bar:
    """A piece of a line of time, in units of the scale."""

    kind: BarKind
    x: float
    width: float


@dataclass(frozen=True)
class Datum:
    """A named value of a visit: an input, an output, a variable."""

    name: str
    value: ShownJson


@dataclass(frozen=True)
class VisitRow:
    """One visit of a state. *attempts* are sentences, *data* is empty in a page without data."""

    anchor: str
    name: str
    depth: int
    iteration: str
    type: str
    ended: str
    words: str
    started: str
    took: str
    bars: tuple[Bar, ...]
    error: str
    cause: ShownJson | None
    attempts: tuple[str, ...]
    data: tuple[Datum, ...]


@dataclass(frozen=True)
class HiddenVisits:
    """Visits of a long execution that aren't shown."""

    number: int


class VisitReading:
    """The rows as they are made, the bytes that they took, and the rest of the room for data."""

    def __init__(self, timeline: Timeline, *, data: bool, room: int) -> None:
        self.timeline = timeline
        self.data = data
        self.used = 0
        self.room = min(_DATA, room // 3)
        self.rows_room = room - self.room
        self.left_out = 0
        self.anchors: dict[str, str] = {}
        took = timeline.took
        self.scale = TimeScale.of(took) if took is not None and took > timedelta() else None

    def rows(self) -> Iterator[VisitRow | HiddenVisits]:
        """Yield the rows in reading order: the inside of a Map after the Map."""
        visits = reading_order(self.timeline.visits)
        longest = max((length([visit.state]) for visit in visits), default=0)
        most = min(_MOST_ROWS, self.rows_room // (_FRAME + 3 * longest))
        last = -1
        for at in _shown(visits, most):
            if at > last + 1:
                yield HiddenVisits(at - last - 1)
            yield self._row(at + 1, visits[at])
            last = at
        if last + 1 < len(visits):
            yield HiddenVisits(len(visits) - last - 1)

    def value(self, text: str | None) -> ShownJson | None:
        """Return a value as a page shows it; nothing of it once the room is used up."""
        if text is None:
            return None
        shown = _indented(text)
        return shown if self._has_room(shown.text) else ShownJson("", len(text))

    def _has_room(self, text: str) -> bool:
        """Take the room of a *text*; without enough of it, count the text as left out."""
        needed = length([text]) + _LINE
        if self.room < needed:
            self.left_out += 1
            return False
        self.room -= needed
        self.used += needed
        return True

    def _row(self, number: int, visit: Visit) -> VisitRow:
        timeline = self.timeline
        offset, took = timeline.offset(visit.entered), timeline.took_of(visit)
        anchor = f"visit-{number}-{segment(visit.state)}"
        self.anchors.setdefault(visit.state, anchor)
        error = cut(visit.error or "", _ERROR).text
        iteration = ", ".join(f"{name}[{index}]" for name, index in visit.iterations)
        bars = tuple(self._bars(visit))[:_MOST_BARS]
        self.used += _FRAME + _BAR * len(bars) + length([visit.state, anchor, iteration, error])
        return VisitRow(
            anchor=anchor,
            name=visit.state,
            depth=min(visit.depth, _DEEPEST),
            iteration=iteration,
            type=visit.type,
            ended=visit.ended,
            words=_ending(visit),
            started="" if offset is None else f"+{seconds_text(offset)}",
            took="" if took is None else seconds_text(took),
            bars=bars,
            error=error,
            cause=self._cause(visit) if self.data else None,
            attempts=tuple(line for line in self._attempts(visit) if self._has_room(line)),
            data=tuple(self._data(visit)) if self.data else (),
        )

    def _bars(self, visit: Visit) -> Iterator[Bar]:
        """Yield the visit as a bar; its waits, failed attempts and pauses lie upon it."""
        whole = self._bar(
            "waiting" if visit.type == "Wait" and visit.ended == "succeeded" else visit.ended,
            visit.entered,
            visit.exited or self.timeline.stopped,
        )
        if whole is None:
            return
        yield whole
        for attempt in visit.tasks:
            stopped = attempt.stopped or self.timeline.stopped
            if attempt.ended in {"failed", "timed out"}:
                kind: BarKind = "failed"
            elif waits_outside(attempt):
                kind = "waiting"
            else:
                continue
            if (bar := self._bar(kind, attempt.scheduled, stopped)) is not None:
                yield bar
        for failed, retried in zip(visit.tasks, visit.tasks[1:], strict=False):
            if (bar := self._bar("retry", failed.stopped, retried.scheduled)) is not None:
                yield bar

    def _bar(
        self, kind: BarKind, start: datetime | str | None, stop: datetime | str | None
    ) -> Bar | None:
        first, last = self.timeline.offset(start), self.timeline.offset(stop)
        if self.scale is None or first is None or last is None:
            return None
        return Bar(kind, *self.scale.place(first, last))

    def _cause(self, visit: Visit) -> ShownJson | None:
        if visit.cause is None:
            return None
        shown = cut(visit.cause, _VALUE)
        return shown if self._has_room(shown.text) else None

    def _attempts(self, visit: Visit) -> Iterator[str]:
        """Yield a sentence for each attempt of a Task that ran more than once, or waited."""
        if len(visit.tasks) < 2 and not any(task.submitted for task in visit.tasks):  # noqa: PLR2004
            return
        waits = [None, *self.timeline.waits_between(visit)]
        for number, (attempt, wait) in enumerate(zip(visit.tasks, waits, strict=True), 1):
            if number > _MOST_ATTEMPTS:
                yield f"… {count(len(visit.tasks) - _MOST_ATTEMPTS, 'more attempt')}"
                return
            later = f", {seconds_text(wait)} later" if wait is not None else ""
            yield f"attempt {number}{later}: {self._attempt(attempt)}"

    def _attempt(self, attempt: TaskAttempt) -> str:
        took = self.timeline.between(attempt.scheduled, attempt.stopped or self.timeline.stopped)
        words = attempt.ended + (f" after {seconds_text(took)}" if took is not None else "")
        cause = attempt.cause if self.data else None
        why = ": ".join(part for part in (attempt.error, cause) if part)
        return f"{words}: {cut(why, _VALUE // 4).text}" if why else words

    def _data(self, visit: Visit) -> Iterator[Datum]:
        texts = [("Input", visit.input)]
        if visit.tasks:
            texts.append(("Arguments of the task", visit.tasks[-1].arguments))
            texts.append(("Result of the task", visit.tasks[-1].result))
        texts += [(f"Variable ${name}", text) for name, text in visit.assigned.items()]
        texts.append(("Output", visit.output))
        for name, text in texts:
            value = self.value(text)
            if value is not None:
                yield Datum(name, value)


def _shown(visits: Sequence[Visit], most: int) -> list[int]:
    """Return the visits to show of a long execution: both ends, and visits with problems.

    They are at most *most*, and at least two.
    """
    if len(visits) <= most:
        return [*range(len(visits))]
    side = max(most * 3 // 8, 1)
    ends = {*range(side), *range(len(visits) - side, len(visits))}
    troubled = (at for at, visit in enumerate(visits) if visit.ended != "succeeded")
    others = [at for at in troubled if at not in ends]
    return sorted(ends | {*others[: max(most - 2 * side, 0)]})


def _ending(visit: Visit) -> str:
    """Return how a visit ended, in words."""
    parts: list[str] = [visit.ended]
    if visit.attempts > 1:
        parts.append(count(visit.attempts, "attempt"))
    if visit.children is not None:
        found = visit.children
        parts.append(f"{found.failed} of {count(found.total, 'child execution')} failed")
    return ", ".join(parts)


def _indented(text: str) -> ShownJson:
    """Return JSON text indented; other text, such as a value that was cut off, as it is."""
    try:
        value: Any = loads(text)
    except DefinitionError:
        return cut(text, _VALUE)
    return shown_json(value, _VALUE)
