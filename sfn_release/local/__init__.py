"""Step Functions on this machine: AWS's control plane in one SQLite file, executions simulated.

    client or HTTP request → LocalService.handle → operation → transaction on the store
                                                      └→ simulator (executions)

`local` gives a boto3 client, `service` the service itself, `server.serve` puts one on HTTP.
"""

from __future__ import annotations

import random as randomness
import sys
import time
import types
import uuid
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sfn_release.aws.regions import LOCAL_ACCOUNT, LOCAL_REGION
from sfn_release.aws.stepfunctions import StepFunctions, in_process
from sfn_release.local.arns import Scope
from sfn_release.local.runs import Runs
from sfn_release.local.service import LocalService
from sfn_release.local.store import Store
from sfn_release.local.world import TasksFor, World
from sfn_release.simulator import Mocks, TaskCall, Tasks

__all__ = ["ACCOUNT", "REGION", "LocalService", "local", "service"]

REGION = LOCAL_REGION
ACCOUNT = LOCAL_ACCOUNT


def local(
    path: str | Path = ":memory:",
    *,
    mocks: Tasks | Mapping[str, Any] | Callable[[TaskCall], Any] | None = None,
    region: str = REGION,
    account: str = ACCOUNT,
    real_time: bool = False,
) -> StepFunctions:
    """Return a boto3 Step Functions client that is answered in this process.

    *path* is the database, shared with every other client and server of the same file. *mocks*
    answer the tasks of executions: a `Mocks`, what `Mocks` takes (``{state name or Resource ARN:
    answer}``), or a function that gets the `TaskCall` and returns the result or raises
    `TaskFailure`. Executions take no time unless *real_time*.
    """
    tasks = _tasks(mocks)
    running = service(path, tasks_for=tasks, region=region, account=account, real_time=real_time)
    client = in_process(running.handle, region=region)
    weakref.finalize(client, running.close)
    return client


def service(
    path: str | Path,
    *,
    tasks_for: TasksFor,
    clock: Callable[[], float] = time.time,
    new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    random: Callable[[], float] = randomness.random,
    region: str = REGION,
    account: str = ACCOUNT,
    real_time: bool = False,
) -> LocalService:
    """Return the service over the database at *path* (``":memory:"``: none); opened when needed.

    *tasks_for* gives what answers the tasks of one execution, by state machine name and tags.
    *clock* gives seconds since 1970, *new_id* UUIDs, *random* numbers from 0 up to but without 1
    (by them an alias routes). In *real_time* executions run in threads of their own and can be
    stopped; else each has ended, in virtual time, when its start returns.
    """
    scope = Scope(region, account)
    return LocalService(
        World(
            store=Store(path, scope.key),
            scope=scope,
            now=lambda: round(clock(), 3),
            new_id=new_id,
            random=random,
            tasks_for=tasks_for,
            runs=Runs(new_id()),
            real_time=real_time,
        )
    )


def _tasks(mocks: Tasks | Mapping[str, Any] | Callable[[TaskCall], Any] | None) -> TasksFor:
    if mocks is None or isinstance(mocks, Mapping):
        mocks = Mocks(mocks)
    if isinstance(mocks, Mocks):
        known = mocks
        return lambda _name, _tags: known.fresh()
    if hasattr(mocks, "run"):
        answering = mocks
        return lambda _name, _tags: answering
    function = mocks
    return lambda _name, _tags: _Function(function)


class _Function:
    """Tasks that one function answers."""

    def __init__(self, function: Callable[[TaskCall], Any]) -> None:
        self._function = function

    def run(self, call: TaskCall) -> Any:
        return self._function(call)


class _Room(types.ModuleType):
    """This module as a function.

    Importing a submodule makes Python set the name ``sfn_release.local`` to this module, and
    ``sfn.local()`` has to work before and after that.
    """

    def __call__(self, *args: Any, **options: Any) -> StepFunctions:
        return local(*args, **options)


sys.modules[__name__].__class__ = _Room
