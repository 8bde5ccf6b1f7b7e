"""``sfn.local()``: a boto3 Step Functions client that this process answers."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfn_release.aws.stepfunctions import in_process
from sfn_release.local_service.request_context import TasksFor
from sfn_release.local_service.service import ACCOUNT, REGION, open_service
from sfn_release.simulator import Mocks, RealClock, TaskCall, Tasks
from sfn_release.tasks import open_sources

if TYPE_CHECKING:
    from sfn_release.tasks import DeclaredBucket, MockConfigFile, TaskSources


def local(
    path: str | Path = ":memory:",
    *,
    mocks: Tasks | Mapping[str, Any] | Callable[[TaskCall], Any] | None = None,
    mock_config: str | Path | None = None,
    handlers: Mapping[str, Any] | None = None,
    buckets: Mapping[str, DeclaredBucket] | None = None,
    endpoints: Mapping[str, str] | None = None,
    region: str = REGION,
    account: str = ACCOUNT,
    real_time: bool = False,
    wait_time_scale: float = 1,
) -> Any:
    """Return a boto3 Step Functions client that is answered in this process.

    *path* is the database. You share it with every other client and server of the same file. Tasks
    are answered by *mocks*: a `Mocks`, the answers to make one from (``{state name or Resource ARN:
    answer}``), or a function that takes the `TaskCall` and returns the result or raises
    `TaskFailure`. Without a mock, the task is answered by the test case of *mock_config*, the path
    of a MockConfigFile.json, if the start names a test case (``stateMachineArn#TestCase``). Then
    *handlers* run as Lambda functions (``{"charge": "app.charge:handler"}``), each in a process of
    its own with the current folder on its path. *buckets* stand in for S3: a folder by the bucket's
    name (``{"orders": "data/orders"}``), or a dictionary of objects in memory (``{"orders":
    {"today.jsonl": "[1]"}}``), in which you find the objects that executions write. *endpoints* are
    real services, by boto3's names: a URL, or ``"aws"`` for AWS itself; ``"*"`` stands for all
    others. Executions take no time unless *real_time*; *wait_time_scale* then multiplies the time
    of Wait states.

    Raises ConfigError for a faulty mock, mock configuration or handler.
    """
    config = None if mock_config is None else _mock_config(Path(mock_config))
    sources = open_sources(
        Path.cwd(), RealClock().now, handlers=handlers, buckets=buckets, endpoints=endpoints
    )
    service = open_service(
        path,
        tasks_for=_tasks(mocks, sources),
        region=region,
        account=account,
        real_time=real_time,
        mock_config=None if config is None else config.read,
        wait_time_scale=wait_time_scale,
    )
    client = in_process(service.answer, region=region)

    def close() -> None:
        service.close()
        if sources.handlers is not None:
            sources.handlers.close()

    weakref.finalize(client, close)
    return client


def _mock_config(path: Path) -> MockConfigFile:
    from sfn_release.tasks import MockConfigFile

    file = MockConfigFile(path)
    file.read()
    return file


def _tasks(
    mocks: Tasks | Mapping[str, Any] | Callable[[TaskCall], Any] | None, sources: TaskSources
) -> TasksFor:
    if mocks is None or isinstance(mocks, Mapping):
        mocks = Mocks(mocks)
    if isinstance(mocks, Mocks):
        return replace(sources, given=mocks).for_execution
    tasks = mocks if hasattr(mocks, "run") else _FunctionTasks(mocks)
    return lambda _scope: tasks


class _FunctionTasks:
    """Tasks that one function answers."""

    def __init__(self, function: Callable[[TaskCall], Any]) -> None:
        self._function = function

    def run(self, call: TaskCall) -> Any:
        return self._function(call)
