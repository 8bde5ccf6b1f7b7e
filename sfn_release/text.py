"""Words for people: nearest names, durations, counts, long texts cut short. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence, Sized
from datetime import UTC, datetime, timedelta

_MOST_CANDIDATES = 1000  # comparing a word with more names than this takes too long
_LONGEST_SHOWN = 200
_MOMENT = 60  # seconds: a shorter age says nothing
_AGES = (
    (730 * 86400, 365 * 86400, "year"),
    (60 * 86400, 30 * 86400, "month"),
    (2 * 86400, 86400, "day"),
    (3600, 3600, "h"),
    (60, 60, "min"),
)
"""The shortest age that a unit is used for, and the unit's length, in seconds."""
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that *word* most likely means; None if no name is close.

    Upper and lower case count as equal.

    >>> nearest("ordres", ["orders", "refunds"])
    'orders'
    """
    import difflib

    by_folded = {name.casefold(): name for name in sorted(known)}
    if len(by_folded) > _MOST_CANDIDATES:
        return None
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question with the nearest known name, or "" if no name is close.

    >>> did_you_mean("ordres", ["orders", "refunds"])
    'Did you mean "orders"?'
    """
    near = nearest(word, known)
    return f'Did you mean "{near}"?' if near else ""


def shorten(text: str, longest: int = _LONGEST_SHOWN) -> str:
    """Return the first characters of *text*, with an ellipsis if there are more."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def excerpt(text: str, longest: int) -> str:
    """Return the first characters of *text*, and how many it has if there are more.

    >>> excerpt("a cause", 9), excerpt("a long cause", 6)
    ('a cause', 'a long… (12 characters)')
    """
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text):,} characters)"


def count(items: int | Sized, noun: str, plural: str = "") -> str:
    """Return a number with its noun. *items* is the number, or the collection to count.

    >>> count(1, "workflow"), count(["a", "b"], "workflow"), count(0, "retry", "retries")
    ('1 workflow', '2 workflows', '0 retries')
    """
    number = items if isinstance(items, int) else len(items)
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def listing(words: Collection[str]) -> str:
    """Return words as a sentence lists them.

    >>> listing(["a"]), listing(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def few_names(names: Sequence[str], most: int = 3) -> str:
    """Return names as a line has room for them: the first ones, and how many more there are.

    >>> few_names(["a", "b"]), few_names(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b, c and 2 more')
    """
    shown = names if len(names) <= most + 1 else names[:most]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def grouped_lines(lines: Iterable[tuple[str, str]]) -> list[str]:
    """Return lines about named things, ``(name, text)``, each text once with its names.

    >>> grouped_lines([("a", "is new"), ("b", "is old"), ("c", "is new")])
    ['a, c: is new', 'b: is old']
    """
    names: dict[str, list[str]] = {}
    for name, text in lines:
        names.setdefault(text, []).append(name)
    return [f"{few_names(found)}: {text}" for text, found in names.items()]


def parse_duration(text: str) -> timedelta:
    """Return the time that a duration such as ``1h30m`` stands for.

    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    parts = re.findall(r"(\d+)([dhms])", text)
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def moment(text: str, now: datetime) -> datetime:
    """Return the time of an ISO 8601 text, UTC without an offset; a duration means so long ago.

    Raises ValueError for any other text.

    >>> moment("2026-01-31T09:00+01:00", datetime.now(UTC)).isoformat()
    '2026-01-31T08:00:00+00:00'
    """
    if re.fullmatch(r"(\d+[dhms])+", text, re.ASCII):
        try:
            return (now - parse_duration(text)).astimezone(UTC)
        except OverflowError as error:
            raise ValueError(text) from error
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def age_text(then: datetime, now: datetime) -> str:
    """Return how long ago *then* was at *now*, in its largest unit.

    A time after *now* was written by a machine whose clock is ahead of this one, and is named so.

    >>> day = datetime(2026, 11, 28, tzinfo=UTC)
    >>> age_text(day, day + timedelta(hours=3)), age_text(day, day - timedelta(minutes=5))
    ('3 h ago', '5 min ahead of this clock')
    """
    seconds = (now - then).total_seconds()
    past, span = seconds >= 0, abs(seconds)
    if span < _MOMENT:
        return "just now"
    size, unit = next((size, unit) for least, size, unit in _AGES if span >= least)
    number = int(span // size)
    words = f"{number} {unit}" if unit in {"h", "min"} else count(number, unit)
    return f"{words} ago" if past else f"{words} ahead of this clock"


def duration_text(span: timedelta) -> str:
    """Return a time as releases.toml writes durations.

    >>> duration_text(timedelta(minutes=90)), duration_text(timedelta())
    ('1h30m', '0s')
    """
    seconds = int(span.total_seconds())
    parts = []
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        number, seconds = divmod(seconds, length)
        parts += [f"{number}{unit}"] if number else []
    return "".join(parts) or "0s"
