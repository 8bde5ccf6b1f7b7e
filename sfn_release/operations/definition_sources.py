"""What a command line names: a workflow of the project, or a file with or without a project."""

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
    """Return what *named* declares: a file, ``-`` for *stdin*, or a workflow's name.

    *workspace* opens the project, and is asked for a name alone. Definitions from files are not
    checked. Raises what `read_workflows` and `build_definitions` raise.
    """
    if named == STDIN:
        return (read_text(stdin(), STDIN),)
    if is_file(named) or existing_files.is_file(directory / named):
        return read_workflows(directory / named, name=named, environ=environ)
    from sfn_release.operations.verbs.build import build_definitions

    return build_definitions(workspace(), named)


def only(declarations: tuple[Declaration, ...], named: str) -> Declaration:
    """Return the one workflow that *named* declares; raises UsageError for several."""
    if len(declarations) > 1:
        names = ", ".join(one.name for one in declarations)
        raise UsageError(
            f"{named} holds {len(declarations)} workflows: {names}.",
            fix="Name one of them, in the project that the file belongs to.",
        )
    return declarations[0]
