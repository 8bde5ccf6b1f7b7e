"""The place of a finding, or of an error, as the host of the repository names it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_release.errors import NotFoundError
from sfn_release.project import FILE_NAME, find_project

if TYPE_CHECKING:
    from sfn_release.errors import SfnReleaseError
    from sfn_release.operations.verbs.check import CheckedFinding

_PLACE = re.compile(r"(?P<file>[^:\n]+?):(?P<line>[1-9]\d*)[: ]")  # how our errors begin
_STDIN = "stdin"


@dataclass(frozen=True)
class RepositoryPlaces:
    """Names files from the root of their repository, as hosts of repositories do.

    *directory* is the working folder, *project* the folder of releases.toml. A file outside of a
    repository is named from the working folder, and outside of that by its whole path.
    """

    directory: Path
    project: Path

    @classmethod
    def around(cls, directory: Path) -> RepositoryPlaces:
        """Return the places for commands that run in *directory*."""
        folder = directory.resolve()
        try:
            return cls(folder, find_project(folder).parent)
        except NotFoundError:
            return cls(folder, folder)

    def of_finding(self, found: CheckedFinding) -> str:
        """Return the file of a finding; a finding about several files is one of releases.toml."""
        if found.file == _STDIN:
            return _STDIN
        return self._named(found.path or self.project / (found.file or FILE_NAME))

    def of_error(self, name: str, error: SfnReleaseError) -> tuple[str, int | None]:
        """Return the file and line that an error names, else the file *name* without a line."""
        found = _PLACE.match(error.message)
        named = self.directory / name
        if found is None:
            below = self.project / name
            return self._named(below if below.exists() and not named.exists() else named), None
        file, line = found["file"], int(found["line"])
        return self._named(named if file == name and named.exists() else self.project / file), line

    def _named(self, file: Path) -> str:
        path = file.resolve()
        root = repository_root(path)
        for folder in (root, self.directory):
            if folder is not None and path.is_relative_to(folder):
                return path.relative_to(folder).as_posix()
        return path.as_posix()


def repository_root(path: Path) -> Path | None:
    """Return the folder above *path* that is a work tree of Git, None without one."""
    return next((above for above in path.parents if (above / ".git").exists()), None)
