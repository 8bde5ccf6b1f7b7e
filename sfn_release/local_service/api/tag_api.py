"""Tags of state machines and activities. Versions and aliases don't have tags."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from sfn_release.local_service.api import api_errors
from sfn_release.local_service.api.arns import activity_name, is_activity, machine_arn
from sfn_release.local_service.api.resource_tags import ACTIVITY_TAGS, MACHINE_TAGS, TagTable
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import queries


def tag(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """TagResource: adds tags, or changes their values."""
    with context.store.writing() as db:
        table, key = _resource(db, context, request["resourceArn"])
        table.put(db, key, request["tags"])
    return {}


def untag(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """UntagResource: ignores absent keys."""
    with context.store.writing() as db:
        table, key = _resource(db, context, request["resourceArn"])
        table.remove(db, key, request["tagKeys"])
    return {}


def list_all(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListTagsForResource: in the order of creation."""
    with context.store.reading() as db:
        table, key = _resource(db, context, request["resourceArn"])
        tags = table.of(db, key)
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def _resource(db: sqlite3.Connection, context: RequestContext, text: str) -> tuple[TagTable, int]:
    """Return the table with the tags of a resource, and the resource's key.

    Raises InvalidArn and ResourceNotFound.
    """
    if is_activity(text):
        table, row = ACTIVITY_TAGS, queries.find_activity(db, context, activity_name(text), text)
    else:
        arn = machine_arn(text)
        table = MACHINE_TAGS
        row = None if arn.qualifier else queries.find_machine(db, context, arn)
    if row is None:
        raise api_errors.no_resource(text)
    return table, row["id"]
