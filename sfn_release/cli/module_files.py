"""The files of a workflow that is taken in: where its module goes, writing it, its first test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sfn_release.cli.files import make_folder, write_new, write_text
from sfn_release.cli.session import Session
from sfn_release.errors import FileError, UsageError

if TYPE_CHECKING:
    from sfn_release.authoring.importing import ImportedStateMachine

_REFUSER = {"error": "Step Functions", "warning": "publish"}
_SHOWN = 3  # errors of a definition to show


def module_path(session: Session, name: str, out: str | None) -> Path:
    """Return the file to write; raises UsageError if the folder is unknown."""
    from sfn_release.authoring.importing.identifiers import identifier
    from sfn_release.errors import NotFoundError
    from sfn_release.project import find_project, read_project

    if out is not None:
        return session.directory.resolve() / out
    try:
        project = read_project(find_project(session.directory))
    except NotFoundError as error:
        raise UsageError(
            f"{error.message} So the folder for modules is unknown.",
            fix="Name a file with --out PATH, print the module with --out -, or run `init`.",
        ) from error
    return project.root.resolve() / project.workflows / f"{identifier(name, 'workflow')}.py"


def shown_path(session: Session, path: Path) -> str:
    """Return a path relative to the session's folder, if it is inside."""
    here = session.directory.resolve()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def write_module_file(path: Path, text: str, *, force: bool) -> None:
    """Write a module, replacing an existing one with *force*; else raise FileError for it."""
    if force:
        make_folder(path.parent)
        write_text(path, text)
    elif not write_new(path, text):
        raise FileError(
            f"{path} already exists, and was left unchanged.",
            fix="Replace it with --force, or name another file with --out PATH.",
        )


def write_first_tests(path: Path, given: ImportedStateMachine) -> Path | None:
    """Write a first test beside the module; return its path, None if there are tests already."""
    from sfn_release.operations.scaffold.first_test import first_test
    from sfn_release.testing.declared.tests_file import file_of_tests

    tests = path.with_name(file_of_tests(path.name))
    return tests if write_new(tests, first_test(path.name, given.definition)) else None


def refusals(given: ImportedStateMachine) -> list[str]:
    """Return why Step Functions, or else `publish`, would refuse the definition: a few lines."""
    from sfn_release.checks.checker import check_definition
    from sfn_release.project.modules.acceptance import as_released

    findings = check_definition(given.definition, type=given.type)
    return [
        f"{_REFUSER[finding.severity]} would refuse it: {finding}"
        for finding in findings
        if as_released(finding).severity == "error"
    ][:_SHOWN]
