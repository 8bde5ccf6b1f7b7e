"""Executions: started, stopped, described, listed, and their history."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from functools import partial
from typing import Any

from sfn_release.local import content as contents
from sfn_release.local import errors, lookup, paging, running
from sfn_release.local.arns import check_name, execution_arn, machine_arn
from sfn_release.local.running import Observe, Start
from sfn_release.local.world import World
from sfn_release.simulator import RealClock

_BILLED_MB = 64
_BILLED_STEP_MS = 100
_DATA = ("input", "inputDetails", "output", "outputDetails")


def start(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """StartExecution.

    In virtual time the execution has ended when this returns; its result and its history are
    stored in one transaction, so that there is never half an execution.
    """
    begun = _start(world, request)
    answer = {"executionArn": begun.arn, "startDate": begun.started}
    if begun.target.type == "EXPRESS":
        # Its outcome goes to the log group and nowhere else: the API cannot ask for it.
        if world.real_time:
            world.runs.start(begun.arn, partial(_discard, world, begun))
        else:
            running.run(world, begun)
        return answer
    found = _repeated(world, begun)
    if found is not None:
        return found
    outcome = None if world.real_time else running.run(world, begun)
    with world.store.writing() as db:
        found = _existing(db, begun)
        if not lookup.exists(db, begun.target.machine):  # deleted while it ran
            raise errors.no_state_machine(begun.target.arn)
        if found is None:
            running.insert(db, begun, outcome, world.runs.owner)
    if found is not None:
        return found
    if outcome is None:
        world.runs.start(begun.arn, partial(_finish, world, begun))
    return answer


def start_sync(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """StartSyncExecution: EXPRESS only; a run that fails is an answer like any other."""
    begun = _start(world, request)
    if begun.target.type != "EXPRESS":
        raise errors.type_not_supported()
    outcome = running.run(world, begun, RealClock() if world.real_time else None)
    stopped = running.timestamp(outcome.stopped_at)
    milliseconds = (stopped - begun.started) * 1000
    steps = max(1, math.ceil(round(milliseconds, 3) / _BILLED_STEP_MS))
    answer: dict[str, Any] = {
        "executionArn": begun.arn,
        "stateMachineArn": begun.target.arn,
        "name": begun.name,
        "startDate": begun.started,
        "stopDate": stopped,
        "status": outcome.status,
        "error": outcome.error,
        "cause": outcome.cause,
        "input": begun.input,
        "inputDetails": {"included": True},
        "traceHeader": begun.trace_header,
        "billingDetails": {
            "billedMemoryUsedInMB": _BILLED_MB,
            "billedDurationInMilliseconds": steps * _BILLED_STEP_MS,
        },
    }
    if outcome.has_output:
        answer |= {"output": running.dumps(outcome.output), "outputDetails": {"included": True}}
    return _told(answer, request)


def describe(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeExecution, of a STANDARD one; also after its state machine was deleted."""
    row = _row(world, request)
    answer: dict[str, Any] = {
        **_item(row),
        "input": row["input"],
        "inputDetails": {"included": True},
        "error": row["error"],
        "cause": row["cause"],
        "traceHeader": row["trace_header"],
    }
    if row["output"] is not None:
        answer |= {"output": row["output"], "outputDetails": {"included": True}}
    if row["status"] in ("RUNNING", "SUCCEEDED"):
        answer["redriveStatus"] = "NOT_REDRIVABLE"
        answer["redriveStatusReason"] = f"Execution is {row['status']} and cannot be redriven"
    else:
        answer["redriveStatus"] = "REDRIVABLE"
    return _told(answer, request)


