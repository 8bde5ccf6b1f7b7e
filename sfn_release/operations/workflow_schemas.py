"""The JSON Schemas of workflows' inputs: of the work tree, of a commit and of a release.

releases.toml → a file of the work tree or a commit → the release's commit in the ledger

Inputs are checked by the schema of the release that they start, and during a traffic shift by the
schemas of both. A release without one takes every input.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from sfn_release.errors import TamperedError, UsageError
from sfn_release.project import Project
from sfn_release.project.input_schemas import (
    read_schema,
    read_schema_file,
    refuse_unknown_workflows,
)
from sfn_release.project.json_schemas import Schema, schema_fault, value_faults
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.ledger import Snapshot
    from sfn_release.operations.workspace import Workspace

_SHOWN = 10  # faults in an error


def tree_schema(project: Project, workflow: str) -> Schema | None:
    """Return a workflow's schema in the work tree; None without one. Raises ConfigError."""
    declared = project.input_schemas.get(workflow)
    return None if declared is None else read_schema_file(project.root, declared)


def check_tree_schemas(project: Project, workflows: Collection[str]) -> None:
    """Check every schema of the work tree. *workflows* are the names of all workflows.

    Raises ConfigError.
    """
    refuse_unknown_workflows(project.input_schemas, workflows)
    for workflow in project.input_schemas:
        tree_schema(project, workflow)


def committed_schemas(
    workspace: Workspace, commit: str, workflows: Collection[str]
) -> dict[str, Schema]:
    """Return the schemas in a commit, by workflow. Raises ConfigError."""
    declared = workspace.project.input_schemas
    refuse_unknown_workflows(declared, workflows)
    inside = f"{workspace.folder}/" if workspace.folder else ""
    read = workspace.git.objects.read
    return {
        workflow: read_schema(schema, lambda path: read(commit, f"{inside}{path}"))
        for workflow, schema in declared.items()
    }


def released_schema(
    workspace: Workspace, snapshot: Snapshot, version: str, workflow: str
) -> Schema | None:
    """Return the schema of a workflow in a release; None without one. Raises TamperedError."""
    schema = workspace.ledger.releases.schema(snapshot, version, workflow)
    fault = None if schema is None else schema_fault(schema)
    if fault is not None:
        raise TamperedError(
            f"The input schema of {workflow} in {version} was edited or damaged.", why=f"{fault}."
        )
    released: Schema | None = schema
    return released


def refuse_started_input(
    workflow: str, schemas: Mapping[str, Schema | None], input: Any, *, live: str
) -> None:
    """Raise UsageError for an input that doesn't fit the schema of a release that may run.

    *schemas* are those of the releases. The error names the release, unless only *live* may run.
    """
    shown = schemas.keys() != {live}
    for release, schema in schemas.items():
        refuse_input(workflow, schema, input, skip="--no-schema", release=release if shown else "")


def refuse_input(
    workflow: str, schema: Schema | None, input: Any, *, skip: str, release: str = ""
) -> None:
    """Raise UsageError for an input that doesn't fit its workflow's schema.

    *skip* is how to leave out the check. *release* is the one of the schema, if it has to be said.
    """
    faults = value_faults(schema, input) if schema is not None else []
    if faults:
        more = len(faults) - _SHOWN
        lines = [*faults[:_SHOWN], *([f"… and {count(more, 'more fault')}"] if more > 0 else [])]
        raise UsageError(
            f"The input doesn't fit the input schema of {workflow}"
            f"{f' in {release}' if release else ''}.",
            why="\n  ".join(lines),
            fix=f"Correct the input, or start without the check:  {skip}",
        )
