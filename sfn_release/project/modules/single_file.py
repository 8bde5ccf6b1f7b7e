"""One file, in any format that workflows are written in, without the project around it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sfn_release.authoring.declaration import Declaration
from sfn_release.checks.finding import refuse
from sfn_release.errors import NotFoundError, UsageError
from sfn_release.project.modules.declared_workflows import load_workflows
from sfn_release.project.modules.workflow_files import (
    Module,
    document_name,
    module_name,
    parse_document,
)

SUFFIXES = (".json", ".yaml", ".yml", ".py")
STDIN = "-"
_MARKS = ("releases.toml", "pyproject.toml", ".git")  # what a project's root holds


def is_file(argument: str) -> bool:
    """Tell whether an argument names a file, or standard input, rather than a workflow."""
    return argument == STDIN or argument.endswith(SUFFIXES)


def read_workflows(
    file: Path, *, name: str = "", environ: Mapping[str, str] | None = None
) -> tuple[Declaration, ...]:
    """Return what *file* declares, sorted by name; definitions are not checked.

    A Python module is loaded in a process of its own, as a module of the project that it lies in,
    or of its folder alone. *name* is what errors call the file. *environ* gives
    ``PATH`` and the like.

    Raises UsageError for a name that ends otherwise, NotFoundError without such a file, BuildError
    for a module that does not load, and DefinitionError for what is no definition.
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
    return UsageError(
        f"{name} is not a workflow file.", fix=f"Workflow files end in {', '.join(SUFFIXES)}."
    )


def read_content(file: Path, name: str) -> bytes:
    """Return the bytes of *file*, which errors call *name*; raises NotFoundError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{name} cannot be read: {error.strerror}.") from error


def read_text(content: bytes, name: str) -> Declaration:
    """Return the definition that *content* is; its format is that of *name*, by default JSON.

    Raises DefinitionError for what is no definition.
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
        refuse(workflow.findings, f"The workflow {name!r} ({workflow.place})")
    return tuple(sorted((workflow.declaration for workflow in workflows), key=lambda one: one.name))


def locate(file: Path) -> tuple[Path, Module]:
    """Return the project's folder that a module's *file* lies in, or its own, and the module."""
    root = next((one for one in file.parents if _is_project(one)), file.parent)
    inside = file.relative_to(root).as_posix()
    return root, Module(module_name(inside), inside)


def _is_project(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in _MARKS)
