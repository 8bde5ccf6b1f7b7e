"""``sfn.local()``: a boto3 Step Functions client that this process answers."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sfn_release.aws.stepfunctions import StepFunctions, in_process
from sfn_release.local_service.request_context import TasksFor
from sfn_release.local_service.service import ACCOUNT, REGION, open_service
from sfn_release.simulator import Mocks, TaskCall, Tasks


def local(
    path: str | Path = ":memory:",
    *,
    mocks: Tasks | Mapping[str, Any] | Callable[[TaskCall], Any] | None = None,
    region: str = REGION,
    account: str = ACCOUNT,
    real_time: bool = False,
) -> StepFunctions:
    """Return a boto3 Step Functions client that is answered in this process.

    *path* is the database. You share it with every other client and server of the same file.
    *mocks* answer the tasks of executions: a `Mocks`, the answers for one (``{state name or
    Resource ARN: answer}``), or a function that takes the `TaskCall` and returns the result or
    raises `TaskFailure`. Executions take no time unless *real_time*.
    """
    service = open_service(
        path, tasks_for=_tasks(mocks), region=region, account=account, real_time=real_time
    )
    client = in_process(service.answer, region=region)
    weakref.finalize(client, service.close)
    return client


def _tasks(mocks: Tasks | Mapping[str, Any] | Callable[[TaskCall], Any] | None) -> TasksFor:
    if mocks is None or isinstance(mocks, Mapping):
        mocks = Mocks(mocks)
    if isinstance(mocks, Mocks):
        declared = mocks
        return lambda _scope: declared.fresh()
    tasks = mocks if hasattr(mocks, "run") else _FunctionTasks(mocks)
    return lambda _scope: tasks


class _FunctionTasks:
    """Tasks that one function answers."""

    def __init__(self, function: Callable[[TaskCall], Any]) -> None:
        self._function = function

    def run(self, call: TaskCall) -> Any:
        return self._function(call)
