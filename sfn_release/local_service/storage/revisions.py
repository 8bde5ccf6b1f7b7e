"""The content of a state machine's revision, and the comparison of two."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sfn_release.local_service.api import api_errors, encryption

_ROLE = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/.+")
_OFF: dict[str, Any] = {"level": "OFF", "includeExecutionData": False}


@dataclass(frozen=True)
class Revision:
    """The part of a state machine that a revision, and so a version, freezes.

    *definition* is the text as it was sent. The configurations have all defaults filled in.
    """

    definition: str
    role: str
    logging: dict[str, Any]
    tracing: dict[str, Any]
    encryption: dict[str, Any]

    def same(self, other: Revision) -> bool:
        """Return whether *other* is equal and needs no new revision. Layout doesn't count."""
        return self.configuration == other.configuration and (
            self.definition == other.definition
            or _normal(self.definition) == _normal(other.definition)
        )

    @property
    def configuration(self) -> tuple[Any, ...]:
        """Everything except the definition."""
        return self.role, self.logging, self.tracing, self.encryption

    def described(self) -> dict[str, Any]:
        """Return the members of a description that come from this revision."""
        references = _references(self.definition)
        return {
            "definition": self.definition,
            "roleArn": self.role,
            "loggingConfiguration": self.logging,
            "tracingConfiguration": self.tracing,
            "encryptionConfiguration": self.encryption,
            **({"variableReferences": references} if references else {}),
        }


def requested(request: Mapping[str, Any], present: Revision | None = None) -> Revision:
    """Return the revision in *request*. Absent members come from *present*, or AWS's defaults.

    Raises InvalidArn, InvalidLoggingConfiguration and InvalidEncryptionConfiguration.
    """
    role = request.get("roleArn") or (present.role if present else "")
    if not _ROLE.fullmatch(role):
        raise api_errors.ApiError("InvalidArn", f"Invalid Role Arn: '{role}'")
    logging = request.get("loggingConfiguration")
    tracing = request.get("tracingConfiguration")
    asked_encryption = request.get("encryptionConfiguration")
    return Revision(
        definition=request["definition"]
        if present is None or "definition" in request
        else present.definition,
        role=role,
        logging=present.logging if present and logging is None else _logging(logging or {}),
        tracing=present.tracing
        if present and tracing is None
        else {"enabled": bool((tracing or {}).get("enabled"))},
        encryption=present.encryption
        if present and asked_encryption is None
        else encryption.requested(asked_encryption),
    )


def from_row(row: sqlite3.Row) -> Revision:
    """Return the revision in a row of ``revisions``."""
    return Revision(
        row["definition"],
        row["role"],
        json.loads(row["logging"]),
        json.loads(row["tracing"]),
        json.loads(row["encryption"]),
    )


def store(
    db: sqlite3.Connection, machine: int, revision_id: str | None, revision: Revision, now: float
) -> int:
    """Add a revision; return its key."""
    db.execute(
        "INSERT INTO revisions"
        " (machine, revision_id, definition, role, logging, tracing, encryption, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            machine,
            revision_id,
            revision.definition,
            revision.role,
            json.dumps(revision.logging),
            json.dumps(revision.tracing),
            json.dumps(revision.encryption),
            now,
        ),
    )
    (key,) = db.execute("SELECT last_insert_rowid()").fetchone()
    return int(key)


def _logging(asked: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in asked.items() if value is not None}
    destinations = given.get("destinations", [])
    off = given.get("level", "OFF") == "OFF"
    if len(destinations) > 1 or (not off and not destinations):
        raise api_errors.invalid_logging("Must specify exactly one Log Destination.")
    return {**_OFF, **given}


@lru_cache(maxsize=64)
def _references(definition: str) -> dict[str, list[str]]:
    from sfn_release.checks.checker import variable_references

    return variable_references(json.loads(definition))


def _normal(definition: str) -> str:
    return json.dumps(json.loads(definition), sort_keys=True)