def describe_state_machine(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """DescribeStateMachineForExecution: the definition and revision that really ran."""
    row = _row(world, request)
    with world.store.reading() as db:
        revision = lookup.revision(db, row["revision"])
    answer = {
        "stateMachineArn": row["machine_arn"],
        "name": row["machine_name"],
        "updateDate": revision["created"],
        "revisionId": revision["revision_id"],
        **contents.read(revision).described(),
    }
    if request.get("includedData") == "METADATA_ONLY":
        answer["definition"] = "{}"
    return _given(answer)


def history(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """GetExecutionHistory, in either order."""
    row = _row(world, request)
    events = running.events_of(world, row)
    backwards = bool(request.get("reverseOrder"))
    if backwards:
        events.reverse()
    if request.get("includeExecutionData") is False:
        events = [_without_data(event) for event in events]

    def fetch(after: Any, count: int) -> list[Any]:
        return [
            event
            for event in events
            if after is None or (event["id"] < after if backwards else event["id"] > after)
        ][:count]

    shown, token = paging.page(
        request,
        listing=f"history {row['arn']} {backwards}",
        fetch=fetch,
        position=lambda event: event["id"],
    )
    return paging.answer("events", shown, token)


def list_all(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """ListExecutions of a STANDARD state machine, version or alias, newest first."""
    text, map_run = request.get("stateMachineArn"), request.get("mapRunArn")
    if text is None or map_run is not None:
        if (text is None) == (map_run is None):
            raise errors.validation("Exactly one of stateMachineArn and mapRunArn must be given")
        raise errors.no_resource(str(map_run))
    arn = machine_arn(text)
    status, redriven = request.get("statusFilter"), request.get("redriveFilter") == "REDRIVEN"
    running.settle(world)
    with world.store.reading() as db:
        machine = lookup.machine(db, world, arn)
        if machine["type"] == "EXPRESS":
            raise errors.type_not_supported()
        key = machine["id"]
        if (arn.version is not None and lookup.version(db, key, arn.version) is None) or (
            arn.alias is not None and lookup.alias(db, key, arn.alias) is None
        ):
            raise errors.no_resource(text)

        def fetch(after: Any, count: int) -> list[sqlite3.Row]:
            return db.execute(
                "SELECT * FROM executions WHERE machine = ? AND (? IS NULL OR id < ?)"
                " AND (? IS NULL OR version = ?) AND (? IS NULL OR alias = ?)"
                " AND (? IS NULL OR status = ?) AND NOT ? ORDER BY id DESC LIMIT ?",
                (
                    *(key, after, after),
                    *(arn.version, arn.version, arn.alias, arn.alias),
                    *(status, status, redriven, count),
                ),
            ).fetchall()

        rows, token = paging.page(
            request,
            listing=f"executions {text} {status} {redriven}",
            fetch=fetch,
            position=lambda row: row["id"],
        )
    return paging.answer("executions", [_given(_item(row)) for row in rows], token)


def stop(world: World, request: Mapping[str, Any]) -> dict[str, Any]:
    """StopExecution: one that has ended already keeps its end."""
    row = _row(world, request)
    error, cause = request.get("error"), request.get("cause")
    if row["status"] == "RUNNING":
        world.runs.stop(row["arn"], error, cause)
        with world.store.writing() as db:
            row = _find(db, row["arn"])
            if row["status"] == "RUNNING":
                # It is in a task that does not return, or in another process.
                running.abort(world, db, row, error, cause)
                row = _find(db, row["arn"])
    return {"stopDate": row["stopped"]}


def _start(world: World, request: Mapping[str, Any]) -> Start:
    """Read a start request. Raises InvalidName, InvalidExecutionInput and what `resolve` does."""
    target = running.resolve(world, request["stateMachineArn"])
    name = request.get("name")
    if name is not None:
        check_name(name)
    else:
        name = world.new_id()
    text = request.get("input", "{}")
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise errors.invalid_input(f"{error}") from None
    arn = (
        world.scope.express(target.name, name, world.new_id())
        if target.type == "EXPRESS"
        else world.scope.execution(target.name, name)
    )
    return Start(target, arn, name, text, world.now(), request.get("traceHeader"))


def _no_constant(name: str) -> Any:
    raise ValueError(f"Unrecognized token '{name}'")


def _repeated(world: World, begun: Start) -> dict[str, Any] | None:
    running.settle(world)
    with world.store.reading() as db:
        return _existing(db, begun)


def _existing(db: sqlite3.Connection, begun: Start) -> dict[str, Any] | None:
    """Return the answer for a start that repeats a running one, None for a name that is free.

    Raises ExecutionAlreadyExists for a name that is taken.
    """
    row = db.execute("SELECT * FROM executions WHERE arn = ?", (begun.arn,)).fetchone()
    if row is None:
        return None
    if row["status"] != "RUNNING" or json.loads(row["input"]) != json.loads(begun.input):
        raise errors.ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{begun.arn}'")
    return {"executionArn": row["arn"], "startDate": row["started"]}


def _finish(world: World, begun: Start, clock: RealClock, observe: Observe) -> None:
    try:
        outcome = running.run(world, begun, clock, observe)
    except BaseException:  # a bug: the thread dies of it, the execution must not stay RUNNING
        with world.store.writing() as db:
            cause = "The simulator failed; the local service shows its traceback."
            running.abort(world, db, _find(db, begun.arn), "SfnRelease.Bug", cause)
        raise
    with world.store.writing() as db:
        running.finish(db, begun, outcome)


def _discard(world: World, begun: Start, clock: RealClock, observe: Observe) -> None:
    running.run(world, begun, clock, observe)


def _row(world: World, request: Mapping[str, Any]) -> sqlite3.Row:
    arn = execution_arn(request["executionArn"])
    running.settle(world)
    with world.store.reading() as db:
        return _find(db, arn)


def _find(db: sqlite3.Connection, arn: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM executions WHERE arn = ?", (arn,)
    ).fetchone()
    if row is None:
        raise errors.no_execution(arn)
    return row


def _item(row: sqlite3.Row) -> dict[str, Any]:
    """Return what listings and descriptions say of an execution; None: it does not apply."""
    arn = row["machine_arn"]
    return {
        "executionArn": row["arn"],
        "stateMachineArn": arn,
        "stateMachineVersionArn": None if row["version"] is None else f"{arn}:{row['version']}",
        "stateMachineAliasArn": None if row["alias"] is None else f"{arn}:{row['alias']}",
        "name": row["name"],
        "status": row["status"],
        "startDate": row["started"],
        "stopDate": row["stopped"],
        "redriveCount": 0,
    }


def _told(answer: dict[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what does not apply, and the data if only metadata are asked for."""
    if request.get("includedData") == "METADATA_ONLY":
        for name in ("input", "output", "error", "cause"):
            answer[name] = None
        for name in ("inputDetails", "outputDetails"):
            if name in answer:
                answer[name] = {"included": False}
    return _given(answer)


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _without_data(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {key: part for key, part in value.items() if key not in _DATA}
        if isinstance(value, dict)
        else value
        for name, value in event.items()
    }
