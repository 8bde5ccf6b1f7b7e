"""Versions: numbered, frozen copies of a state machine's revision."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from sfn_release.local_service.api import api_errors, pagination
from sfn_release.local_service.api.arns import changeable, machine_arn, unqualified
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import queries

_MOST = 1000  # AWS: "Quotas", versions per state machine

INITIAL = "INITIAL"
"""A request's name for a machine's first revision, which has no id."""


def publish(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """PublishStateMachineVersion: once per revision, and only of the requested revision."""
    arn = changeable(request["stateMachineArn"])
    with context.store.writing() as db:
        machine = queries.machine(db, context, arn)
        present = queries.revision(db, machine["revision"])["revision_id"] or INITIAL
        meant = request.get("revisionId", present)
        if meant != present:
            raise api_errors.conflict(
                f"Failed to publish the State Machine version for revision {meant}."
                f" The current State Machine revision is {present}."
            )
        version = publish_revision(
            db, machine["id"], machine["revision"], request.get("description"), context.now()
        )
    return {
        "creationDate": version["created"],
        "stateMachineVersionArn": f"{arn.machine}:{version['number']}",
    }


def publish_revision(
    db: sqlite3.Connection, machine: int, revision: int, description: str | None, now: float
) -> sqlite3.Row:
    """Return the version of a revision. Creates it if it doesn't exist, or was deleted.

    Raises ServiceQuotaExceededException.
    """
    found: sqlite3.Row | None = db.execute(
        "SELECT * FROM versions WHERE machine = ? AND revision = ? ORDER BY number DESC LIMIT 1",
        (machine, revision),
    ).fetchone()
    if found is not None:
        return found
    (count,) = db.execute("SELECT count(*) FROM versions WHERE machine = ?", (machine,)).fetchone()
    if count >= _MOST:
        raise api_errors.quota("versions", _MOST)
    db.execute("UPDATE machines SET last_version = last_version + 1 WHERE id = ?", (machine,))
    db.execute(
        "INSERT INTO versions (machine, number, revision, description, created)"
        " SELECT id, last_version, ?, ?, ? FROM machines WHERE id = ?",
        (revision, description, now, machine),
    )
    added: sqlite3.Row = db.execute(
        "SELECT * FROM versions WHERE machine = ? ORDER BY number DESC LIMIT 1", (machine,)
    ).fetchone()
    return added


def list_all(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListStateMachineVersions: newest first."""
    arn = unqualified(request["stateMachineArn"])
    with context.store.reading() as db:
        machine = queries.machine(db, context, arn)["id"]

        def fetch(after: Any, count: int) -> list[sqlite3.Row]:
            return db.execute(
                "SELECT * FROM versions WHERE machine = ? AND number < ?"
                " ORDER BY number DESC LIMIT ?",
                (machine, queries.HIGHEST if after is None else after, count),
            ).fetchall()

        rows, token = pagination.page(
            request, listing=f"versions {arn.text}", fetch=fetch, position=lambda row: row["number"]
        )
    items = [
        {
            "stateMachineVersionArn": f"{arn.machine}:{row['number']}",
            "creationDate": row["created"],
        }
        for row in rows
    ]
    return pagination.answer("stateMachineVersions", items, token)


def delete(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteStateMachineVersion: refused while an alias routes to it. Succeeds if it's absent."""
    text = request["stateMachineVersionArn"]
    arn = machine_arn(text)
    number = arn.version
    if number is None:
        raise api_errors.invalid_arn(f"Not a state machine version ARN: {text}")
    with context.store.writing() as db:
        machine = queries.find_machine(db, context, arn)
        if machine is None:
            return {}
        users = queries.aliases_of(db, machine["id"], number)
        if users:
            raise api_errors.conflict(
                "Version to be deleted must not be referenced by an alias."
                f" Current list of aliases referencing this version: [{', '.join(users)}]"
            )
        db.execute("DELETE FROM versions WHERE machine = ? AND number = ?", (machine["id"], number))
    return {}
