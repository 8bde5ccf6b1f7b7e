"""DraftReader: reads the workflows and files to check, also if they have errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sfn_release.errors import NotFoundError, SfnReleaseError
from sfn_release.project import Project, existing_files
from sfn_release.project.modules.drafts import (
    Draft,
    read_file_drafts,
    read_project_drafts,
    read_text_draft,
)
from sfn_release.project.modules.single_file import STDIN, is_file
from sfn_release.project.modules.workflow_files import source_named
from sfn_release.text import did_you_mean


def refuse_other_files(named: Sequence[str], directory: Path, environ: Mapping[str, str]) -> None:
    """Raise UsageError for an existing file whose name doesn't end like a definition's."""
    for name in named:
        if not is_file(name) and existing_files.is_file(directory / name):
            read_file_drafts(directory / name, name=name, environ=environ)


@dataclass
class DraftReader:
    """Reads drafts of a project and of files. *failures*: the error for each unreadable file."""

    directory: Path
    project: Project | None
    stdin: Callable[[], bytes]
    environ: Mapping[str, str]
    failures: dict[str, SfnReleaseError] = field(default_factory=dict)
    _names: frozenset[str] | None = None

    def read(self, named: Sequence[str]) -> Iterator[tuple[Draft, bool]]:
        """Yield each draft with whether a release would contain it as it is.

        *named* are workflows, files and ``-``; nothing stands for every workflow of the project. If
        there are several, an error in reading a file goes to the failures instead.
        """
        workflows = [name for name in named if not is_file(name)]
        if self.project is not None and (workflows or not named):
            for draft in self._of_project(self.project, workflows):
                if not named or draft.declaration.name in workflows:
                    yield draft, True
        for name in filter(is_file, dict.fromkeys(named)):
            try:
                found = self._of_source(name)
                drafts = found or self._of_file(name)
            except SfnReleaseError as error:
                if len(named) == 1:
                    raise
                self.failures[name] = error
            else:
                yield from ((draft, bool(found)) for draft in drafts)

    def workflow_names(self) -> frozenset[str]:
        """Return the names of all workflows of the project."""
        if self._names is None and self.project is not None:
            self._of_project(self.project, ())
        return self._names or frozenset()

    def _of_project(self, project: Project, wanted: Sequence[str]) -> tuple[Draft, ...]:
        """Return all drafts of the project; raises NotFoundError for an unknown *wanted* name."""
        drafts = read_project_drafts(
            project.root,
            project.workflows,
            work_tree=_work_tree(project.root),
            environ=self.environ,
        )
        known = [str(draft.declaration.name) for draft in drafts]
        self._names = frozenset(known)
        for name in wanted:
            if name not in known:
                raise NotFoundError(
                    f"There is no workflow {name!r} in {project.workflows}/.",
                    why=f"There are: {', '.join(known)}.",
                    fix=did_you_mean(name, known)
                    or "A file name must end with .json, .yaml, .yml or .py.",
                )
        return drafts

    def _of_source(self, name: str) -> tuple[Draft, ...]:
        """Return the drafts of the file *name* if the project releases it, or nothing.

        It is read with the rest of the project, so that it has the same findings in both cases.
        """
        project = self.project
        if project is None or name == STDIN:
            return ()
        source = source_named(project.root, project.workflows, self.directory / name)
        if source is None:
            return ()
        drafts = read_project_drafts(
            project.root,
            project.workflows,
            work_tree=_work_tree(project.root),
            environ=self.environ,
            only=source,
        )
        return tuple(
            replace(draft, declaration=replace(draft.declaration, source=name)) for draft in drafts
        )

    def _of_file(self, name: str) -> tuple[Draft, ...]:
        if name == STDIN:
            return (read_text_draft(self.stdin(), "stdin"),)
        return read_file_drafts(self.directory / name, name=name, environ=self.environ)


def _work_tree(root: Path) -> Path:
    return next((path for path in (root, *root.parents) if (path / ".git").exists()), root)
