"""verify: what was looked at, with OK or what is wrong, as a tree."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.ledger.remote_rewrites import Rewrite
    from sfn_release.operations.verifying import Check


@command("verify")
@click.argument("version", required=False)
@click.option(
    "--accept-rewrite",
    is_flag=True,
    help="Accept branches of the ledger that were forced back or deleted on the remote.",
)
def verify(session: Session, version: str | None, *, accept_rewrite: bool) -> int:
    """Verify that tags, ledger, definitions and records agree.

    Of release VERSION, or of all of them. Every problem is told, and makes the exit code 1.
    """
    from sfn_release.operations.verify import verify as act

    done = act(session.workspace(), version, accept_rewrite=accept_rewrite)

    def text() -> None:
        for one in done.accepted:
            _write_accepted(one)
        write_checks(done.checks, "verified")

    session.show("verify", done.to_json(), text)
    return 1 if done.problems else 0


def _write_accepted(one: Rewrite) -> None:
    now = "deleted" if one.now is None else f"now {one.now[:12]}"
    terminal.write(f"accepted: {one.ref} is {now}. It was {one.seen} and lost:")
    for commit in one.dropped:
        terminal.write(f"  {commit[:12]}")


def write_checks(checks: Iterable[Check], done: str) -> None:
    """Write the checks below what they are about, and how many problems there were."""
    found = list(checks)
    for subject, group in groupby(found, key=lambda one: one.subject):
        terminal.write(subject, style="bold")
        for one in group:
            if one.unknown:
                terminal.write_parts(
                    "  ", terminal.Styled("NOT CHECKED", "yellow"), f"  {one.text}"
                )
            elif one.error is None:
                terminal.write_parts("  ", terminal.Styled("OK", "green"), f"  {one.text}")
            else:
                _write_problem(one)
    problems = sum(one.error is not None for one in found)
    terminal.write(
        f"{problems} problem{'' if problems == 1 else 's'}" if problems else f"{done}: all OK",
        style="red" if problems else "green",
    )


def _write_problem(one: Check) -> None:
    error = one.error
    assert error is not None  # noqa: S101 - the caller looked
    code = terminal.Styled(error.code, "red")
    about = "" if one.text.lower() in error.message.lower() else f"{one.text}: "
    terminal.write_parts("  ", code, f"  {about}{error.message}")
    for line in [*error.why.split("\n"), *error.fix.split("\n")]:
        if line.strip():
            terminal.write(f"      {line.strip()}")


COMMANDS = {"verify": verify}
