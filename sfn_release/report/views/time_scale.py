"""A linear scale of time with round marks, for bars that are drawn on one width. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Final

from sfn_release.text import duration_text

WIDTH: Final = 1000.0
"""The units of the whole scale."""

_LEAST: Final = 3.0  # units of a bar; a shorter one couldn't be seen
_MOST_MARKS: Final = 6
_ROUND: Final = (1, 2, 5)
_LONG: Final = (
    *(10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200),
    *(86400, 172800, 432000, 864000, 2592000),
)
"""Steps in seconds that people count in."""


@dataclass(frozen=True)
class TimeMark:
    """A mark of the scale, at *x* units."""

    x: float
    text: str


@dataclass(frozen=True)
class TimeScale:
    """The scale of a span of time. *marks* begin at 0."""

    whole: timedelta
    marks: tuple[TimeMark, ...]

    @classmethod
    def of(cls, whole: timedelta) -> TimeScale:
        """Return the scale of a time longer than none."""
        seconds = whole.total_seconds()
        step = _step(seconds / _MOST_MARKS)
        marks = []
        for number in count():
            at = number * step
            if at > seconds:
                break
            marks.append(TimeMark(round(WIDTH * at / seconds, 2), _text(at)))
        return cls(whole, tuple(marks))

    def place(self, start: timedelta, stop: timedelta) -> tuple[float, float]:
        """Return the place and width of a bar, which is inside the scale and wide enough to see."""
        first, last = (min(max(at / self.whole, 0.0), 1.0) * WIDTH for at in (start, stop))
        width = max(last - first, _LEAST)
        return round(min(first, WIDTH - width), 2), round(width, 2)


def _step(least: float) -> float:
    """Return the shortest round step that isn't shorter than *least* seconds."""
    if least <= _LONG[0]:
        for power in range(-6, 2):
            for digit in _ROUND:
                if digit * 10.0**power >= least:
                    return digit * 10.0**power
    found = next((step for step in _LONG if step >= least), None)
    if found is not None:
        return float(found)
    days = int(least // 86400) + 1
    return float(86400 * (days + 29 - (days - 1) % 30))


def _text(seconds: float) -> str:
    if seconds and seconds < 1:
        return f"{seconds * 1000:g} ms"
    if seconds < 60 and seconds != int(seconds):  # noqa: PLR2004 - a minute
        return f"{seconds:g} s"
    return duration_text(timedelta(seconds=seconds))
