"""Times for people: in UTC, and how long ago they are."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sfn_release.text import age_text

_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def when(text: str, now: datetime, *, exact: bool = False) -> str:
    """Return an ISO 8601 time with its age at *now*. *exact* adds the seconds.

    A text that is no time stays as it is: it may come from a record that was edited.

    >>> when("2026-11-28T14:03:27Z", datetime(2026, 11, 28, 17, 5, tzinfo=UTC))
    '2026-11-28 14:03Z, 3 h ago'
    """
    at = _moment(text)
    return text if at is None else f"{utc_text(at, exact=exact)}, {age_text(at, now)}"


def age(text: str, now: datetime) -> str:
    """Return only how long ago an ISO 8601 time was."""
    at = _moment(text)
    return text if at is None else age_text(at, now)


def has_time(text: str) -> bool:
    """Return whether a sentence has a time that `aged` can show."""
    return _TIME.search(text) is not None


def aged(text: str, now: datetime) -> str:
    """Return a sentence with the age behind each time in it that is over.

    A later time, such as the end of a lock, stays as it is.

    >>> aged("since 2026-11-28T14:03:27Z: failed", datetime(2026, 11, 28, 17, 5, tzinfo=UTC))
    'since 2026-11-28 14:03Z, 3 h ago: failed'
    """

    def shown(found: re.Match[str]) -> str:
        at = _moment(found[0])
        return found[0] if at is None or at > now else when(found[0], now)

    return _TIME.sub(shown, text)


def utc_text(at: datetime, *, exact: bool = False) -> str:
    """Return a time in UTC to the minute, or to the second: ``2026-11-28 14:03Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ" if exact else "%Y-%m-%d %H:%MZ")


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
