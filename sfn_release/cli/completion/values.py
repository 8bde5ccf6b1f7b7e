"""The values of each kind that can be completed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

from sfn_release.cli.completion.candidate import Candidate
from sfn_release.cli.completion.project_outline import ProjectOutline, find_outline

_NAMED = re.compile(r"""StateMachine\(\s*name\s*=\s*["']([^"'\n]+)["']""")
_LOCAL = "local"


class Values:
    """The values for a command line in a *folder*, whose positional arguments are *given*."""

    def __init__(self, folder: Path, given: Mapping[str, str]) -> None:
        self.folder = folder
        self.given = given

    @cached_property
    def project(self) -> ProjectOutline | None:
        """The project around the folder, if there is one."""
        return find_outline(self.folder)

    def environments(self, _: str) -> Iterator[Candidate]:
        """Yield the environments of releases.toml, and `local`."""
        names = self.project.environments if self.project else []
        yield from (Candidate(name) for name in dict.fromkeys([*names, _LOCAL]))

    def live(self, start: str) -> Iterator[Candidate]:
        """Yield @ENV for each environment."""
        for environment in self.environments(start):
            yield Candidate(f"@{environment.word}", f"live in {environment.word}")

    def versions(self, _: str) -> Iterator[Candidate]:
        """Yield the releases that this clone knows, the highest first."""
        from sfn_release.cli.completion.git_names import versions

        yield from (Candidate(version) for version in _of(self.project, versions))

    def pairs(self, start: str) -> Iterator[Candidate]:
        """Yield A.. for each release and environment, and after the dots the whole A..B."""
        first, dots, _ = start.partition("..")
        for release in (*self.versions(start), *self.live(start)):
            if dots:
                yield Candidate(f"{first}..{release.word}", release.text)
            else:
                yield Candidate(f"{release.word}..", release.text, goes_on=True)

    def ends_of_pairs(self, start: str) -> Iterator[Candidate]:
        """Yield the whole A..B after ``A..``; nothing before the dots, where A alone will do."""
        if ".." in start:
            yield from self.pairs(start)

    def new_versions(self, _: str) -> Iterator[Candidate]:
        """Yield the next patch, minor and major version."""
        from sfn_release.cli.completion.git_names import versions

        highest = next(iter(_of(self.project, versions)), "0.0.0").partition("-")[0]
        major, minor, patch = (int(part) for part in highest.partition("+")[0].split("."))
        yield Candidate(f"{major}.{minor}.{patch + 1}", "the next patch")
        yield Candidate(f"{major}.{minor + 1}.0", "the next minor version")
        yield Candidate(f"{major + 1}.0.0", "the next major version")

    def workflows(self, _: str) -> Iterator[Candidate]:
        """Yield the workflows of the work tree and of the newest release. Runs no module."""
        from sfn_release.cli.completion.git_names import released_workflows

        if self.project is None:
            return
        names = [*_in_files(self.project.workflows), *self.project.declared]
        names += _of(self.project, released_workflows)
        yield from (Candidate(name) for name in sorted({*names}))

    def states(self, _: str) -> Iterator[Candidate]:
        """Yield the states of the workflow on the line, in the newest release."""
        from sfn_release.cli.completion.git_names import released_states

        workflow = self.given.get("workflow", "")
        if self.project is not None and workflow:
            found = released_states(self.project, workflow)
            yield from (Candidate(name) for name in found)

    def files(self, start: str) -> Iterator[Candidate]:
        """Yield the files and folders that a path goes on with."""
        yield from self._paths(start, folders_only=False)

    def folders(self, start: str) -> Iterator[Candidate]:
        """Yield the folders that a path goes on with."""
        yield from self._paths(start, folders_only=True)

    def input_files(self, start: str) -> Iterator[Candidate]:
        """Yield @FILE for each file; JSON itself has no completions."""
        if not start:
            yield Candidate("@", "a file", goes_on=True)
        elif start.startswith("@"):
            for path in self.files(start[1:]):
                yield Candidate(f"@{path.word}", path.text, goes_on=path.goes_on)

    def _paths(self, start: str, *, folders_only: bool) -> Iterator[Candidate]:
        above, slash, name = start.rpartition("/")
        inside = self.folder / Path(f"{above}{slash}" or ".").expanduser()
        with os.scandir(inside) as entries:
            found = sorted((entry.name, entry.is_dir()) for entry in entries)
        for entry, is_folder in found:
            hidden = entry.startswith(".") and not name.startswith(".")
            if hidden or not entry.isprintable() or (folders_only and not is_folder):
                continue
            end = "/" if is_folder else ""
            yield Candidate(f"{above}{slash}{entry}{end}", goes_on=is_folder)


def _of(project: ProjectOutline | None, names: Callable[[ProjectOutline], list[str]]) -> list[str]:
    return names(project) if project is not None else []


def _in_files(folder: Path) -> Iterator[str]:
    """Yield the workflows that the files of a folder seem to have, by their text."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        stem = path.name.split(".")[0]
        if path.name.startswith("_") or "__pycache__" in path.parts:
            continue
        if path.suffix == ".py":
            names = _NAMED.findall(path.read_text(encoding="utf-8", errors="replace"))
            yield from names or [stem]
        elif re.search(r"\.asl\.(json|ya?ml)$", path.name):
            yield stem


Finder = Callable[[Values, str], Iterator[Candidate]]

FINDERS: Final[Mapping[str, tuple[Finder, ...]]] = {
    # word of a metavar → its values
    "VERSION": (Values.versions,),
    "NEW_VERSION": (Values.new_versions,),
    "RELEASE|@ENV": (Values.versions, Values.live),
    "A..B": (Values.pairs,),
    "A|A..B": (Values.versions, Values.live, Values.ends_of_pairs),
    "WORKFLOW": (Values.workflows,),
    "ENVIRONMENT": (Values.environments,),
    "STATE": (Values.states,),
    "FILE": (Values.files,),
    "PATH": (Values.files,),
    "DIR": (Values.folders,),
    "FOLDER": (Values.folders,),
    "@FILE": (Values.input_files,),
}
