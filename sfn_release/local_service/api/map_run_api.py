"""Map runs: describe, list and update them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sfn_release.local_service.api import api_answers, api_errors, pagination
from sfn_release.local_service.api.arns import execution_arn, map_run_arn
from sfn_release.local_service.executions import execution_records, map_run_records
from sfn_release.local_service.executions.task_signals import TaskSignal
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import queries

_SETTINGS = {
    "maxConcurrency": "max_concurrency",
    "toleratedFailureCount": "tolerated_count",
    "toleratedFailurePercentage": "tolerated_percentage",
}
"""The members of UpdateMapRun, and their columns."""


def describe(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeMapRun."""
    row = _row(context, request)
    return api_answers.present(
        {
            "mapRunArn": row["arn"],
            "executionArn": row["execution"],
            "status": row["status"],
            "startDate": row["started"],
            "stopDate": row["stopped"],
            "maxConcurrency": row["max_concurrency"],
            "toleratedFailurePercentage": row["tolerated_percentage"],
            "toleratedFailureCount": row["tolerated_count"],
            "itemCounts": json.loads(row["item_counts"]),
            "executionCounts": json.loads(row["execution_counts"]),
            "redriveCount": row["redrives"],
            "redriveDate": row["redriven"],
        }
    )


def list_all(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListMapRuns of an execution, newest first."""
    arn = execution_arn(request["executionArn"])
    with execution_records.reading_settled(context) as db:
        queries.execution(db, context, arn)

        def fetch(after: Any, count: int) -> list[sqlite3.Row]:
            return db.execute(
                "SELECT * FROM map_runs WHERE execution = ? AND id < ? ORDER BY id DESC LIMIT ?",
                (arn, queries.HIGHEST if after is None else after, count),
            ).fetchall()

        rows, token = pagination.page(
            request, listing=f"map runs {arn}", fetch=fetch, position=lambda row: row["id"]
        )
    return pagination.answer("mapRuns", [_item(row) for row in rows], token)


def update(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateMapRun, while it runs. The change applies to the children that start from now on."""
    row = _row(context, request)
    settings = {name: request[name] for name in _SETTINGS if name in request}
    if not settings:
        raise api_errors.validation(
            "At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage"
            " must be given"
        )
    if row["status"] != "RUNNING":
        raise api_errors.validation(f"Cannot update a completed Map Run: '{row['arn']}'")
    with context.store.writing() as db:
        for name, value in settings.items():
            column = _SETTINGS[name]
            db.execute(
                f"UPDATE map_runs SET {column} = ? WHERE id = ?",  # noqa: S608 - a name of ours
                (value, row["id"]),
            )
    signal = TaskSignal("map_run", row["arn"], output=json.dumps(settings))
    map_run_records.send(context, row["execution"], signal)
    return {}


def _row(context: RequestContext, request: Mapping[str, Any]) -> sqlite3.Row:
    """Return the row of a map run of this region and account. Raises ResourceNotFound."""
    arn = map_run_arn(request["mapRunArn"])
    with execution_records.reading_settled(context) as db:
        row = map_run_records.find(db, arn)
    if row is None or not arn.startswith(context.scope.map_run("")):
        raise api_errors.no_resource(arn)
    return row


def _item(row: sqlite3.Row) -> dict[str, Any]:
    return api_answers.present(
        {
            "executionArn": row["execution"],
            "mapRunArn": row["arn"],
            "stateMachineArn": row["machine_arn"],
            "startDate": row["started"],
            "stopDate": row["stopped"],
        }
    )
