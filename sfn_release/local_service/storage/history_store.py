"""Execution histories in the store: a row per event, and each long text once, in its own table.

A page costs the same in a short and in a long history, wherever you read it. A loop that passes the
same input from state to state stores it once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sfn_release.local_service.storage import queries
from sfn_release.simulator import Event
from sfn_release.simulator.text_store import StoredText

_HANDLE = "$payload"  # {"$payload": digest} replaces a text; variables can't have this name


def append(db: sqlite3.Connection, execution: str, events: Iterable[Mapping[str, Any]]) -> None:
    """Store events in the API's form, with handles for long texts. Stored events don't change."""
    stored: set[str] = set()

    def handle(payload: StoredText) -> dict[str, str]:
        if payload.digest not in stored:
            stored.add(payload.digest)
            db.execute(
                "INSERT OR IGNORE INTO payloads (digest, text) VALUES (?, ?)",
                (payload.digest, storable(payload.text())),
            )
        return {_HANDLE: payload.digest}

    encode = json.JSONEncoder(default=handle, separators=(",", ":")).encode
    db.executemany(
        "INSERT OR IGNORE INTO events (execution, id, event) VALUES (?, ?, ?)",
        ((execution, event["id"], encode(event)) for event in events),
    )


def read(
    db: sqlite3.Connection, execution: str, *, after: int | None, count: int, backwards: bool
) -> list[dict[str, Any]]:
    """Return at most *count* stored events that follow event *after* (None: from the first).

    SQLite seeks the primary key, so a page costs the same wherever it is in a history.
    """
    if backwards:
        query = "SELECT event FROM events WHERE execution = ? AND id < ? ORDER BY id DESC LIMIT ?"
        bound = queries.HIGHEST if after is None else after
    else:
        query = "SELECT event FROM events WHERE execution = ? AND id > ? ORDER BY id LIMIT ?"
        bound = 0 if after is None else after
    rows = db.execute(query, (execution, bound, count)).fetchall()
    texts: dict[str, str] = {}
    return [_whole(db, json.loads(row["event"]), texts) for row in rows]


def last(db: sqlite3.Connection, execution: str) -> int:
    """Return the id of the last stored event."""
    number: int = db.execute(
        "SELECT max(id) FROM events WHERE execution = ?", (execution,)
    ).fetchone()[0]
    return number


def event_form(event: Event) -> dict[str, Any]:
    """Return an event in the API's form, with handles for long texts."""
    return {
        "id": event.id,
        "previousEventId": event.previous,
        "type": event.type,
        "timestamp": timestamp(event.timestamp),
        **event.kept,
    }


def timestamp(instant: datetime) -> float:
    """Return seconds since 1970, to the millisecond."""
    return round(instant.timestamp(), 3)


def storable(text: str) -> str:
    """Escape halves of surrogate pairs, which JSON can contain and UTF-8 can't."""
    return text.encode(errors="backslashreplace").decode()


def _whole(db: sqlite3.Connection, value: Any, texts: dict[str, str]) -> Any:
    """Replace handles by their texts; *texts* caches them."""
    if not isinstance(value, dict):
        return value
    if value.keys() != {_HANDLE}:
        return {key: _whole(db, item, texts) for key, item in value.items()}
    digest = value[_HANDLE]
    if digest not in texts:
        row = db.execute("SELECT text FROM payloads WHERE digest = ?", (digest,)).fetchone()
        texts[digest] = row["text"]
    return texts[digest]
