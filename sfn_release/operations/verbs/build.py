"""build: the definitions of the work tree as it stands, committed or not."""

from __future__ import annotations

from sfn_release.authoring.declaration import Declaration
from sfn_release.errors import DefinitionError, NotFoundError
from sfn_release.operations.workspace import Workspace
from sfn_release.project.input_schemas import refuse_unknown_workflows
from sfn_release.project.modules import Build, build
from sfn_release.text import did_you_mean


def build_work_tree(
    workspace: Workspace, refused: dict[str, DefinitionError] | None = None
) -> Build:
    """Build the work tree as it stands, once.

    With *refused*, the error of a faulty definition goes there by its workflow's name. Raises
    ConfigError for an input schema of a workflow that doesn't exist.
    """
    built = build(
        workspace.project.root,
        workspace.project.workflows,
        work_tree=workspace.git.repository.root,
        environ=workspace.runtime.environ,
        silences=workspace.project.silences,
        refused=refused,
    )
    names = [declaration.name for declaration in built.declarations]
    refuse_unknown_workflows(workspace.project.input_schemas, [*names, *(refused or ())])
    return built


def build_definitions(workspace: Workspace, workflow: str | None = None) -> tuple[Declaration, ...]:
    """Return the workflows of the work tree, or only *workflow*; raises NotFoundError."""
    project = workspace.project
    declarations = build_work_tree(workspace).declarations
    if workflow is None:
        return declarations
    chosen = tuple(known for known in declarations if known.name == workflow)
    if not chosen:
        names = [known.name for known in declarations]
        raise NotFoundError(
            f"There is no workflow {workflow!r} in {project.workflows}/.",
            why=f"There are: {', '.join(names)}.",
            fix=did_you_mean(workflow, names),
        )
    return chosen
