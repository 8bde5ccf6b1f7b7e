"""import: write an existing definition as a Python module."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import click

from sfn_release.cli import module_files
from sfn_release.cli.files import read_stdin
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError

_STDOUT = "-"
_LONGEST = 80  # characters of a state machine's name


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
    It also writes a first test beside the module, with a mock for every task. Complete it.
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
    path = None if out == _STDOUT else module_files.module_path(session, given.name, out)
    tests = None
    if path is not None:
        module_files.write_module_file(path, text, force=force)
        tests = module_files.write_first_tests(path, given)
    refusals = module_files.refusals(given)
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
            terminal.write_parts(
                terminal.Styled("wrote  ", "green"), module_files.shown_path(session, path)
            )
            if tests is not None:
                terminal.write_parts(
                    terminal.Styled("wrote  ", "green"), module_files.shown_path(session, tests)
                )
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
