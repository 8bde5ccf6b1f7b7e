"""Executions, started: in virtual or in real time, asynchronous or not."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from functools import partial
from typing import Any

from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError
from sfn_release.local import errors, histories, lookup, running
from sfn_release.local.arns import check_name
from sfn_release.local.running import Observe, Start
from sfn_release.local.world import World
from sfn_release.simulator import RealClock

_BILLED_MB = 64
_BILLED_STEP_MS = 100


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
    stopped = histories.timestamp(outcome.stopped_at)
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
        "outputDetails": {"included": True},  # of a failed execution, too
        "traceHeader": begun.trace_header,
        "billingDetails": {
            "billedMemoryUsedInMB": _BILLED_MB,
            "billedDurationInMilliseconds": steps * _BILLED_STEP_MS,
        },
    }
    if outcome.has_output:
        answer["output"] = running.dumps(outcome.output)
    return running.told(answer, request)


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
        loads(text, unique_keys=False)
    except DefinitionError as error:
        raise errors.invalid_input(error.message) from None
    arn = (
        world.scope.express(target.name, name, world.new_id())
        if target.type == "EXPRESS"
        else world.scope.execution(target.name, name)
    )
    return Start(target, arn, name, text, world.now(), request.get("traceHeader"))


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
            running.abort(
                world, db, lookup.execution(db, world, begun.arn), "SfnRelease.Bug", cause
            )
        raise
    with world.store.writing() as db:
        running.finish(db, begun, outcome)


def _discard(world: World, begun: Start, clock: RealClock, observe: Observe) -> None:
    running.run(world, begun, clock, observe)
