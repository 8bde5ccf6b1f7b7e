"""unyank: allow a yanked release to be deployed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.operations.verbs.yank import Yanked

_NOT_YANKED = "is not yanked: nothing to do"


@command("unyank")
@click.argument("version")
def run(session: Session, version: str) -> None:
    """Allow a yanked release to be deployed again."""
    from sfn_release.operations.verbs.yank import unyank

    done = unyank(session.workspace(), version)
    session.show("unyank", done.to_json(), lambda: terminal.write(_text(done)))


def _text(done: Yanked) -> str:
    if done.yank is not None:
        return (
            f"the yank of {done.version} is withdrawn, but {done.yank.subject(done.version)} was"
            f" yanked too:  sfn-release unyank {done.yank.version}"
        )
    return f"{done.version} {'can be deployed again' if done.changed else _NOT_YANKED}"
