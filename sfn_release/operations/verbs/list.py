"""list: the workflows of the work tree, each with the release that introduced its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.operations.verbs.build import build_definitions
from sfn_release.operations.workspace import Workspace
from sfn_release.release.release import count_states


@dataclass(frozen=True)
class ListedWorkflow:
    """A workflow of the work tree. *since* is None until its content is released.

    *input_schema* is the path of its input's JSON Schema in the project, None without one.
    """

    declaration: Declaration
    since: str | None
    input_schema: str | None = None

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
            "input_schema": self.input_schema,
        }


def list_workflows(workspace: Workspace) -> list[ListedWorkflow]:
    """Return the workflows by name, each with the release that introduced its content."""
    declarations = build_definitions(workspace)
    snapshot = workspace.snapshot()
    since: dict[tuple[str, str], str] = {}
    for manifest in workspace.ledger.releases.manifests(snapshot):
        for name, entry in manifest.workflows.items():
            since.setdefault((name, entry.digest), entry.since)
    schemas = workspace.project.input_schemas
    return [
        ListedWorkflow(
            declaration,
            since.get((declaration.name, declaration.digest)),
            schemas[declaration.name].path if declaration.name in schemas else None,
        )
        for declaration in declarations
    ]
