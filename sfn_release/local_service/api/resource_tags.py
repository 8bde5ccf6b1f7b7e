"""Tags in the store: the same rules for every kind of resource that has them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_release.local_service.api import api_errors

_MOST = 50
_ALLOWED = re.compile(r"(?:[\w.:/=+\-@]|[^\S\t-\r\x1c-\x1f\x85])*")  # letters, digits, blanks
_RESERVED = "aws:"


@dataclass(frozen=True)
class TagTable:
    """The table with the tags of one kind of resource, and its column for the resource's key."""

    name: str
    owner: str

    def put(self, db: sqlite3.Connection, key: int, tags: Sequence[Mapping[str, Any]]) -> None:
        """Set *tags* (API shape) on a resource. Raises ValidationException and TooManyTags."""
        for tag in tags:
            db.execute(
                f"INSERT INTO {self.name} ({self.owner}, key, value) VALUES (?, ?, ?)"  # noqa: S608
                f" ON CONFLICT ({self.owner}, key) DO UPDATE SET value = excluded.value",
                (key, *_checked(tag)),
            )
        count = len(self.of(db, key))
        if count > _MOST:
            raise api_errors.ApiError(
                "TooManyTags", f"Too many tags: a resource can have up to {_MOST}, not {count}."
            )

    def remove(self, db: sqlite3.Connection, key: int, names: Sequence[str]) -> None:
        """Remove tags of a resource by their keys. Ignores absent keys."""
        db.executemany(
            f"DELETE FROM {self.name} WHERE {self.owner} = ? AND key = ?",  # noqa: S608
            [(key, name) for name in names],
        )

    def of(self, db: sqlite3.Connection, key: int) -> dict[str, str]:
        """Return a resource's tags, in the order of their creation."""
        rows = db.execute(
            f"SELECT key, value FROM {self.name} WHERE {self.owner} = ? ORDER BY rowid",  # noqa: S608
            (key,),
        )
        return {row["key"]: row["value"] for row in rows}


MACHINE_TAGS = TagTable("tags", "machine")
ACTIVITY_TAGS = TagTable("activity_tags", "activity")


def _checked(tag: Mapping[str, Any]) -> tuple[str, str]:
    key, value = tag.get("key") or "", tag.get("value") or ""
    if not key or key.lower().startswith(_RESERVED):
        raise api_errors.validation(
            f"Invalid tag key: '{key}'. Keys must not be empty or start with '{_RESERVED}'."
        )
    for text in (key, value):
        if not _ALLOWED.fullmatch(text):
            raise api_errors.validation(
                f"Invalid tag: '{text}'. Tags may hold letters, digits, spaces"
                " and the characters _ . : / = + - @"
            )
    return key, value
