"""Starts executions: in virtual or real time, and synchronously or not."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from concurrent.futures import wait
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError, LocalServiceError
from sfn_release.local_service.api import api_answers, api_errors, start_targets
from sfn_release.local_service.api.arns import check_name
from sfn_release.local_service.api.json_errors import not_json
from sfn_release.local_service.api.start_targets import ExecutionStart
from sfn_release.local_service.executions import execution_records
from sfn_release.local_service.executions.live_execution import LiveExecution, Progress
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import history_store, queries

_STEP_FUNCTIONS = (":states:startExecution", ":aws-sdk:sfn:")  # in Resources
_BILLED_MB = 64
_BILLED_STEP_MS = 100


def start(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """StartExecution.

    In virtual time the execution has ended when this returns, unless it waits for an answer from
    outside. Its result and history are stored in one transaction, so there is never half an
    execution. If its own tasks may look for it, it is stored as RUNNING first.
    """
    with execution_records.reading_settled(context) as db:
        execution = _start(context, db, request)
        express = execution.target.type == "EXPRESS"
        found = None if express else _existing(db, execution)
    if express:
        _start_express(context, execution)
    else:
        found = found or _start_standard(context, execution)
    if found is not None:
        return found
    return {"executionArn": execution.arn, "startDate": execution.started}


def _start_express(context: RequestContext, execution: ExecutionStart) -> None:
    """Run an EXPRESS execution. Its outcome goes to the log group only: the API can't read it."""
    run = execution_records.build(context, execution)
    if context.real_time:
        context.live.launch(run, lambda _progress: True)
        return
    context.live.begin(run)
    due = context.live.advance(run)
    if run.execution.outcome is None:
        context.live.keep(run, due, lambda _progress: True)
    else:
        context.live.forget(run)


def _start_standard(context: RequestContext, execution: ExecutionStart) -> dict[str, Any] | None:
    """Run a STANDARD execution, and store it. Returns the answer if another start was faster.

    Raises StateMachineDoesNotExist if the state machine was deleted meanwhile.
    """
    run = execution_records.build(context, execution)
    if not context.real_time and not _is_seen(execution):
        return _start_at_once(context, execution, run)
    found = _insert(context, execution, run.progress())
    if found is None:
        go_on(context, run)
    return found


def _is_seen(execution: ExecutionStart) -> bool:
    """Whether its tasks may ask the API for the execution while it runs."""
    return any(resource in execution.target.content.definition for resource in _STEP_FUNCTIONS)


def _start_at_once(
    context: RequestContext, execution: ExecutionStart, run: LiveExecution
) -> dict[str, Any] | None:
    """Run an execution in virtual time until it ends or waits, then store all of it at once."""
    live = context.live
    present = live.begin(run)
    if present is not None:
        return _repetition(execution, present.input, present.started)
    due = live.advance(run)
    progress = run.progress()
    try:
        found = _insert(context, execution, progress)
    except BaseException:
        live.forget(run)
        raise
    if found is not None:
        live.forget(run)
        return found
    _rest(context, run, due, progress)
    return None


def go_on(context: RequestContext, run: LiveExecution, redrives: int = 0) -> None:
    """Drive an execution that is stored as RUNNING, from its start or its last redrive on."""
    live = context.live
    store = execution_records.storing(context, run.arn, redrives)
    failed = partial(crashed, context, run.arn)
    if context.real_time:
        live.launch(run, store, failed)
        return
    live.replace(run)
    try:
        due = live.advance(run)
        progress = run.progress()
        stored = store(progress)
    except BaseException:
        live.forget(run)
        failed()
        raise
    if stored:
        _rest(context, run, due, progress, redrives)
    else:
        live.forget(run)


def _rest(
    context: RequestContext,
    run: LiveExecution,
    due: datetime | None,
    progress: Progress,
    redrives: int = 0,
) -> None:
    """Let go of an execution that has ended, or drive it on from *due* or a signal on."""
    run.stored(progress)
    context.live.announce(progress)
    if progress.outcome is not None:
        context.live.forget(run)
        return
    store = execution_records.storing(context, run.arn, redrives)
    context.live.keep(run, due, store, partial(crashed, context, run.arn))


def _insert(
    context: RequestContext, execution: ExecutionStart, progress: Progress
) -> dict[str, Any] | None:
    """Store an execution and its progress, unless another start was faster; see `_existing`."""
    owner = context.live.owner
    with context.store.writing() as db:
        found = _existing(db, execution)
        if not queries.exists(db, execution.target.machine):
            raise api_errors.no_state_machine(execution.target.arn)
        if found is None:
            execution_records.insert(db, execution, owner)
            execution_records.store_progress(db, execution.arn, progress, owner)
    return found


def start_sync(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """StartSyncExecution: EXPRESS only. A failed execution is a normal answer."""
    with context.store.reading() as db:
        execution = _start(context, db, request)
    if execution.target.type != "EXPRESS":
        raise api_errors.type_not_supported()
    run = execution_records.build(context, execution)
    context.live.begin(run)
    due = context.live.advance(run)
    if run.execution.outcome is None:
        context.live.keep(run, due, lambda _progress: True)
        wait([run.end])
    else:
        context.live.forget(run)
    outcome = run.execution.outcome
    if outcome is None or outcome.status == "ABORTED":
        raise LocalServiceError("The local service was closed.")
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


def _start(
    context: RequestContext, db: sqlite3.Connection, request: Mapping[str, Any]
) -> ExecutionStart:
    """Read a start request. Raises InvalidName, InvalidExecutionInput and `resolve`'s errors."""
    target = start_targets.resolve(context, db, request["stateMachineArn"])
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
        raise api_errors.invalid_input(not_json(text, error)[0]) from None
    arn = (
        context.scope.express(target.name, name, context.new_id())
        if target.type == "EXPRESS"
        else context.scope.execution(target.name, name)
    )
    return ExecutionStart(target, arn, name, text, context.now(), request.get("traceHeader"))


def _existing(db: sqlite3.Connection, execution: ExecutionStart) -> dict[str, Any] | None:
    """Return the answer for a start that repeats a running execution; None for a free name.

    Raises ExecutionAlreadyExists for a used name.
    """
    row = db.execute("SELECT * FROM executions WHERE arn = ?", (execution.arn,)).fetchone()
    if row is None:
        return None
    if row["status"] != "RUNNING":
        raise api_errors.execution_exists(execution.arn)
    return _repetition(execution, row["input"], row["started"])


def _repetition(execution: ExecutionStart, input: str, started: float) -> dict[str, Any]:
    """Return the answer for a start that repeats a running one with *input*.

    Raises ExecutionAlreadyExists for another input.
    """
    if json.loads(input) != json.loads(execution.input):
        raise api_errors.execution_exists(execution.arn)
    return {"executionArn": execution.arn, "startDate": started}


def crashed(context: RequestContext, arn: str) -> None:
    """Abort an execution that a bug ended: it must not stay RUNNING."""
    cause = "A bug in the simulator: the local service shows its traceback."
    with context.store.writing() as db:
        row = queries.execution(db, context, arn)
        if row["status"] == "RUNNING":
            execution_records.abort(context, db, row, "SfnRelease.Bug", cause)
