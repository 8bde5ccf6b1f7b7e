"""The workflows of the work tree, ready to run in this process: rendered, with their tasks.

build → declarations → rendered for an environment with mocks → simulate
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.errors import DefinitionError, NotFoundError
from sfn_release.operations.tree_workflows import TreeWorkflows
from sfn_release.operations.workflow_schemas import refuse_input, tree_schema
from sfn_release.project import Environment, Project
from sfn_release.project.backends import Clone
from sfn_release.project.backends.local_tasks import project_sources
from sfn_release.project.json_schemas import Schema
from sfn_release.project.mock_files import read_mocks
from sfn_release.release.rendering import Rendered, parameters_of, render
from sfn_release.simulator import ContextSeed, Mocks
from sfn_release.tasks import TaskSources
from sfn_release.text import did_you_mean

if TYPE_CHECKING:
    from sfn_release.operations.workspace import Workspace


@dataclass(frozen=True)
class WorkTree:
    """The workflows of a project's work tree in an *environment* that has mocks.

    *refused* are the errors of faulty workflows, by name. *look_up* returns the values of
    parameters that aren't in releases.toml, by their names.
    """

    project: Project
    environment: Environment
    declarations: Mapping[str, Declaration]
    refused: Mapping[str, DefinitionError]
    clone: Clone
    look_up: Callable[[Iterable[str]], Mapping[str, Any]]

    def declaration(self, workflow: str) -> Declaration:
        """Return a workflow.

        Raises NotFoundError for an unknown one, and DefinitionError for a faulty one.
        """
        if workflow in self.refused:
            raise self.refused[workflow].with_traceback(None)  # it may be raised again
        if workflow not in self.declarations:
            raise NotFoundError(
                f"The work tree has no workflow {workflow!r}.",
                why=f"It has: {', '.join(self.declarations)}.",
                fix=did_you_mean(workflow, self.declarations),
            )
        return self.declarations[workflow]

    def rendered(self, workflow: str) -> Rendered:
        """Return the content of a workflow's state machine, with its parameters filled in."""
        return self._rendered(self.declaration(workflow))

    def _rendered(self, declaration: Declaration) -> Rendered:
        names = parameters_of([declaration], self.environment)
        found = self.look_up(names) if self.environment.open(names) else {}
        return render(declaration, self.environment.resolved(found))

    def sharing(self, workflow: str) -> Iterable[Declaration]:
        """Return the workflows of the same module, which share its mock file."""
        source = self.declarations[workflow].source
        return [other for other in self.declarations.values() if other.source == source]

    def mocks(self, workflow: str) -> Mocks:
        """Return the mocks beside a workflow's module."""
        return read_mocks(self.project.root, self.declaration(workflow).source)

    def check_input(self, workflow: str, input: Any, *, skip: str) -> None:
        """Raise UsageError for an input that doesn't fit the workflow's schema, if it has one.

        *skip* is how to leave out the check.
        """
        if workflow not in self._schemas:
            self._schemas[workflow] = tree_schema(self.project, workflow)
        refuse_input(workflow, self._schemas[workflow], input, skip=skip)

    @cached_property
    def _schemas(self) -> dict[str, Schema | None]:
        return {}

    def open_tasks(self) -> TreeWorkflows:
        """Return the answers to the workflows' tasks: mocks, handlers, each other. Close it.

        Executions of one TreeWorkflows see the workflows that each of them started. All of them
        share the processes of handlers.
        """
        return TreeWorkflows(
            self.environment,
            self.declarations,
            self._rendered,
            self._sources,
            self.clone.say,
            {
                self.environment.state_machine_name(name): error
                for name, error in self.refused.items()
            },
        )

    def close(self) -> None:
        """End the processes of handlers."""
        if "_sources" in vars(self) and self._sources.handlers is not None:
            self._sources.handlers.close()

    def with_workflows(self, declarations: Mapping[str, Declaration]) -> WorkTree:
        """Return other *declarations* of the same workflows, with the same mocks and handlers.

        The processes of handlers are shared.
        """
        other = replace(self, declarations=declarations, refused={})
        vars(other)["_sources"] = self._sources  # as cached_property keeps it
        return other

    @cached_property
    def _sources(self) -> TaskSources:
        name_of = self.environment.state_machine_name
        sources = {name_of(name): declared.source for name, declared in self.declarations.items()}

        def mocks_of(machine: str) -> Mocks:
            source = sources.get(machine)
            return read_mocks(self.project.root, source) if source else Mocks()

        return project_sources(self.clone, self.environment, self.environment.tasks, mocks_of)


def read_work_tree(workspace: Workspace, environment: Environment) -> WorkTree:
    """Build the work tree and return its workflows for *environment*."""
    from sfn_release.operations.verbs.build import build_work_tree
    from sfn_release.project.modules.acceptance import refuse_calls

    refused: dict[str, DefinitionError] = {}
    declarations = {}
    for declaration in build_work_tree(workspace, refused).declarations:
        try:
            refuse_calls([declaration], workspace.project.silences)
        except DefinitionError as error:
            refused[declaration.name] = error
        else:
            declarations[declaration.name] = declaration
    return workflows_in(workspace, environment, declarations, refused)


def workflows_in(
    workspace: Workspace,
    environment: Environment,
    declarations: Mapping[str, Declaration],
    refused: Mapping[str, DefinitionError],
    *,
    root: Path | None = None,
) -> WorkTree:
    """Return *declarations*, of the work tree or of a release, ready to run in *environment*.

    Their mocks and handlers are in the folder *root*, by default in the project's.
    """

    def looked_up(names: Iterable[str]) -> Mapping[str, Any]:
        from sfn_release.deployment.parameter_lookup import look_up
        from sfn_release.operations.open_site import site_of

        return look_up(site_of(workspace, environment), names, workflows=declarations)

    files = root or workspace.project.root
    project, clone = replace(workspace.project, root=files), replace(workspace.clone, root=files)
    return WorkTree(project, environment, declarations, refused, clone, looked_up)


def execution_seed(
    form: Rendered, environment: Environment, name: str, started: datetime
) -> ContextSeed:
    """Return the context of an execution called *name* of a rendered workflow."""
    known = environment.given
    start = f"arn:aws:states:{known['AWS::Region']}:{known['AWS::AccountId']}"
    return ContextSeed(
        execution_arn=f"{start}:execution:{form.name}:{name}",
        execution_name=name,
        role_arn=form.role,
        state_machine_arn=f"{start}:stateMachine:{form.name}",
        state_machine_name=form.name,
        started_at=started,
        type=form.type,
    )
