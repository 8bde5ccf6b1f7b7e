"""Texts that several pages write: times, short ids. Pure; templates know them as filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sfn_release.text import shorten

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_DIGEST = 12  # digits
_NAME = 80  # characters


def moment_of(text: str | None) -> datetime | None:
    """Return the time of a record, None if it has none that can be read."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def span(started: str | None, finished: str | None) -> str:
    """Return the time between two times, in its two largest units; "" if one is missing."""
    first, last = moment_of(started), moment_of(finished)
    return "" if first is None or last is None else duration(last - first)


def duration(time: timedelta) -> str:
    """Return a time in its two largest units: ``2 d 3 h``, ``45 s``."""
    seconds = max(int(time.total_seconds()), 0)
    parts = []
    for unit, length in _UNITS:
        number, seconds = divmod(seconds, length)
        parts += [f"{number} {unit}"] if number else []
    return " ".join(parts[:2]) or "0 s"


def day(text: str | None, *, seconds: bool = False) -> str:
    """Return a time in UTC as people read it: ``2026-03-01 09:30``; any other text as it is."""
    at = moment_of(text)
    form = "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    return (text or "") if at is None else at.astimezone(UTC).strftime(form)


def short_id(text: str | None) -> str:
    """Return the first digits of a digest or a commit id."""
    return (text or "").removeprefix("sha256:")[:_DIGEST]


def actor_name(actor: str) -> str:
    """Return an actor's name, without the e-mail address, and cut short if it is very long."""
    return shorten(actor.partition(" <")[0] or actor, _NAME)
