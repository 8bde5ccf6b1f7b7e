"""Executions that name a test case of a MockConfigFile.json: `execute --test-case`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.errors import UsageError
from sfn_release.operations.local_settings import mock_config, with_defaults
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.project.backends.local_tasks import mock_config as opened
from sfn_release.project.task_settings import TaskSettings
from sfn_release.simulator.mocks import mocked_tasks
from sfn_release.tasks import MockedTestCase

Definition = Mapping[str, Any]


@dataclass(frozen=True)
class MockedStart:
    """The test case of an execution. *mock_config* is the path of its file.

    Without a path, the file is the one of SFN_MOCK_CONFIG, of releases.toml, or the project's
    MockConfigFile.json.
    """

    test_case: str
    mock_config: str | None = None

    def on(self, workspace: Workspace, environment: Environment) -> Environment:
        """Return *environment* with the mock file.

        Raises UsageError for an environment on AWS, and if there is no mock file.
        """
        if not environment.backend.has_mocks:
            raise UsageError(
                f"--test-case needs mocks, and {environment.name} has none.",
                fix="Leave out --env to run on your machine.",
            )
        root = workspace.project.root
        path = mock_config(root, workspace.runtime.environ, self.mock_config)
        asked = TaskSettings(mock_config=path)
        tasks = with_defaults(root, environment.tasks.and_also(asked))
        if tasks.mock_config is None:
            raise UsageError(
                f"There is no mock file for the test case {self.test_case!r}.",
                fix="Name it:  --mock-config MockConfigFile.json",
            )
        return replace(environment, tasks=tasks)

    def case(
        self, workspace: Workspace, environment: Environment, machine: str
    ) -> MockedTestCase | None:
        """Return the test case of a state machine. Raises ConfigError for an unknown one."""
        file = opened(environment.tasks, workspace.project.root)
        return None if file is None else file.read().case(machine, self.test_case)

    def unknown_states(
        self, workspace: Workspace, environment: Environment, machine: str, definition: Definition
    ) -> list[str]:
        """Return a line for each state of the test case that is no task of *definition*."""
        case = self.case(workspace, self.on(workspace, environment), machine)
        tasks = [state for state, _resource in mocked_tasks(definition)]
        return case.unknown_states(tasks) if case else []
