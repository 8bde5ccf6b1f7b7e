"""yank: block a release from being deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.operations.verbs.yank import Yanked
    from sfn_release.operations.workspace import Workspace


@command("yank")
@click.argument("version")
@click.option(
    "--reason", metavar="TEXT", required=True, help="Why. Shown to everyone who tries to deploy it."
)
def run(session: Session, version: str, reason: str) -> None:
    """Block a release from being deployed.

    Every clone refuses to deploy it. Where it is live, it stays live.
    """
    from sfn_release.operations.verbs.yank import yank

    workspace = session.workspace()
    done = yank(workspace, version, reason=reason)
    session.show("yank", done.to_json(), lambda: _write(done))
    _warn(workspace, done)


def _write(done: Yanked) -> None:
    if done.changed:
        terminal.write(f"{done.version} is yanked: it can no longer be deployed")
    else:
        terminal.write(f"{done.version} was {done.yank}: nothing to do")


def _warn(workspace: Workspace, done: Yanked) -> None:
    """Say where a release that was yanked is live, and how that ends."""
    for name in done.live_in:
        where = workspace.environment(name).label
        terminal.say(
            f"warning: the contents of {done.version} are live in {where}. To replace them:"
            f"  sfn-release rollback --env {name}   or   sfn-release deploy VERSION --env {name}"
        )
