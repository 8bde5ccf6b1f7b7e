"""Reads a definition by the name of its workflow or file, as you type it on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_release.authoring.declaration import Declaration
from sfn_release.errors import UsageError
from sfn_release.project import existing_files
from sfn_release.project.modules.single_file import STDIN, is_file, read_text, read_workflows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfn_release.operations.workspace import Workspace


def read_source(
    named: str,
    directory: Path,
    *,
    workspace: Callable[[], Workspace],
    stdin: Callable[[], bytes],
    environ: Mapping[str, str],
) -> tuple[Declaration, ...]:
    """Return the workflows of a file, of *stdin* (``-``), or the workflow with the name *named*.

    Only a workflow's name needs a project: *workspace* opens it. Definitions from files aren't
    checked. Raises the errors of `read_workflows` and `build_definitions`.
    """
    if named == STDIN:
        return (read_text(stdin(), STDIN),)
    if is_file(named) or existing_files.is_file(directory / named):
        return read_workflows(directory / named, name=named, environ=environ)
    from sfn_release.operations.verbs.build import build_definitions

    return build_definitions(workspace(), named)


def only(declarations: tuple[Declaration, ...], named: str) -> Declaration:
    """Return the only workflow of *named*; raises UsageError if it has several."""
    if len(declarations) > 1:
        names = ", ".join(declaration.name for declaration in declarations)
        raise UsageError(
            f"{named} has {len(declarations)} workflows: {names}.",
            fix="In the project that the file belongs to, name the workflow instead of the file.",
        )
    return declarations[0]
