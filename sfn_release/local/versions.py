"""Versions: numbered, frozen copies of a state machine's revision."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from sfn_release.local import errors, lookup, paging
from sfn_release.local.arns import changeable, machine_arn, unqualified
from sfn_release.local.world import World

_MOST = 1000  # AWS: "Quotas", versions per state machine

INITIAL = "INITIAL"
"""The name by which a request means a machine's first revision, which has no id."""


def publish(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """PublishStateMachineVersion: once per revision, and only of the revision that was meant."""
    arn = changeable(request["stateMachineArn"])
    with world.store.writing() as db:
        machine = lookup.machine(db, world, arn)
        present = lookup.revision(db, machine["revision"])["revision_id"] or INITIAL
        meant = request.get("revisionId", present)
        if meant != present:
            raise errors.conflict(
                f"Failed to publish the State Machine version for revision {meant}."
                f" The current State Machine revision is {present}."
            )
        version = publish_revision(
            db, machine["id"], machine["revision"], request.get("description"), world.now()
        )
    return {
        "creationDate": version["created"],
        "stateMachineVersionArn": f"{arn.machine}:{version['number']}",
    }


def publish_revision(
    db: sqlite3.Connection, machine: int, revision: int, description: str | None, now: float
) -> sqlite3.Row:
    """Return the version of a revision, a new one unless it has one that still exists.

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
        raise errors.quota("versions", _MOST)
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


def list_all(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListStateMachineVersions: newest first."""
    arn = unqualified(request["stateMachineArn"])
    with world.store.reading() as db:
        machine = lookup.machine(db, world, arn)["id"]

        def fetch(after: Any, count: int) -> list[sqlite3.Row]:
            return db.execute(
                "SELECT * FROM versions WHERE machine = ? AND (? IS NULL OR number < ?)"
                " ORDER BY number DESC LIMIT ?",
                (machine, after, after, count),
            ).fetchall()

        rows, token = paging.page(
            request, listing=f"versions {arn.text}", fetch=fetch, position=lambda row: row["number"]
        )
    items = [
        {
            "stateMachineVersionArn": f"{arn.machine}:{row['number']}",
            "creationDate": row["created"],
        }
        for row in rows
    ]
    return paging.answer("stateMachineVersions", items, token)


def delete(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteStateMachineVersion: not while an alias routes to it; an absent one is no error."""
    text = request["stateMachineVersionArn"]
    arn = machine_arn(text)
    number = arn.version
    if number is None:
        raise errors.invalid_arn(f"Not a state machine version ARN: {text}")
    with world.store.writing() as db:
        machine = lookup.find_machine(db, world, arn)
        if machine is None:
            return {}
        users = lookup.aliases_of(db, machine["id"], number)
        if users:
            raise errors.conflict(
                "Version to be deleted must not be referenced by an alias."
                f" Current list of aliases referencing this version: [{', '.join(users)}]"
            )
        db.execute("DELETE FROM versions WHERE machine = ? AND number = ?", (machine["id"], number))
    return {}
