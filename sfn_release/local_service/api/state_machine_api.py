"""State machines and their revisions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sfn_release.local_service.api import api_errors, pagination, version_api
from sfn_release.local_service.api.arns import (
    MachineArn,
    changeable,
    check_name,
    machine_arn,
    unqualified,
)
from sfn_release.local_service.api.resource_tags import MACHINE_TAGS
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import queries, revisions
from sfn_release.local_service.storage.revisions import Revision

_UPDATABLE = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration")


def create(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """CreateStateMachine: idempotent. A repeated request may have another role or other tags."""
    name, type = request["name"], request.get("type", "STANDARD")
    check_name(name)
    publish, description = _publishing(request)
    _check_definition(request["definition"], type)
    asked = revisions.requested(request)
    # A request is a repetition if the content and these two are equal.
    options = json.dumps([publish, description])
    with context.store.writing() as db:
        arn = MachineArn(context.scope.machine(name), name)
        found = queries.find_machine(db, context, arn)
        if found is None:
            now = context.now()
            found = _insert(db, (context.scope.key, name), type, asked, options, now)
            MACHINE_TAGS.put(db, found["id"], request.get("tags") or [])
        elif not _repeated(db, found, type, asked, options):
            raise api_errors.ApiError(
                "StateMachineAlreadyExists", f"State Machine Already Exists: '{arn.text}'"
            )
        answer = {"stateMachineArn": arn.text, "creationDate": found["created"]}
        if publish:
            version = version_api.publish_revision(
                db, found["id"], found["revision"], description, found["created"]
            )
            answer["stateMachineVersionArn"] = f"{arn.text}:{version['number']}"
    return answer


def update(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateStateMachine: a new revision if anything differs, and a version of it on request."""
    arn = changeable(request["stateMachineArn"])
    publish, description = _publishing(request)
    if not any(name in request for name in (*_UPDATABLE, "encryptionConfiguration")):
        raise api_errors.ApiError(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the"
            " TracingConfiguration must be specified",
        )
    with context.store.writing() as db:
        machine = queries.machine(db, context, arn)
        if "definition" in request:
            _check_definition(request["definition"], machine["type"])
        revision = queries.revision(db, machine["revision"])
        present = revisions.from_row(revision)
        asked = revisions.requested(request, present)
        now = context.now()
        key, revision_id = revision["id"], revision["revision_id"]
        if not asked.same(present):
            revision_id = context.new_id()
            key = revisions.store(db, machine["id"], revision_id, asked, now)
            db.execute("UPDATE machines SET revision = ? WHERE id = ?", (key, machine["id"]))
        answer: dict[str, Any] = {"updateDate": now}
        if revision_id is not None:
            answer["revisionId"] = revision_id
        if publish:
            version = version_api.publish_revision(db, machine["id"], key, description, now)
            answer["stateMachineVersionArn"] = f"{arn.text}:{version['number']}"
    return answer


def describe(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeStateMachine: a state machine, or the frozen content of a version."""
    arn = machine_arn(request["stateMachineArn"])
    with context.store.reading() as db:
        machine = queries.machine(db, context, arn)
        created, key, description = machine["created"], machine["revision"], None
        if arn.qualifier:
            number = arn.version
            version = queries.version(db, machine["id"], number) if number is not None else None
            if version is None:
                raise api_errors.no_state_machine(arn.text)
            created, key = version["created"], version["revision"]
            description = version["description"]
        revision = queries.revision(db, key)
    answer = {
        "stateMachineArn": arn.text,
        "name": machine["name"],
        "status": "ACTIVE",
        "type": machine["type"],
        "creationDate": created,
        **revisions.from_row(revision).described(),
    }
    if request.get("includedData") == "METADATA_ONLY":
        answer["definition"] = "{}"
    if revision["revision_id"] is not None:
        answer["revisionId"] = revision["revision_id"]
    if description is not None:
        answer["description"] = description
    return answer


def delete(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteStateMachine, with its versions and aliases, at once. Succeeds if it's absent.

    Ended executions stay, as on AWS. Running executions go on.
    """
    arn = unqualified(request["stateMachineArn"])
    with context.store.writing() as db:
        machine = queries.find_machine(db, context, arn)
        if machine is None:
            return {}
        key = machine["id"]
        db.execute("DELETE FROM machines WHERE id = ?", (key,))
        db.execute("DELETE FROM versions WHERE machine = ?", (key,))
        db.execute("DELETE FROM aliases WHERE machine = ?", (key,))
        db.execute("DELETE FROM tags WHERE machine = ?", (key,))
        db.execute(
            "DELETE FROM revisions WHERE machine = ?"
            " AND NOT EXISTS (SELECT 1 FROM executions WHERE revision = revisions.id)",
            (key,),
        )
    return {}


def list_all(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListStateMachines: in the order of their creation."""
    with context.store.reading() as db:

        def fetch(after: Any, count: int) -> list[sqlite3.Row]:
            return db.execute(
                "SELECT * FROM machines WHERE scope = ? AND id > ? ORDER BY id LIMIT ?",
                (context.scope.key, after or 0, count),
            ).fetchall()

        rows, token = pagination.page(
            request,
            listing=f"machines {context.scope.key}",
            fetch=fetch,
            position=lambda row: row["id"],
        )
    items = [
        {
            "stateMachineArn": context.scope.machine(row["name"]),
            "name": row["name"],
            "type": row["type"],
            "creationDate": row["created"],
        }
        for row in rows
    ]
    return pagination.answer("stateMachines", items, token)


def validate(_world: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """ValidateStateMachineDefinition: the verdict of create, without creating."""
    from sfn_release.local_service.api import definition_validation

    return definition_validation.report(
        request["definition"],
        request.get("type", "STANDARD"),
        warn=request.get("severity") == "WARNING",
        most=request.get("maxResults") or None,
    )


def _publishing(request: Mapping[str, Any]) -> tuple[bool, str | None]:
    publish, description = bool(request.get("publish")), request.get("versionDescription")
    if description is not None and not publish:
        raise api_errors.validation("Version description can only be set when publish is true")
    return publish, description


def _insert(
    db: sqlite3.Connection,
    name: tuple[str, str],
    type: str,
    content: Revision,
    options: str,
    now: float,
) -> sqlite3.Row:
    """Insert a state machine; *name* is (scope, name)."""
    db.execute(
        "INSERT INTO machines (scope, name, type, created, created_request, revision, last_version)"
        " VALUES (?, ?, ?, ?, ?, 0, 0)",
        (*name, type, now, options),
    )
    (key,) = db.execute("SELECT id FROM machines WHERE scope = ? AND name = ?", name).fetchone()
    revision = revisions.store(db, key, None, content, now)
    db.execute("UPDATE machines SET revision = ? WHERE id = ?", (revision, key))
    row: sqlite3.Row = db.execute("SELECT * FROM machines WHERE id = ?", (key,)).fetchone()
    return row


def _repeated(
    db: sqlite3.Connection, machine: sqlite3.Row, type: str, asked: Revision, options: str
) -> bool:
    """Return whether a create request repeats the creation of *machine*.

    Unlike an update it compares definitions as text: another layout is another definition.
    """
    present = revisions.from_row(queries.revision(db, machine["revision"]))
    return (
        machine["type"] == type
        and machine["created_request"] == options
        and present.definition == asked.definition
        and present.configuration[1:] == asked.configuration[1:]
    )


def _check_definition(definition: str, type: str) -> None:
    # The checks take as long to import as a short command runs, and an execution needs none.
    from sfn_release.local_service.api import definition_validation

    definition_validation.check(definition, type)
