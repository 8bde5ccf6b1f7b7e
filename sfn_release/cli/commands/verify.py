"""verify: check that tags, ledger, definitions and records agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.check_tree import write_checks
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.ledger.remote_rewrites import Rewrite


@command("verify")
@click.argument("version", required=False)
@click.option(
    "--accept-rewrite",
    is_flag=True,
    help="Accept ledger branches that were forced back or deleted on the remote.",
)
def run(session: Session, version: str | None, *, accept_rewrite: bool) -> int:
    """Check that tags, ledger, definitions and records agree.

    Checks release VERSION, or all releases. Shows every problem, and exits 1 if there is one.
    """
    from sfn_release.operations.verbs.verify import verify

    done = verify(session.workspace(), version, accept_rewrite=accept_rewrite)

    def text() -> None:
        for rewrite in done.accepted:
            _write_accepted(rewrite)
        write_checks(done.checks, "verified")

    session.show("verify", done.to_json(), text)
    return 1 if done.problems else 0


def _write_accepted(rewrite: Rewrite) -> None:
    now = "deleted" if rewrite.now is None else f"now {rewrite.now[:12]}"
    terminal.write(f"accepted: {rewrite.ref} is {now}. It was {rewrite.seen}. Removed commits:")
    for commit in rewrite.dropped:
        terminal.write(f"  {commit[:12]}")
