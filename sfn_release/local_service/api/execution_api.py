"""Executions: describe, list and stop them, read their histories."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from sfn_release.local_service.api import api_answers, api_errors, pagination, redrive_api
from sfn_release.local_service.api.arns import (
    described_arn,
    execution_arn,
    machine_arn,
    map_run_arn,
)
from sfn_release.local_service.executions import execution_records, map_run_records, open_tasks
from sfn_release.local_service.executions.task_signals import TaskSignal
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import queries, revisions

_ITEMS = (  # without inputs and outputs, which may be long
    "SELECT id, arn, machine_arn, name, version, alias, status, started, stopped, redrives,"
    " redriven, items FROM executions"
)
_DATA = ("input", "inputDetails", "output", "outputDetails")


def describe(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeExecution, even after its state machine was deleted.

    EXPRESS executions are described only as child executions of a map run.
    """
    arn = described_arn(request["executionArn"])
    with execution_records.reading_settled(context) as db:
        row = queries.execution(db, context, arn)
        reason = redrive_api.not_redrivable(db, row, context.now())
    answer: dict[str, Any] = {
        **_item(row),
        "input": row["input"],
        "inputDetails": {"included": True},
        "error": row["error"],
        "cause": row["cause"],
        "traceHeader": row["trace_header"],
        "mapRunArn": row["map_run"],
    }
    if row["status"] == "TIMED_OUT":  # only its ExecutionTimedOut event names the error
        answer |= {"error": None, "cause": None}
    if row["output"] is not None:
        answer |= {"output": row["output"], "outputDetails": {"included": True}}
    answer["redriveStatus"] = "REDRIVABLE" if reason is None else "NOT_REDRIVABLE"
    if row["map_run"] is not None and row["status"] not in ("RUNNING", "SUCCEEDED"):
        answer["redriveStatus"], reason = "REDRIVABLE_BY_MAP_RUN", None
    answer["redriveStatusReason"] = reason
    return api_answers.with_included_data(answer, request)


