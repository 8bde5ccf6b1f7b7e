"""Finds state machines, versions, aliases, executions and activities."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from sfn_release.local_service.api import api_errors
from sfn_release.local_service.api.arns import MachineArn
from sfn_release.local_service.request_context import RequestContext

HIGHEST = 2**63 - 1
"""Above every id: where a listing that descends begins."""


def find_machine(
    db: sqlite3.Connection, context: RequestContext, arn: MachineArn
) -> sqlite3.Row | None:
    """Return the row of a state machine by its ARN, qualified or not; None if it's absent."""
    if arn.machine != context.scope.machine(arn.name):
        return None  # another region or account
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM machines WHERE scope = ? AND name = ?", (context.scope.key, arn.name)
    ).fetchone()
    return row


def machine(db: sqlite3.Connection, context: RequestContext, arn: MachineArn) -> sqlite3.Row:
    """Return the row of a state machine. Raises StateMachineDoesNotExist."""
    row = find_machine(db, context, arn)
    if row is None:
        raise api_errors.no_state_machine(arn.text)
    return row


def exists(db: sqlite3.Connection, machine: int) -> bool:
    """Return whether the state machine with this key exists."""
    return db.execute("SELECT 1 FROM machines WHERE id = ?", (machine,)).fetchone() is not None


def revision(db: sqlite3.Connection, key: int) -> sqlite3.Row:
    """Return the row of an existing revision."""
    row: sqlite3.Row = db.execute("SELECT * FROM revisions WHERE id = ?", (key,)).fetchone()
    return row


def version(db: sqlite3.Connection, machine: int, number: int) -> sqlite3.Row | None:
    """Return the row of a version; None if it's absent."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM versions WHERE machine = ? AND number = ?", (machine, number)
    ).fetchone()
    return row


def alias(db: sqlite3.Connection, machine: int, name: str) -> sqlite3.Row | None:
    """Return the row of an alias; None if it's absent."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM aliases WHERE machine = ? AND name = ?", (machine, name)
    ).fetchone()
    return row


def aliases(db: sqlite3.Connection, machine: int) -> list[sqlite3.Row]:
    """Return the rows of a machine's aliases, by name."""
    return db.execute(
        "SELECT * FROM aliases WHERE machine = ? ORDER BY name", (machine,)
    ).fetchall()


def aliases_of(db: sqlite3.Connection, machine: int, number: int) -> list[str]:
    """Return the names of the aliases that route to a version, in order."""
    return [row["name"] for row in aliases(db, machine) if number in dict(routing(row))]


def routing(row: sqlite3.Row) -> list[Any]:
    """Return an alias row's routes: ``[[version number, weight], ...]``."""
    routes: list[Any] = json.loads(row["routing"])
    return routes


def execution(db: sqlite3.Connection, context: RequestContext, arn: str) -> sqlite3.Row:
    """Return the row of an execution of this region and account. Raises ExecutionDoesNotExist."""
    prefixes = (context.scope.execution("", "")[:-1], context.scope.express("", "", "")[:-2])
    if not arn.startswith(prefixes):
        raise api_errors.no_execution(arn)
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM executions WHERE arn = ?", (arn,)
    ).fetchone()
    if row is None:
        raise api_errors.no_execution(arn)
    return row


def find_activity(
    db: sqlite3.Connection, context: RequestContext, name: str, arn: str
) -> sqlite3.Row | None:
    """Return the row of an activity by its name and ARN; None if it's absent."""
    if arn != context.scope.activity(name):
        return None  # another region or account
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM activities WHERE scope = ? AND name = ?", (context.scope.key, name)
    ).fetchone()
    return row


def activity(db: sqlite3.Connection, context: RequestContext, name: str, arn: str) -> sqlite3.Row:
    """Return the row of an activity. Raises ActivityDoesNotExist."""
    row = find_activity(db, context, name, arn)
    if row is None:
        raise api_errors.no_activity(arn)
    return row
