"""The workflows of the work tree, as tasks of each other find them.

A task that starts another workflow gets an execution of that workflow's definition in the work
tree. Its state machine is made when it's first started, in a service that only this process has. So
a fault of a workflow that nothing starts doesn't matter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.errors import DefinitionError
from sfn_release.operations.unanswerable_tasks import UnanswerableTasks
from sfn_release.project import Environment
from sfn_release.release.rendering import Rendered
from sfn_release.simulator import Mocks, NoAnswer, Tasks
from sfn_release.tasks import ApiRefusal, ExecutionScope, MockedTestCase, TaskSources

if TYPE_CHECKING:
    from sfn_release.local_service import LocalService


class TreeWorkflows:
    """The workflows *declarations* in an environment, whose tasks *sources* answer.

    *rendered* returns the content of a workflow's state machine. *say* takes warnings.
    *refused* are the errors of workflows that can't run, by their state machines' names.
    """

    def __init__(
        self,
        environment: Environment,
        declarations: Mapping[str, Declaration],
        rendered: Callable[[Declaration], Rendered],
        sources: TaskSources,
        say: Callable[[str], None],
        refused: Mapping[str, DefinitionError],
    ) -> None:
        self._alias = environment.alias
        self._region = environment.given["AWS::Region"]
        self._account = environment.given["AWS::AccountId"]
        self._sources = sources
        self._say = say
        self._refused = refused
        self._rendered = rendered
        self._unmade = {
            environment.state_machine_name(name): declared
            for name, declared in declarations.items()
        }
        self._machines = tuple(self._unmade)

    def tasks(
        self, machine: str, test_case: MockedTestCase | None = None, given: Mocks | None = None
    ) -> Tasks:
        """Return the tasks of an execution of a state machine.

        The mocks *given* answer first, then the mocks of a *test_case*. The executions that its
        tasks start have neither.
        """
        scope = ExecutionScope(
            machine,
            test_case=test_case,
            region=self._region,
            account=self._account,
            call_api=self._call_api,
            machines=lambda: self._machines,
        )
        sources = replace(self._sources, given=given)
        return UnanswerableTasks(sources.for_execution(scope), self._say)

    def close(self) -> None:
        """End the service of the workflows that were started."""
        if "_service" in vars(self):
            self._service.close()

    @cached_property
    def _service(self) -> LocalService:
        from sfn_release.local_service import open_service

        return open_service(
            ":memory:",
            tasks_for=self._nested,
            region=self._region,
            account=self._account,
        )

    def _nested(self, scope: ExecutionScope) -> Tasks:
        reach = scope.call_api
        if reach is not None:

            def call_api(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
                self._make(request.get("stateMachineArn"))
                return reach(operation, request)

            scope = replace(scope, call_api=call_api)
        tasks = self._sources.for_execution(scope)
        return UnanswerableTasks(tasks, self._say, nested=True)

    def _call_api(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        self._make(request.get("stateMachineArn"))
        return self._perform(operation, request)

    def _make(self, arn: Any) -> None:
        """Make the state machine of *arn*. Raises NoAnswer for a workflow that can't run."""
        parts = arn.split(":") if isinstance(arn, str) else []
        name = parts[_NAMED - 1] if len(parts) >= _NAMED else ""
        if name in self._refused:
            error = self._refused[name]
            cause = "\n".join(part for part in (error.message, error.why) if part)
            raise NoAnswer("SfnRelease.BadDefinition", cause)
        if name not in self._unmade:
            return
        form = self._rendered(self._unmade.pop(name))
        made = self._perform(
            "CreateStateMachine",
            {
                "name": form.name,
                "definition": json.dumps(form.definition),
                "roleArn": form.role,
                "type": form.type,
                "publish": True,
            },
        )
        if self._alias:  # which ${workflow:NAME} calls
            serving = {"stateMachineVersionArn": made["stateMachineVersionArn"], "weight": 100}
            alias = {"name": self._alias, "routingConfiguration": [serving]}
            self._perform("CreateStateMachineAlias", alias)

    def _perform(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        status, _, body = self._service.answer(operation, json.dumps(request).encode())
        members: dict[str, Any] = json.loads(body)
        if status >= 400:  # noqa: PLR2004 - HTTP's own
            raise ApiRefusal(members.get("__type", ""), members.get("message", ""), status)
        return members


_NAMED = 7  # parts of the ARN of a state machine
