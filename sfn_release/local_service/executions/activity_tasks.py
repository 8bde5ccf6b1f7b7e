"""GetActivityTask: a worker polls an activity for its next task."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from sfn_release.local_service.api.arns import activity_name
from sfn_release.local_service.executions import open_tasks
from sfn_release.local_service.executions.task_signals import TaskSignal
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import queries

_SECONDS = 60  # AWS answers a poll without a task after that
_LOOKS = 4  # a second, for tasks of other processes


def get(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """GetActivityTask: waits up to a minute for a task. Without one, the token is null."""
    arn = request["activityArn"]
    name = activity_name(arn)
    for _ in range(_SECONDS * _LOOKS):
        with context.store.reading() as db:
            queries.activity(db, context, name, arn)
            waiting = open_tasks.scheduled(db, arn) is not None
        if waiting:
            with context.store.writing() as db:
                task = open_tasks.take(db, arn)
            if task is not None:
                _report_start(context, task, request.get("workerName", ""))
                return {"taskToken": task["token"], "input": task["input"]}
        with context.live.activity_scheduled:
            context.live.activity_scheduled.wait(1 / _LOOKS)
        if context.live.closed.is_set():
            break
    return {"taskToken": None}


def _report_start(context: RequestContext, task: sqlite3.Row, worker: str) -> None:
    """Let the execution record that *worker* has taken its task."""
    signal = TaskSignal("started", task["token"], worker=worker)
    run = context.live.find(task["execution"])
    if run is not None:
        context.live.send(run, signal)
    elif task["owner"] != context.live.owner:
        with context.store.writing() as db:
            open_tasks.send_signal(db, task["owner"], task["execution"], signal.form())
