"""Answers to tasks that wait: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError
from sfn_release.local_service.api import api_errors
from sfn_release.local_service.api.json_errors import not_json
from sfn_release.local_service.executions import open_tasks
from sfn_release.local_service.executions.task_signals import TaskSignal
from sfn_release.local_service.request_context import RequestContext


def send_success(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """SendTaskSuccess: the output becomes the task's result."""
    output = request["output"]
    try:
        loads(output, unique_keys=False)
    except DefinitionError as error:
        raise api_errors.invalid_output(not_json(output, error)[0]) from None
    _send(context, TaskSignal("success", request["taskToken"], output=output))
    return {}


def send_failure(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """SendTaskFailure: the task fails with the error and cause."""
    error, cause = request.get("error"), request.get("cause")
    _send(context, TaskSignal("failure", request["taskToken"], error=error, cause=cause))
    return {}


def send_heartbeat(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """SendTaskHeartbeat: the time of the task's heartbeat starts again."""
    _send(context, TaskSignal("heartbeat", request["taskToken"]))
    return {}


def _send(context: RequestContext, signal: TaskSignal) -> None:
    """Send a signal to the execution of its token, in this process or another.

    Raises InvalidToken for an unknown token, and TaskTimedOut for a task that has ended.
    """
    tokens = context.live.tokens
    found = tokens.answer(signal.token) if signal.answers else tokens.find(signal.token)
    if found is None:
        _send_elsewhere(context, signal)
    elif found == "ended":
        raise api_errors.task_timed_out()
    else:
        context.live.send(found, signal)


def _send_elsewhere(context: RequestContext, signal: TaskSignal) -> None:
    with context.store.writing() as db:
        task = open_tasks.find(db, signal.token)
        if task is None:
            raise api_errors.invalid_token()
        owner = task["owner"]
        if (
            task["status"] == "ENDED"
            or owner == context.live.owner
            or not context.live.alive(owner)
        ):
            raise api_errors.task_timed_out()
        open_tasks.send_signal(db, owner, task["execution"], signal.form())
        if signal.answers:
            open_tasks.end(db, [signal.token])
