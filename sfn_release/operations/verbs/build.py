"""list and build: the workflows of the work tree as it stands, committed or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.errors import NotFoundError
from sfn_release.operations.workspace import Workspace
from sfn_release.project.modules import Build, build
from sfn_release.release.release import count_states
from sfn_release.text import did_you_mean


@dataclass(frozen=True)
class ListedWorkflow:
    """A workflow of the work tree. *since* is None while its content is not released."""

    declaration: Declaration
    since: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        declaration = self.declaration
        return {
            "name": declaration.name,
            "module": declaration.source,
            "type": declaration.type,
            "states": count_states(declaration.definition),
            "since": self.since,
            "digest": declaration.digest,
            "definition_digest": declaration.definition_digest,
        }


def list_workflows(workspace: Workspace) -> list[ListedWorkflow]:
    """Return the workflows by name, each with the release that brought its present content."""
    declarations = build_definitions(workspace)
    snapshot = workspace.snapshot()
    since: dict[tuple[str, str], str] = {}
    for manifest in workspace.ledger.manifests(snapshot):
        for name, entry in manifest.workflows.items():
            since.setdefault((name, entry.digest), entry.since)
    return [
        ListedWorkflow(declaration, since.get((declaration.name, declaration.digest)))
        for declaration in declarations
    ]


def build_work_tree(workspace: Workspace) -> Build:
    """Build the work tree as it stands, once."""
    return build(
        workspace.project.root,
        workspace.project.workflows,
        work_tree=workspace.git.repository.root,
        environ=workspace.runtime.environ,
        silences=workspace.project.silences,
    )


def build_definitions(workspace: Workspace, workflow: str | None = None) -> tuple[Declaration, ...]:
    """Return what the work tree's modules declare; raises NotFoundError for an unknown name."""
    project = workspace.project
    declarations = build_work_tree(workspace).declarations
    if workflow is None:
        return declarations
    chosen = tuple(found for found in declarations if found.name == workflow)
    if not chosen:
        raise NotFoundError(
            f"There is no workflow {workflow!r} in {project.workflows}/.",
            why=f"There are: {', '.join(found.name for found in declarations)}.",
            fix=did_you_mean(workflow, [found.name for found in declarations]),
        )
    return chosen
