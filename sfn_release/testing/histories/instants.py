"""The times of a history: datetimes (boto3), texts or numbers of seconds (files of the AWS CLI)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_MILLISECONDS = 1e11  # seconds after the year 5000


def instant_of(value: Any) -> datetime | None:
    """Return a time of a history in UTC; None for anything else.

    A number of more than eleven digits is of milliseconds, as logs have them.
    """
    try:
        if isinstance(value, str):
            value = float(value) if _is_number(value) else datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _is_number(text: str) -> bool:
    return text[4:5] != "-" and text.replace(".", "", 1).isdigit()


def seconds_between(first: Any, last: Any) -> float:
    """Return the seconds between two times of a history; at least 0."""
    start, end = instant_of(first), instant_of(last)
    return 0 if start is None or end is None else max((end - start).total_seconds(), 0)
