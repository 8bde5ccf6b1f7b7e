"""Reads workflows to be checked: whatever is wrong with one is told, not raised."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sfn_release.authoring.declaration import Declaration
from sfn_release.checks.finding import Finding
from sfn_release.errors import BuildError, DefinitionError
from sfn_release.project.modules.entries import Entry, entries_of
from sfn_release.project.modules.files import Module, document_name, find_sources, parse_document
from sfn_release.project.modules.hiding import hidden
from sfn_release.project.modules.process import FIRST, Job, Running
from sfn_release.project.modules.single import SUFFIXES, locate, read_content, wrong_ending

_TIMEOUT = 120.0  # seconds that all modules together may take to load


@dataclass(frozen=True)
class Draft:
    """A workflow, unchecked. *findings* are what is known to be wrong already.

    *text* is what its *source* holds, "" where that is not known, and *path* the file.
    """

    declaration: Declaration
    findings: tuple[Finding, ...] = ()
    text: str = ""
    path: Path | None = None


def read_project_drafts(
    root: Path,
    workflows: str,
    *,
    work_tree: Path,
    environ: Mapping[str, str],
    only: str | None = None,
) -> tuple[Draft, ...]:
    """Return the workflows in the folder *workflows* below *root*, sorted by name.

    With *only*, those of that one file below *root*, which must be among the folder's sources.

    Raises NotFoundError without that folder or for a file that can't be read, and BuildError for a
    module that does not load.
    """
    sources = find_sources(root, workflows)
    modules = tuple(one for one in sources.modules if only in (None, one.file))
    drafts = [
        _document(read_content(root / file, file), file, root / file)
        for file in sources.documents
        if only in (None, file)
    ]
    if modules:
        drafts += _modules(root, workflows, modules, work_tree, environ)
    return tuple(sorted(drafts, key=lambda one: str(one.declaration.name)))


def read_file_drafts(file: Path, *, name: str, environ: Mapping[str, str]) -> tuple[Draft, ...]:
    """Return the workflows in one *file*, which errors call *name*; no project is needed.

    Raises UsageError for a name that ends otherwise, NotFoundError without such a file, and
    BuildError for a module that does not load.
    """
    if not name.endswith(SUFFIXES):
        raise wrong_ending(name)
    content = read_content(file, name)
    if not name.endswith(".py"):
        return (_document(content, name, file),)
    root, module = locate(file.resolve())
    folder = Path(module.file).parent.as_posix()
    drafts = [
        replace(draft, declaration=replace(draft.declaration, source=name))
        for draft in _modules(root, folder, (module,), root, environ)
    ]
    return tuple(sorted(drafts, key=lambda one: str(one.declaration.name)))


def read_text_draft(content: bytes, name: str) -> Draft:
    """Return the definition that *content* is, called *name*: JSON, or YAML if it ends so."""
    return _document(content, name)


def _document(content: bytes, name: str, path: Path | None = None) -> Draft:
    text = content.decode(errors="replace")
    workflow = document_name(name)
    try:
        declaration = Declaration(workflow, parse_document(content, name), source=name)
    except DefinitionError as error:
        message = error.message.removeprefix(f"{name}: ")
        why = f" {' '.join(error.why.split())}" if error.why else ""
        found = Finding("not-json", "error", "$", "", message + why, error.fix)
        return Draft(Declaration(workflow, {}, source=name), (found,), text, path)
    return Draft(declaration, (), text, path)


def _modules(
    root: Path,
    workflows: str,
    modules: tuple[Module, ...],
    work_tree: Path,
    environ: Mapping[str, str],
) -> list[Draft]:
    with tempfile.TemporaryDirectory(prefix="sfn-release-", ignore_cleanup_errors=True) as scratch:
        job = Job(
            root=root,
            work_tree=work_tree,
            workflows=workflows,
            modules=modules,
            scratch=Path(scratch).resolve(),
            surroundings=FIRST,
            python=sys.executable,
            environ=environ,
            timeout=_TIMEOUT,
        )
        with hidden(), Running(job) as running:
            return [_of_entry(entry, root) for entry in entries_of(running.result())]


def _of_entry(entry: Entry, root: Path) -> Draft:
    source = entry.declaration.source
    path = root / source
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BuildError(f"{source} cannot be read: {error.strerror}.") from error
    return Draft(entry.declaration, entry.findings, text, path)
