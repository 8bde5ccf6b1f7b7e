"""Reads workflows for `check`: their problems are findings, not errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sfn_release.authoring.declaration import Declaration
from sfn_release.checks.finding import Finding
from sfn_release.errors import BuildError, DefinitionError
from sfn_release.project.modules.declared_workflows import DeclaredWorkflow, load_workflows
from sfn_release.project.modules.single_file import SUFFIXES, locate, read_content, wrong_ending
from sfn_release.project.modules.workflow_files import (
    Module,
    definition_in,
    document_name,
    find_workflow_files,
)


@dataclass(frozen=True)
class Draft:
    """An unchecked workflow with its known *findings*.

    *text* is the content of its source, "" if unknown, and *path* the file.
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

    With *only*, return the workflows of that file below *root*, one of the folder's files.

    Raises NotFoundError without that folder or for a file that can't be read, and BuildError for a
    module that doesn't load.
    """
    sources = find_workflow_files(root, workflows)
    modules = tuple(module for module in sources.modules if only in (None, module.file))
    drafts = [
        _document(read_content(root / file, file), file, root / file)
        for file in sources.documents
        if only in (None, file)
    ]
    if modules:
        drafts += _modules(root, workflows, modules, work_tree, environ)
    return tuple(sorted(drafts, key=lambda draft: str(draft.declaration.name)))


def read_file_drafts(file: Path, *, name: str, environ: Mapping[str, str]) -> tuple[Draft, ...]:
    """Return the workflows in one *file*, which errors call *name*; no project is needed.

    Raises UsageError for another suffix, NotFoundError without the file, and BuildError for a
    module that doesn't load.
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
    return tuple(sorted(drafts, key=lambda draft: str(draft.declaration.name)))


def read_text_draft(content: bytes, name: str) -> Draft:
    """Return the definition in *content* with the file name *name*: JSON, or YAML if it ends so."""
    return _document(content, name)


def _document(content: bytes, name: str, path: Path | None = None) -> Draft:
    text = content.decode(errors="replace")
    workflow = document_name(name)
    try:
        definition = definition_in(content, yaml=name.endswith((".yaml", ".yml")))
    except DefinitionError as error:
        message = " ".join([error.message, *error.why.split()])
        found = Finding("not-json", "error", "$", "", message, error.fix)
        return Draft(Declaration(workflow, {}, source=name), (found,), text, path)
    return Draft(Declaration(workflow, definition, source=name), (), text, path)


def _modules(
    root: Path,
    folder: str,
    modules: tuple[Module, ...],
    work_tree: Path,
    environ: Mapping[str, str],
) -> list[Draft]:
    workflows = load_workflows(root, modules, folder=folder, work_tree=work_tree, environ=environ)
    return [_module(workflow, root) for workflow in workflows]


def _module(workflow: DeclaredWorkflow, root: Path) -> Draft:
    source = workflow.declaration.source
    path = root / source
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BuildError(f"Can't read {source}: {error.strerror}.") from error
    return Draft(workflow.declaration, workflow.findings, text, path)
