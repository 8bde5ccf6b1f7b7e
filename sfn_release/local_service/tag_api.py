"""Tags of state machines. Versions and aliases don't have tags."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sfn_release.local_service import api_errors, queries
from sfn_release.local_service.arns import machine_arn
from sfn_release.local_service.request_context import RequestContext

_MOST = 50
_ALLOWED = re.compile(r"(?:[\w.:/=+\-@]|[^\S\t-\r\x1c-\x1f\x85])*")  # letters, digits, blanks
_RESERVED = "aws:"


def tag(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """TagResource: adds tags, or changes their values."""
    with context.store.writing() as db:
        put(db, _machine(db, context, request["resourceArn"]), request["tags"])
    return {}


def untag(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """UntagResource: ignores absent keys."""
    with context.store.writing() as db:
        machine = _machine(db, context, request["resourceArn"])
        db.executemany(
            "DELETE FROM tags WHERE machine = ? AND key = ?",
            [(machine, key) for key in request["tagKeys"]],
        )
    return {}


def list_all(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListTagsForResource: in the order of creation."""
    with context.store.reading() as db:
        tags = tags_of(db, _machine(db, context, request["resourceArn"]))
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def put(db: sqlite3.Connection, machine: int, tags: Sequence[Mapping[str, Any]]) -> None:
    """Set *tags* (API shape) on a machine. Raises ValidationException and TooManyTags."""
    for tag in tags:
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
        db.execute(
            "INSERT INTO tags (machine, key, value) VALUES (?, ?, ?)"
            " ON CONFLICT (machine, key) DO UPDATE SET value = excluded.value",
            (machine, key, value),
        )
    count = db.execute("SELECT count(*) FROM tags WHERE machine = ?", (machine,)).fetchone()[0]
    if count > _MOST:
        raise api_errors.ApiError(
            "TooManyTags", f"Too many tags: a resource can have up to {_MOST}, not {count}."
        )


def tags_of(db: sqlite3.Connection, machine: int) -> dict[str, str]:
    """Return a machine's tags."""
    rows = db.execute("SELECT key, value FROM tags WHERE machine = ? ORDER BY rowid", (machine,))
    return {row["key"]: row["value"] for row in rows}


def _machine(db: sqlite3.Connection, context: RequestContext, text: str) -> int:
    arn = machine_arn(text)
    machine = None if arn.qualifier else queries.find_machine(db, context, arn)
    if machine is None:
        raise api_errors.no_resource(text)
    key: int = machine["id"]
    return key