def describe_state_machine(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeStateMachineForExecution: the definition and revision that ran."""
    row = _row(context, described_arn(request["executionArn"]))
    with context.store.reading() as db:
        revision = queries.revision(db, row["revision"])
    answer = {
        "stateMachineArn": row["machine_arn"],
        "name": row["machine_name"],
        "updateDate": revision["created"],
        "revisionId": revision["revision_id"],
        **revisions.from_row(revision).described(),
    }
    if row["map_run"] is not None:
        label = row["machine_arn"].rpartition("/")[2]
        answer |= {"mapRunArn": row["map_run"], "label": label}
    if request.get("includedData") == "METADATA_ONLY":
        answer["definition"] = "{}"
    return api_answers.present(answer)


def history(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """GetExecutionHistory, in either order."""
    row = _row(context, execution_arn(request["executionArn"]))
    backwards = bool(request.get("reverseOrder"))

    def fetch(after: Any, count: int) -> list[Any]:
        return execution_records.history(
            context, row, after=after, count=count, backwards=backwards
        )

    shown, token = pagination.page(
        request,
        listing=f"history {row['arn']} {backwards}",
        fetch=fetch,
        position=lambda event: event["id"],
    )
    if request.get("includeExecutionData") is False:
        shown = [_without_data(event) for event in shown]
    return pagination.answer("events", shown, token)


def list_all(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListExecutions of a STANDARD state machine, version, alias or map run, newest first."""
    text, map_run = request.get("stateMachineArn"), request.get("mapRunArn")
    if text is None or map_run is not None:
        if (text is None) == (map_run is None):
            raise api_errors.validation(
                "Must provide a StateMachine ARN or MapRun ARN"
                + ("" if text is None else ", not both")
            )
        return _children(context, request, map_run_arn(str(map_run)))
    arn = machine_arn(text)
    status, redriven = request.get("statusFilter"), request.get("redriveFilter")
    with execution_records.reading_settled(context) as db:
        machine = queries.machine(db, context, arn)
        if machine["type"] == "EXPRESS":
            raise api_errors.type_not_supported()
        key = machine["id"]
        if (arn.version is not None and queries.version(db, key, arn.version) is None) or (
            arn.alias is not None and queries.alias(db, key, arn.alias) is None
        ):
            raise api_errors.no_resource(text)

        def fetch(after: Any, count: int) -> list[sqlite3.Row]:
            return db.execute(
                f"{_ITEMS} WHERE machine = ? AND map_run IS NULL AND id < ?"
                " AND (? IS NULL OR version = ?) AND (? IS NULL OR alias = ?)"
                " AND (? IS NULL OR status = ?)"
                " AND (? IS NULL OR (redrives > 0) = (? = 'REDRIVEN')) ORDER BY id DESC LIMIT ?",
                (
                    *(key, queries.HIGHEST if after is None else after),
                    *(arn.version, arn.version, arn.alias, arn.alias),
                    *(status, status, redriven, redriven, count),
                ),
            ).fetchall()

        rows, token = pagination.page(
            request,
            listing=f"executions {text} {status} {redriven}",
            fetch=fetch,
            position=lambda row: row["id"],
        )
    return pagination.answer("executions", [_item(row) for row in rows], token)


def _children(context: RequestContext, request: Mapping[str, Any], map_run: str) -> dict[str, Any]:
    """List the child executions of a map run, newest first."""
    status, redriven = request.get("statusFilter"), request.get("redriveFilter")
    with execution_records.reading_settled(context) as db:
        if map_run_records.find(db, map_run) is None:
            raise api_errors.no_resource(map_run)

        def fetch(after: Any, count: int) -> list[sqlite3.Row]:
            return db.execute(
                f"{_ITEMS} WHERE map_run = ? AND id < ?"
                " AND (? IS NULL OR status = ?)"
                " AND (? IS NULL OR (redrives > 0) = (? = 'REDRIVEN')) ORDER BY id DESC LIMIT ?",
                (
                    *(map_run, queries.HIGHEST if after is None else after),
                    *(status, status, redriven, redriven, count),
                ),
            ).fetchall()

        rows, token = pagination.page(
            request,
            listing=f"children {map_run} {status} {redriven}",
            fetch=fetch,
            position=lambda row: row["id"],
        )
    listed = [{**_item(row), "mapRunArn": map_run, "itemCount": row["items"]} for row in rows]
    return pagination.answer("executions", [api_answers.present(item) for item in listed], token)


def stop(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """StopExecution: changes nothing after the end of an execution."""
    row = _row(context, execution_arn(request["executionArn"]))
    error, cause = request.get("error"), request.get("cause")
    if row["map_run"] is not None:
        return _stop_child(context, row, TaskSignal("stop_child", row["arn"], "", error, cause))
    if row["status"] == "RUNNING":
        context.live.stop(row["arn"], error, cause)
        with context.store.writing() as db:
            row = queries.execution(db, context, row["arn"])
            if row["status"] == "RUNNING":
                # It waits in a task that doesn't return, or runs in another process.
                execution_records.abort(context, db, row, error, cause)
                _stop_elsewhere(context, db, row, TaskSignal("stop", error=error, cause=cause))
                row = queries.execution(db, context, row["arn"])
    return {"stopDate": row["stopped"]}


def _stop_child(context: RequestContext, row: sqlite3.Row, signal: TaskSignal) -> dict[str, Any]:
    """Stop one child execution. The execution that drives its map run goes on."""
    if row["status"] == "RUNNING":
        map_run_records.send(context, row["arn"], signal)
        with context.store.reading() as db:
            row = queries.execution(db, context, row["arn"])
    return {"stopDate": row["stopped"] or context.now()}


def _stop_elsewhere(
    context: RequestContext, db: sqlite3.Connection, row: sqlite3.Row, signal: TaskSignal
) -> None:
    """Let go of an execution that was aborted in the store, here or in its own process."""
    run = context.live.find(row["arn"])
    if run is not None:
        context.live.forget(run)
    elif row["owner"] != context.live.owner:
        open_tasks.send_signal(db, row["owner"], row["arn"], signal.form())


def _row(context: RequestContext, arn: str) -> sqlite3.Row:
    with execution_records.reading_settled(context) as db:
        return queries.execution(db, context, arn)


def _item(row: sqlite3.Row) -> dict[str, Any]:
    """Return an execution's members in listings and descriptions, without absent ones."""
    arn = row["machine_arn"]
    item = {
        "executionArn": row["arn"],
        "stateMachineArn": arn,
        "name": row["name"],
        "status": row["status"],
        "startDate": row["started"],
        "redriveCount": row["redrives"],
    }
    if row["version"] is not None:
        item["stateMachineVersionArn"] = f"{arn}:{row['version']}"
    if row["alias"] is not None:
        item["stateMachineAliasArn"] = f"{arn}:{row['alias']}"
    if row["stopped"] is not None:
        item["stopDate"] = row["stopped"]
    if row["redriven"] is not None:
        item["redriveDate"] = row["redriven"]
    return item


def _without_data(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {key: part for key, part in value.items() if key not in _DATA}
        if isinstance(value, dict)
        else value
        for name, value in event.items()
    }
