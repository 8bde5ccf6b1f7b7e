"""Everything that can answer tasks, as a project, a test or `local serve` gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sfn_release.simulator import Mocks, Tasks
from sfn_release.tasks.buckets import Buckets
from sfn_release.tasks.chain import TaskChain, TaskSource
from sfn_release.tasks.endpoints import Endpoints
from sfn_release.tasks.execution_scope import ExecutionScope
from sfn_release.tasks.handlers import Handlers
from sfn_release.tasks.map_endpoint import MapEndpoint
from sfn_release.tasks.mocked_case import MockedCase
from sfn_release.tasks.workflows import WorkflowTasks


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
        if self.given is not None:
            sources.append(self.given.fresh())
        if scope.test_case is not None:
            sources.append(MockedCase(scope.test_case))
        sources.append(mock_file)
        if self.handlers is not None:
            sources.append(self.handlers.of_execution(scope))
        if scope.call_api is not None:
            sources.append(WorkflowTasks(scope.call_api))
        if self.buckets is not None:
            sources.append(self.buckets)
        if self.endpoints is not None:
            sources.append(MapEndpoint(self.endpoints, scope.region))
            sources.append(self.endpoints.of_execution(scope.region))
        return TaskChain(sources, mock_file)
