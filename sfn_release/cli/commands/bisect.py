"""bisect: find the release that changed a workflow's result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.exits import FAILED
from sfn_release.cli.files import read_given, read_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.changes_text import write_difference
from sfn_release.cli.session import Session
from sfn_release.errors import DefinitionError, UsageError
from sfn_release.text import count, excerpt

if TYPE_CHECKING:
    from sfn_release.operations.bisected_answers import Bisected, ReleaseChange
    from sfn_release.operations.workflow_releases import BisectedRelease
    from sfn_release.simulator import Mocks
    from sfn_release.testing.declared.declared_test import Expectation

_STATUSES = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
_LONGEST = 400  # characters of a result on a line


@command("bisect")
@click.argument("workflow")
@click.option(
    "--input", "given", metavar="JSON|@FILE|-", default="{}", help="The input. Default: {}."
)
@click.option(
    "--expect", "status", type=click.Choice(_STATUSES), help="The expected end of the execution."
)
@click.option("--error", metavar="NAME", help="The expected error of the execution.")
@click.option("--output", metavar="JSON|@FILE", help="The expected output.")
@click.option("--good", metavar="VERSION", help="A release with the expected result.")
@click.option("--bad", metavar="VERSION", help="A release with another result.")
@click.option("--mocks", metavar="FILE", help="A mock file, which answers before all others.")
def run(
    session: Session,
    workflow: str,
    given: str,
    status: str | None,
    error: str | None,
    output: str | None,
    good: str | None,
    bad: str | None,
    mocks: str | None,
) -> int:
    """Find the release that changed a workflow's result.

    Runs the released definitions on one input, on this machine and in virtual time, with the mocks
    of the work tree. The work tree itself comes last, if it differs from the newest release. --env
    uses the parameters of another environment. Exits 1 if all results are the same.
    """
    from sfn_release.operations.verbs.bisect import bisect

    found = bisect(
        session.workspace(),
        workflow,
        input=read_given(session.directory, given),
        expected=_expected(session, status, error, output),
        good=good,
        bad=bad,
        environment=session.environment,
        mocks=_mocks(session, mocks),
    )
    session.show("bisect", found.to_json(), lambda: _write(session, found))
    return 0 if found.change else FAILED


def _expected(
    session: Session, status: str | None, error: str | None, output: str | None
) -> Expectation:
    from sfn_release.canonical import loads
    from sfn_release.testing.declared.declared_test import Expectation

    if status is None and error is None and output is None:
        raise UsageError(
            "bisect needs the expected result.",
            fix="Add --expect SUCCEEDED, --error NAME or --output JSON.",
        )
    try:
        value = None if output is None else (loads(read_given(session.directory, output)),)
    except DefinitionError as fault:
        raise UsageError(
            "The expected output isn't JSON.", why=fault.message, fix="A text needs quotes: '\"a\"'"
        ) from fault
    return Expectation(status=status, error=error, output=value)


def _mocks(session: Session, file: str | None) -> Mocks | None:
    if file is None:
        return None
    from sfn_release.simulator import load_mocks

    return load_mocks(read_text(session.directory / file).encode(), file=file)


def _write(session: Session, found: Bisected) -> None:
    change = found.change
    if change is None:
        terminal.write_parts(terminal.Styled(found.why, "yellow"))
        if found.got is not None:
            terminal.write_parts(
                terminal.Styled("  result     ", "dim"), excerpt(str(found.got), _LONGEST)
            )
    else:
        _write_change(session, found, change)
    runs = f"{count(found.releases, 'candidate')}, {count(found.runs, 'run')}"
    terminal.write_parts(terminal.Styled("  searched   ", "dim"), runs)
    for note in found.notes:
        terminal.say(f"warning: {note}", style="yellow")
    if session.verbose and change is not None:
        for label, answer in (("before", change.before), ("after", change.after)):
            terminal.write_parts(terminal.Styled(f"  {label:<9}  ", "dim"), " → ".join(answer.path))


def _write_change(session: Session, found: Bisected, change: ReleaseChange) -> None:
    verb = "fixed" if change.meets else "changed"
    terminal.write_parts(
        terminal.Styled(change.release.label, "bold"), f" {verb} the result of {found.workflow}"
    )
    for label, text in (
        ("commit", _commit(session, change.release)),
        ("previous", _named(change.previous)),
        ("before", excerpt(str(change.before), _LONGEST)),
        ("after", excerpt(str(change.after), _LONGEST)),
    ):
        terminal.write_parts(terminal.Styled(f"  {label:<9}  ", "dim"), text)
    if change.gap:
        terminal.write_parts(
            terminal.Styled("  gap        ", "dim"), "releases between the two couldn't be run"
        )
    terminal.write_parts(
        terminal.Styled(
            f"  {count(found.differences, 'difference')} to {change.previous.label}", "dim"
        )
    )
    for difference in found.differences:
        write_difference(difference)
    if found.others:
        terminal.write_parts(
            terminal.Styled("  The result changed before, too", "yellow"),
            f": in {', '.join(_direction(other) for other in found.others)}",
        )


def _direction(change: ReleaseChange) -> str:
    return f"{change.release.label} ({'to' if change.meets else 'from'} the expected one)"


def _named(release: BisectedRelease) -> str:
    return f"{release.label}{' (yanked)' if release.yanked else ''}"


def _commit(session: Session, release: BisectedRelease) -> str:
    manifest = release.manifest
    yanked = " (yanked)" if release.yanked else ""
    if manifest is None:
        return "not committed as a release"
    if manifest.found is not None:
        return f"none: it was found in {session.label(manifest.found)}{yanked}"
    return f"{manifest.commit[:12]} by {manifest.author}, {session.when(manifest.date)}{yanked}"
