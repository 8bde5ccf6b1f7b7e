"""Timestamps as the States Language writes them (RFC 3339 with an offset, capital T and Z)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([-+])(\d\d):(\d\d))",
    re.ASCII,
)


def parse_instant(text: Any) -> datetime | None:
    """Return the instant of a timestamp, to the microsecond; None for any other value."""
    found = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    year, month, day, hour, minute = map(int, found.group(1, 2, 3, 4, 5))
    second, micro = int(found[6] or 0), int((found[7] or "").ljust(6, "0")[:6])
    offset = timedelta(hours=int(found[9] or 0), minutes=int(found[10] or 0))
    try:
        zone = timezone(-offset if found[8] == "-" else offset)
        return datetime(year, month, day, hour, minute, second, micro, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def later(instant: datetime, seconds: float) -> datetime:
    """Return the instant *seconds* later, at most the end of the year 9999."""
    try:
        return instant + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


@lru_cache(maxsize=16)  # virtual time stands still while states run
def write_instant(instant: datetime) -> str:
    """Write an instant as the context object does: ``2026-01-31T12:00:00.123Z``."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
