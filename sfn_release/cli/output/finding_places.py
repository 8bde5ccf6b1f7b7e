"""The place of a finding, or of an error, as the host of the repository names it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfn_release.errors import SfnReleaseError
    from sfn_release.operations.verbs.check import CheckedFinding

_PLACE = re.compile(r"(?P<file>[^:\n]+?):(?P<line>[1-9]\d*) ")  # how our errors begin


def repository_file(found: CheckedFinding) -> str:
    """Return the file of a finding, relative to the root of its repository.

    A file outside a repository is returned as it is shown.
    """
    if found.path is None:
        return found.file
    path = found.path.resolve()
    root = repository_root(path)
    return path.relative_to(root).as_posix() if root else found.file


def error_place(name: str, error: SfnReleaseError) -> tuple[str, int | None]:
    """Return the file and line that an error names, else *name* without a line."""
    found = _PLACE.match(error.message)
    return (found["file"], int(found["line"])) if found else (name, None)


def repository_root(path: Path) -> Path | None:
    """Return the folder above *path* that is a work tree of Git, None without one."""
    return next((above for above in path.parents if (above / ".git").exists()), None)
