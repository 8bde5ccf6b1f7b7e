"""import: write an existing definition as a Python module."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import make_folder, read_stdin, write_new, write_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.errors import FileError, UsageError

if TYPE_CHECKING:
    from sfn_release.authoring.importing import ImportedStateMachine

_STDOUT = "-"
_LONGEST = 80  # characters of a state machine's name
_REFUSER = {"error": "Step Functions", "warning": "publish"}
_SHOWN = 3  # errors of a definition to show


@command("import")
@click.argument("named", metavar="FILE|ARN")
@click.option("--out", metavar="PATH", help="Write to this file; - prints the module.")
@click.option(
    "--name", metavar="NAME", help="The workflow's name. Default: the file's, or the one in AWS."
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
def run(session: Session, named: str, out: str | None, name: str | None, force: bool) -> None:
    """Turn an existing definition into a Python module.

    FILE is a definition (.json, .yaml, or - for standard input), or the output of `aws
    stepfunctions describe-state-machine`. ARN is a state machine, version or alias in the
    environment's account; its type, role, logging, tracing and tags are imported too. The module
    goes to the project's workflows folder. Its definition has the same digest as the original.
    Beside it, import writes a first test with a mock for every task, for you to complete.
    """
    from sfn_release.authoring.importing import write_module
    from sfn_release.canonical import digest, short
    from sfn_release.operations.verbs.import_ import import_source

    given = import_source(
        named,
        session.directory,
        workspace=session.workspace,
        environment=session.environment,
        stdin=read_stdin,
        environ=os.environ,
    )
    given = replace(given, name=_name(given.name, name))
    text = write_module(given)
    path = None if out == _STDOUT else _path(session, given.name, out)
    tests = None
    if path is not None:
        _write(path, text, force=force)
        tests = _write_tests(path, given)
    refusals = _refusals(given)
    same = digest(given.definition)
    members = {
        "workflow": given.name,
        "file": None if path is None else str(path),
        "definition_digest": same,
        "module": text,
        "tests": None if tests is None else str(tests),
    }

    def show() -> None:
        if path is None:
            terminal.write_block(text.rstrip())
        else:
            terminal.write_parts(terminal.Styled("wrote  ", "green"), _shown(session, path))
            if tests is not None:
                terminal.write_parts(terminal.Styled("wrote  ", "green"), _shown(session, tests))
            terminal.say(f"The definition has the digest of the original: {short(same)}")
            terminal.say("`sfn-release list -v` shows this digest too.")
        for refusal in refusals:
            terminal.say(f"warning: {refusal}", style="yellow")
        if path is not None and (session.directory / named).resolve().parent == path.parent:
            terminal.say(f"Both files declare {given.name}. Remove the old one:  git rm {named}")

    session.show("import", members, show)


def _name(own: str, asked: str | None) -> str:
    """Return a name that AWS accepts; raises UsageError if the name *asked* for isn't valid."""
    from sfn_release.project.aws_rules import state_machine_name

    problem = state_machine_name(asked) if asked is not None else None
    if problem:
        raise UsageError(f"{asked!r} can't be the name of a workflow.", why=problem)
    if asked is not None:
        return asked
    if state_machine_name(own) is None:
        return own
    return "-".join(re.findall(r"[A-Za-z0-9_.-]+", own))[:_LONGEST] or "workflow"


def _path(session: Session, name: str, out: str | None) -> Path:
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


def _shown(session: Session, path: Path) -> str:
    """Return a path relative to the session's folder, if it is inside."""
    here = session.directory.resolve()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _write(path: Path, text: str, *, force: bool) -> None:
    if force:
        make_folder(path.parent)
        write_text(path, text)
    elif not write_new(path, text):
        raise FileError(
            f"{path} already exists, and was left unchanged.",
            fix="Replace it with --force, or name another file with --out PATH.",
        )


def _write_tests(path: Path, given: ImportedStateMachine) -> Path | None:
    """Write a first test beside the module; return its path, None if there are tests already."""
    from sfn_release.operations.scaffold.first_test import first_test
    from sfn_release.testing.declared.tests_file import file_of_tests

    tests = path.with_name(file_of_tests(path.name))
    return tests if write_new(tests, first_test(path.name, given.definition)) else None


def _refusals(given: ImportedStateMachine) -> list[str]:
    """Return why Step Functions, or else `publish`, would refuse the definition: a few lines."""
    from sfn_release.checks.checker import check_definition
    from sfn_release.project.modules.acceptance import as_released

    findings = check_definition(given.definition, type=given.type)
    return [
        f"{_REFUSER[finding.severity]} would refuse it: {finding}"
        for finding in findings
        if as_released(finding).severity == "error"
    ][:_SHOWN]
