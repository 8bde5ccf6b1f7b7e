"""Starts executions: in virtual or real time, and synchronously or not."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError
from sfn_release.local_service import (
    api_answers,
    api_errors,
    execution_records,
    history_store,
    queries,
    start_targets,
)
from sfn_release.local_service.arns import check_name
from sfn_release.local_service.execution_records import Observe
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.start_targets import ExecutionStart
from sfn_release.simulator import Execution, RealClock

_BILLED_MB = 64
_BILLED_STEP_MS = 100


def start(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """StartExecution.

    In virtual time the execution has ended when this returns. Its result and history are stored in
    one transaction, so there is never half an execution.
    """
    execution = _start(context, request)
    answer = {"executionArn": execution.arn, "startDate": execution.started}
    if execution.target.type == "EXPRESS":
        # Its outcome goes to the log group only. The API can't read it.
        if context.real_time:
            context.live.start(execution.arn, partial(_discard, context, execution))
        else:
            execution_records.run(context, execution)
        return answer
    found = _repeated(context, execution)
    if found is not None:
        return found
    outcome = None if context.real_time else execution_records.run(context, execution)
    with context.store.writing() as db:
        found = _existing(db, execution)
        if not queries.exists(db, execution.target.machine):  # deleted while it ran
            raise api_errors.no_state_machine(execution.target.arn)
        if found is None:
            execution_records.insert(db, execution, outcome, context.live.owner)
    if found is not None:
        return found
    if outcome is None:
        context.live.start(execution.arn, partial(_finish, context, execution))
    return answer


def start_sync(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """StartSyncExecution: EXPRESS only. A failed execution is a normal answer."""
    execution = _start(context, request)
    if execution.target.type != "EXPRESS":
        raise api_errors.type_not_supported()
    outcome = execution_records.run(context, execution, RealClock() if context.real_time else None)
    stopped = history_store.timestamp(outcome.stopped_at)
    milliseconds = (stopped - execution.started) * 1000
    steps = max(1, math.ceil(round(milliseconds, 3) / _BILLED_STEP_MS))
    answer: dict[str, Any] = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.target.arn,
        "name": execution.name,
        "startDate": execution.started,
        "stopDate": stopped,
        "status": outcome.status,
        "error": outcome.error,
        "cause": outcome.cause,
        "input": execution.input,
        "inputDetails": {"included": True},
        "outputDetails": {"included": True},  # of a failed execution, too
        "traceHeader": execution.trace_header,
        "billingDetails": {
            "billedMemoryUsedInMB": _BILLED_MB,
            "billedDurationInMilliseconds": steps * _BILLED_STEP_MS,
        },
    }
    if outcome.has_output:
        answer["output"] = api_answers.json_text(outcome.output)
    return api_answers.with_included_data(answer, request)


def _start(context: RequestContext, request: Mapping[str, Any]) -> ExecutionStart:
    """Read a start request. Raises InvalidName, InvalidExecutionInput and `resolve`'s errors."""
    target = start_targets.resolve(context, request["stateMachineArn"])
    name = request.get("name")
    if name is not None and "#" in name and context.mock_config is not None:
        name, _, case = name.partition("#")  # as in other emulators
        target = replace(target, test_case=start_targets.test_case(context, target.name, case))
    if name is not None:
        check_name(name)
    else:
        name = context.new_id()
    text = request.get("input", "{}")
    try:
        loads(text, unique_keys=False)
    except DefinitionError as error:
        raise api_errors.invalid_input(error.message) from None
    arn = (
        context.scope.express(target.name, name, context.new_id())
        if target.type == "EXPRESS"
        else context.scope.execution(target.name, name)
    )
    return ExecutionStart(target, arn, name, text, context.now(), request.get("traceHeader"))


def _repeated(context: RequestContext, execution: ExecutionStart) -> dict[str, Any] | None:
    execution_records.settle(context)
    with context.store.reading() as db:
        return _existing(db, execution)


def _existing(db: sqlite3.Connection, execution: ExecutionStart) -> dict[str, Any] | None:
    """Return the answer for a start that repeats a running execution; None for a free name.

    Raises ExecutionAlreadyExists for a used name.
    """
    row = db.execute("SELECT * FROM executions WHERE arn = ?", (execution.arn,)).fetchone()
    if row is None:
        return None
    if row["status"] != "RUNNING" or json.loads(row["input"]) != json.loads(execution.input):
        raise api_errors.ApiError(
            "ExecutionAlreadyExists", f"Execution Already Exists: '{execution.arn}'"
        )
    return {"executionArn": row["arn"], "startDate": row["started"]}


def _finish(
    context: RequestContext,
    execution: ExecutionStart,
    clock: RealClock,
    observe: Observe,
    begun: Callable[[Execution], None],
) -> None:
    try:
        outcome = execution_records.run(context, execution, clock, observe, begun)
    except BaseException:  # a bug: it ends the thread, and the execution must not stay RUNNING
        with context.store.writing() as db:
            cause = "A bug in the simulator: the local service shows its traceback."
            execution_records.abort(
                context, db, queries.execution(db, context, execution.arn), "SfnRelease.Bug", cause
            )
        raise
    with context.store.writing() as db:
        execution_records.finish(db, execution, outcome)


def _discard(
    context: RequestContext,
    execution: ExecutionStart,
    clock: RealClock,
    observe: Observe,
    begun: Callable[[Execution], None],
) -> None:
    execution_records.run(context, execution, clock, observe, begun)
