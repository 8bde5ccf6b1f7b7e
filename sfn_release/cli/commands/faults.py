"""faults: inject every error into every task of a workflow, and show how each run ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import read_given, read_stdin, read_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfn_release.operations.verbs.faults import ChosenCase
    from sfn_release.testing.faults.failure_map import FailureMap, FaultRow


@command("faults")
@click.argument("workflow", metavar="WORKFLOW|FILE")
@click.option(
    "--input",
    "given",
    metavar="JSON|@FILE|-",
    help="The input of the passing case. Default: the input of the workflow's first test, or {}.",
)
@click.option(
    "--test-case", metavar="NAME", help="A test of the workflow, or a case of a mock file."
)
@click.option("--mocks", metavar="FILE", help="A mock file, which answers before all others.")
@click.option(
    "--bucket",
    "buckets",
    multiple=True,
    metavar="NAME=FOLDER",
    help="Use a folder as an S3 bucket. Repeatable.",
)
@click.option(
    "--require-handled",
    "required",
    multiple=True,
    metavar="ERRORS",
    help="Exit 1 if one of these errors ends an execution without a handler. Separate names by"
    " commas; * stands for any text.",
)
@click.option(
    "--most-runs",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="The largest number of runs. Default: 5000 runs.",
)
def run(
    session: Session,
    workflow: str,
    given: str | None,
    test_case: str | None,
    mocks: str | None,
    buckets: tuple[str, ...],
    required: tuple[str, ...],
    most_runs: int | None,
) -> int:
    """Show what happens when tasks of a workflow fail.

    Starts from a case that succeeds. Then it injects every error and every unusual answer that a
    task can have, into one task after the other. For each error, it shows the retries and their
    time, the Catch, and where the execution ends. It also lists the errors without a handler.
    Everything runs on this machine, in virtual time.

    WORKFLOW is a workflow of the project. FILE is a definition (.json, .yaml) and needs no project.
    """
    from sfn_release.cli.output.failure_map_text import write_failure_map
    from sfn_release.operations.verbs.faults import ChosenCase

    case = ChosenCase(
        None if given is None else read_given(session.directory, given),
        test_case,
        None if mocks is None else read_text(session.directory / mocks),
        mocks or "",
    )
    found = _explored(session, workflow, case, buckets, most_runs)
    refusals = [*_refusals(found, required)]
    members = found.to_json() | ({"required": [*required]} if required else {})
    session.show("faults", members, lambda: write_failure_map(found, verbose=session.verbose))
    for line in refusals:
        terminal.say_always(f"error: {line}", style="red")
    return 1 if refusals else 0


def _explored(
    session: Session,
    workflow: str,
    case: ChosenCase,
    buckets: tuple[str, ...],
    most_runs: int | None,
) -> FailureMap:
    from sfn_release.operations.definition_sources import only, read_source
    from sfn_release.operations.local_settings import read_buckets
    from sfn_release.operations.verbs.faults import faults, faults_of_definition
    from sfn_release.project import existing_files
    from sfn_release.project.modules.single_file import STDIN, is_file
    from sfn_release.testing.faults.exploration import MOST_RUNS

    budget = most_runs or MOST_RUNS
    file = workflow == STDIN or is_file(workflow)
    if not file and not existing_files.is_file(session.directory / workflow):
        return faults(
            session.workspace(),
            workflow,
            case=case,
            environment=session.environment,
            buckets=read_buckets(session.directory, buckets),
            most_runs=budget,
        )
    declared = read_source(
        workflow,
        session.directory,
        workspace=session.workspace,
        stdin=read_stdin,
        environ=os.environ,
    )
    return faults_of_definition(only(declared, workflow), case, most_runs=budget)


def _refusals(found: FailureMap, required: tuple[str, ...]) -> Iterator[str]:
    """Yield why --require-handled fails: a line for each task that has unhandled errors.

    An incomplete map proves nothing, so it fails too. Raises UsageError for an unknown error.
    """
    from sfn_release.cli.output.failure_map_text import some_names

    patterns = [name.strip() for names in required for name in names.split(",") if name.strip()]
    if required and not patterns:
        raise UsageError("--require-handled names no error.", fix="Name one: States.Timeout")
    for pattern, question in () if found.stopped else found.unknown(patterns):
        raise UsageError(
            f"--require-handled: no task of {found.workflow} can meet {pattern}.",
            fix=question or "Leave it out. --json lists all errors.",
        )
    by_reason: dict[tuple[str, str], list[str]] = {}
    for row in found.unhandled(patterns):
        names = by_reason.setdefault(_reason(row), [])
        names += [row.error] if row.error not in names else []
    for (start, end), errors in by_reason.items():
        yield f"{start} {some_names(errors)}{end}"
    if required and found.stopped:
        yield f"--require-handled has no answer: the failure map is incomplete, {found.stopped}."


def _reason(row: FaultRow) -> tuple[str, str]:
    """Return why a row isn't handled: the text before the names of its errors, and after them."""
    if not row.explored:
        cause = row.end_cause or row.end_error
        return f"{row.state} isn't explored to the end after", f". {cause}"
    if row.caught_by is None:
        return f"{row.state} doesn't handle", "."
    end = "it never ends" if row.status == "RUNNING" else f"{row.ends_at} fails: {row.end_error}"
    return f"{row.state} catches", f", but then {end}."
