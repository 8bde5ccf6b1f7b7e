"""Activities: create, describe, delete and list them. Workers poll them in `activity_tasks`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sfn_release.local_service.api import api_errors, encryption, pagination
from sfn_release.local_service.api.arns import activity_name, check_name
from sfn_release.local_service.api.resource_tags import ACTIVITY_TAGS
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import queries

_MOST = 10_000  # AWS: "Quotas", registered activities


def create(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """CreateActivity: idempotent over the name. A repeated request may have other tags."""
    name = request["name"]
    check_name(name)
    key = encryption.requested(request.get("encryptionConfiguration"))
    arn = context.scope.activity(name)
    with context.store.writing() as db:
        found = queries.find_activity(db, context, name, arn)
        if found is None:
            created = context.now()
            _require_room(db)
            added = db.execute(
                "INSERT INTO activities (scope, name, encryption, created) VALUES (?, ?, ?, ?)",
                (context.scope.key, name, json.dumps(key), created),
            )
            ACTIVITY_TAGS.put(db, added.lastrowid or 0, request.get("tags") or [])
        elif "encryptionConfiguration" in request and json.loads(found["encryption"]) != key:
            raise api_errors.ApiError("ActivityAlreadyExists", f"Activity Already Exists: '{arn}'")
        else:
            created = found["created"]
    return {"activityArn": arn, "creationDate": created}


def describe(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeActivity."""
    text = request["activityArn"]
    name = activity_name(text)
    with context.store.reading() as db:
        row = queries.activity(db, context, name, text)
    return {
        "activityArn": text,
        "name": row["name"],
        "creationDate": row["created"],
        "encryptionConfiguration": json.loads(row["encryption"]),
    }


def delete(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteActivity: succeeds if it's absent. Its scheduled tasks wait for their timeouts."""
    text = request["activityArn"]
    name = activity_name(text)
    with context.store.writing() as db:
        row = queries.find_activity(db, context, name, text)
        if row is not None:
            db.execute("DELETE FROM activities WHERE id = ?", (row["id"],))
            db.execute("DELETE FROM activity_tags WHERE activity = ?", (row["id"],))
    return {}


def list_all(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListActivities: in the order of their creation."""
    with context.store.reading() as db:

        def fetch(after: Any, count: int) -> list[sqlite3.Row]:
            return db.execute(
                "SELECT * FROM activities WHERE scope = ? AND id > ? ORDER BY id LIMIT ?",
                (context.scope.key, after or 0, count),
            ).fetchall()

        rows, token = pagination.page(
            request,
            listing=f"activities {context.scope.key}",
            fetch=fetch,
            position=lambda row: row["id"],
        )
    items = [
        {
            "activityArn": context.scope.activity(row["name"]),
            "name": row["name"],
            "creationDate": row["created"],
        }
        for row in rows
    ]
    return pagination.answer("activities", items, token)


def _require_room(db: sqlite3.Connection) -> None:
    (count,) = db.execute("SELECT count(*) FROM activities").fetchone()
    if count >= _MOST:
        raise api_errors.ApiError(
            "ActivityLimitExceeded", f"An account can have at most {_MOST} activities."
        )
