"""Tasks in the store that wait for an answer through the API: callbacks and activities.

The process that runs an execution inserts its open tasks when the execution starts to wait. Any
process may hand an activity to a worker, or take an answer. It leaves a signal for the process
that runs the execution.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OpenTask:
    """A task that waits. *activity* is the activity's ARN (None: a callback), *input* its input."""

    token: str
    activity: str | None = None
    input: str | None = None


def insert(db: sqlite3.Connection, execution: str, owner: str, tasks: Iterable[OpenTask]) -> None:
    """Store the tasks of an execution that the process *owner* runs. Known tokens stay as is."""
    db.executemany(
        "INSERT OR IGNORE INTO open_tasks (token, execution, owner, activity, input, status)"
        " VALUES (?, ?, ?, ?, ?, 'SCHEDULED')",
        [(task.token, execution, owner, task.activity, task.input) for task in tasks],
    )


def end(db: sqlite3.Connection, tokens: Collection[str]) -> None:
    """Store that tasks don't wait any more."""
    db.executemany(
        "UPDATE open_tasks SET status = 'ENDED', input = NULL WHERE token = ?",
        [(token,) for token in tokens],
    )


def end_all(db: sqlite3.Connection, execution: str) -> None:
    """Store that no task of an execution waits any more."""
    db.execute(
        "UPDATE open_tasks SET status = 'ENDED', input = NULL"
        " WHERE execution = ? AND status <> 'ENDED'",
        (execution,),
    )


def find(db: sqlite3.Connection, token: str) -> sqlite3.Row | None:
    """Return the row of a task by its token; None if there was never such a task."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM open_tasks WHERE token = ?", (token,)
    ).fetchone()
    return row


def scheduled(db: sqlite3.Connection, activity: str) -> sqlite3.Row | None:
    """Return the oldest task of an activity that no worker has taken."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM open_tasks WHERE activity = ? AND status = 'SCHEDULED' ORDER BY id LIMIT 1",
        (activity,),
    ).fetchone()
    return row


def take(db: sqlite3.Connection, activity: str) -> sqlite3.Row | None:
    """Give the oldest scheduled task of an activity to a worker."""
    row = scheduled(db, activity)
    if row is not None:
        db.execute("UPDATE open_tasks SET status = 'STARTED' WHERE id = ?", (row["id"],))
    return row


def send_signal(db: sqlite3.Connection, owner: str, execution: str, signal: Any) -> None:
    """Leave a signal (JSON) for the process that runs an execution."""
    db.execute(
        "INSERT INTO task_signals (owner, execution, signal) VALUES (?, ?, ?)",
        (owner, execution, json.dumps(signal)),
    )


def has_signals(db: sqlite3.Connection, owner: str) -> bool:
    """Return whether signals wait for this process."""
    found = db.execute("SELECT 1 FROM task_signals WHERE owner = ? LIMIT 1", (owner,)).fetchone()
    return found is not None


def take_signals(db: sqlite3.Connection, owner: str) -> list[tuple[str, Any]]:
    """Remove and return the signals for a process, each with its execution's ARN, in order."""
    rows = db.execute("SELECT * FROM task_signals WHERE owner = ? ORDER BY id", (owner,)).fetchall()
    db.execute("DELETE FROM task_signals WHERE owner = ?", (owner,))
    return [(row["execution"], json.loads(row["signal"])) for row in rows]
