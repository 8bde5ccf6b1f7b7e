"""RedriveExecution: an unsuccessful execution goes on from the state that failed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sfn_release.asl.quotas import MAX_EVENTS
from sfn_release.local_service.api import api_errors, start_api, start_targets
from sfn_release.local_service.api.arns import execution_arn
from sfn_release.local_service.api.resource_tags import MACHINE_TAGS
from sfn_release.local_service.api.start_targets import ExecutionStart, StartTarget
from sfn_release.local_service.executions import execution_records
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import history_store, queries, revisions
from sfn_release.simulator import Redrive

_DAY = 24 * 3600
_REDRIVABLE_SECONDS = 14 * _DAY
_LONGEST_SECONDS = 365 * _DAY
_MOST_EVENTS = MAX_EVENTS - 1
_TOKENS = 10  # the last client tokens of an execution count
_TOKEN_SECONDS = 15 * 60


def redrive(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """RedriveExecution: STANDARD only. Idempotent over the client token for 15 minutes."""
    arn = execution_arn(request["executionArn"])
    token = request.get("clientToken")
    execution_records.settle(context)
    with context.store.writing() as db:
        row = queries.execution(db, context, arn)
        now = context.now()
        tokens = [pair for pair in _tokens(row) if now - pair[1] <= _TOKEN_SECONDS]
        known = dict(tokens).get(token)
        if known is not None:
            return {"redriveDate": known}
        reason = not_redrivable(db, row, now)
        if reason is not None:
            raise api_errors.not_redrivable(reason)
        kept = [*tokens, [token, now]][-_TOKENS:] if token is not None else tokens
        count = row["redrives"] + 1
        db.execute(
            "UPDATE executions SET status = 'RUNNING', output = NULL, error = NULL, cause = NULL,"
            " stopped = NULL, checkpoint = NULL, owner = ?, redrives = ?, redriven = ?,"
            " redrive_tokens = ? WHERE id = ?",
            (context.live.owner, count, now, json.dumps(kept), row["id"]),
        )
        start = _start(context, db, row)
        last = history_store.last(db, arn)
    plan = Redrive(json.loads(row["checkpoint"]), last, count, datetime.fromtimestamp(now, UTC))
    start_api.go_on(context, execution_records.build(context, start, plan), count)
    return {"redriveDate": now}


def not_redrivable(db: sqlite3.Connection, row: sqlite3.Row, now: float) -> str | None:
    """Return the reason why an execution can't be redriven, AWS's where it has one; None if it can.

    An execution that was stopped while its task didn't return has no position to go on from.
    """
    if row["status"] in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {row['status']} and cannot be redriven"
    obstacles = {
        "Execution has no recorded position to redrive from": row["checkpoint"] is None,
        "State machine is in DELETING status": not queries.exists(db, row["machine"]),
        "Execution redrivable period exceeded": now - row["stopped"] > _REDRIVABLE_SECONDS,
        "Execution has exceeded the max execution time": now - row["started"] > _LONGEST_SECONDS,
        "Execution history event limit exceeded": history_store.last(db, row["arn"])
        >= _MOST_EVENTS,
    }
    return next((reason for reason, stands in obstacles.items() if stands), None)


def _tokens(row: sqlite3.Row) -> list[list[Any]]:
    tokens: list[list[Any]] = json.loads(row["redrive_tokens"] or "[]")
    return tokens


def _start(context: RequestContext, db: sqlite3.Connection, row: sqlite3.Row) -> ExecutionStart:
    """Return the start of a stored execution, with the revision that ran.

    Raises ValidationException if the mock configuration doesn't have its test case any more.
    """
    case = row["test_case"]
    machine = db.execute("SELECT * FROM machines WHERE id = ?", (row["machine"],)).fetchone()
    target = StartTarget(
        machine=row["machine"],
        arn=row["machine_arn"],
        name=row["machine_name"],
        type=machine["type"],
        revision=row["revision"],
        content=revisions.from_row(queries.revision(db, row["revision"])),
        version=row["version"],
        alias=row["alias"],
        tags=MACHINE_TAGS.of(db, row["machine"]),
        test_case=case and start_targets.test_case(context, row["machine_name"], case),
    )
    return ExecutionStart(
        target, row["arn"], row["name"], row["input"], row["started"], row["trace_header"]
    )
