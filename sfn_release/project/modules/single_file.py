"""Reads one workflow file that you name, in any format, without its project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sfn_release.authoring.declaration import Declaration
from sfn_release.checks.finding import refuse
from sfn_release.errors import NotFoundError, UsageError
from sfn_release.project.modules.declared_workflows import load_workflows
from sfn_release.project.modules.foreign_templates import TERRAFORM
from sfn_release.project.modules.workflow_files import (
    Module,
    document_name,
    module_name,
    parse_document,
)

SUFFIXES = (".json", ".yaml", ".yml", ".py")
STDIN = "-"
_MARKS = ("releases.toml", "pyproject.toml", ".git")  # files of a project's root


def is_file(argument: str) -> bool:
    """Return whether an argument is a file or standard input, and not a workflow's name."""
    return argument == STDIN or argument.endswith(SUFFIXES)


def read_workflows(
    file: Path, *, name: str = "", environ: Mapping[str, str] | None = None
) -> tuple[Declaration, ...]:
    """Return the declarations of *file*, sorted by name; definitions are not checked.

    A Python module is loaded in a process of its own, as a module of the project that it lies in,
    or of its folder alone. Errors call the file *name*.
    ``PATH`` and a few similar variables come from *environ*.

    Raises UsageError for another suffix, NotFoundError without the file, BuildError for a module
    that doesn't load, and DefinitionError for an invalid definition.
    """
    name = name or str(file)
    if not name.endswith(SUFFIXES):
        raise wrong_ending(name)
    content = read_content(file, name)
    if name.endswith(".py"):
        return _of_module(file.resolve(), environ or {})
    return (read_text(content, name),)


def wrong_ending(name: str) -> UsageError:
    """Return the error that the file *name* can't hold a workflow."""
    if name.endswith(".tf"):
        return UsageError(f"{name} is {TERRAFORM.noun}, not a definition.", fix=TERRAFORM.fix)
    return UsageError(
        f"{name} is not a workflow file.", fix=f"Workflow files end in {', '.join(SUFFIXES)}."
    )


def read_content(file: Path, name: str) -> bytes:
    """Return the bytes of *file*, which errors call *name*; raises NotFoundError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{name} can't be read: {error.strerror}.") from error


def read_text(content: bytes, name: str) -> Declaration:
    """Return the definition in *content*; the suffix of *name* is its format, by default JSON.

    Raises DefinitionError for an invalid definition.
    """
    workflow = "stdin" if name == STDIN else document_name(name)
    shown = "stdin" if name == STDIN else name
    return Declaration(workflow, parse_document(content, shown), source=shown)


def _of_module(file: Path, environ: Mapping[str, str]) -> tuple[Declaration, ...]:
    root, module = locate(file)
    folder = Path(module.file).parent.as_posix()
    workflows = load_workflows(root, (module,), folder=folder, work_tree=root, environ=environ)
    for workflow in workflows:
        name = workflow.declaration.name
        refuse(workflow.findings, f"The workflow {name!r} in {workflow.place}")
    return tuple(
        sorted((workflow.declaration for workflow in workflows), key=lambda found: found.name)
    )


def locate(file: Path) -> tuple[Path, Module]:
    """Return the project's folder around a module's *file*, or its own folder, and the module."""
    root = next((folder for folder in file.parents if _is_project(folder)), file.parent)
    inside = file.relative_to(root).as_posix()
    return root, Module(module_name(inside), inside)


def _is_project(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in _MARKS)
