"""Everything that can answer tasks, as a project, a test or `local serve` gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfn_release.simulator import Mocks, Tasks
from sfn_release.tasks.chain import Reason, TaskChain, TaskSource
from sfn_release.tasks.deferred_source import DeferredSource
from sfn_release.tasks.execution_scope import CallApi, EndOf, ExecutionScope
from sfn_release.tasks.unknown_workflow import UnknownWorkflow

if TYPE_CHECKING:
    from sfn_release.tasks.buckets import Buckets, DeclaredBucket
    from sfn_release.tasks.endpoints import Endpoints
    from sfn_release.tasks.handlers import Handlers

_STEP_FUNCTIONS = (":states:startExecution", ":aws-sdk:sfn:")
"""The beginnings of Resources that `workflows` answers, after their ARN's account."""


@dataclass(frozen=True)
class TaskSources:
    """The sources of answers, from which `for_execution` builds the tasks of one execution.

    *given* are the answers that a test gives, *handlers* are Python handlers, *mocks_of* returns
    the mocks of a state machine's mock file, *buckets* stand in for S3, *endpoints* are real
    services. The test case of a MockConfigFile.json belongs to the execution.
    """

    given: Mocks | None = None
    handlers: Handlers | None = None
    mocks_of: Callable[[str], Mocks] = lambda _machine: Mocks()
    buckets: Buckets | None = None
    endpoints: Endpoints | None = None

    def for_execution(self, scope: ExecutionScope) -> Tasks:
        """Return the tasks of one execution."""
        mock_file = self.mocks_of(scope.machine)
        sources: list[TaskSource] = []
        reasons: list[Reason] = []
        if self.given is not None:
            sources.append(self.given.fresh())
        if scope.test_case is not None:
            from sfn_release.tasks.mocked_case import MockedCase

            mocked = MockedCase(scope.test_case)
            sources.append(mocked)
            reasons.append(mocked.reason)
        sources.append(mock_file)
        if self.handlers is not None:
            sources.append(self.handlers.of_execution(scope))
        if scope.call_api is not None:
            sources.append(_workflows(scope.call_api, scope.end_of))
            reasons.append(UnknownWorkflow(scope.call_api, scope.machines).reason)
        if self.buckets is not None:
            sources.append(self.buckets)
        if self.endpoints is not None:
            from sfn_release.tasks.map_endpoint import MapEndpoint

            sources.append(MapEndpoint(self.endpoints, scope.region))
            requests = self.endpoints.of_execution(scope.region)
            sources.append(requests)
            reasons.append(requests.reason)
        return TaskChain(sources, mock_file, reasons)


def open_sources(
    folder: Path,
    now: Callable[[], datetime],
    *,
    handlers: Mapping[str, Any] | None = None,
    buckets: Mapping[str, DeclaredBucket] | None = None,
    endpoints: Mapping[str, str] | None = None,
    mocks_of: Callable[[str], Mocks] = lambda _machine: Mocks(),
    log: Callable[[str], None] | None = None,
) -> TaskSources:
    """Return the sources that a user declares. Each kind is loaded if there is any of it.

    The modules of *handlers* are found in *folder*, and *log* takes the lines that they print.
    *now* is the time of the objects that executions write to *buckets*. Raises ConfigError.
    """
    sources = TaskSources(mocks_of=mocks_of)
    if handlers:
        from sfn_release.tasks.handler_specs import read_handlers
        from sfn_release.tasks.handlers import Handlers

        sources = replace(sources, handlers=Handlers(read_handlers(handlers, folder), log=log))
    if buckets:
        from sfn_release.tasks.buckets import buckets_of

        sources = replace(sources, buckets=buckets_of(buckets, now))
    if endpoints:
        from sfn_release.tasks.endpoints import Endpoints

        sources = replace(sources, endpoints=Endpoints(endpoints))
    return sources


def _workflows(call_api: CallApi, end_of: EndOf | None) -> TaskSource:
    """Return the source of nested executions, which few executions need."""

    def load() -> TaskSource:
        from sfn_release.tasks.workflows import WorkflowTasks

        return WorkflowTasks(call_api, end_of)

    return DeferredSource(_STEP_FUNCTIONS, load)
