"""unyank: allow a yanked release to be deployed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    pass


@command("unyank")
@click.argument("version")
def run(session: Session, version: str) -> None:
    """Allow a yanked release to be deployed again."""
    from sfn_release.operations.verbs.yank import unyank

    done = unyank(session.workspace(), version)
    text = "can be deployed again" if done.changed else "is not yanked: nothing to do"
    session.show("unyank", done.to_json(), lambda: terminal.write(f"{done.version} {text}"))
