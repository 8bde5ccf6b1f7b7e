"""comment: keep one comment up to date on the pull request or merge request of this job."""

from __future__ import annotations

import os
from typing import Final

import click

from sfn_release.cli.files import read_stdin, read_untrusted_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

_MOST: Final = 4_000_000  # bytes: the longest note of GitLab has a million characters


@command("comment")
@click.argument("file", default="-")
@click.option(
    "--name", metavar="NAME", help="Find the comment by this name, not by the text's first line."
)
@click.option(
    "--if-possible",
    is_flag=True,
    help="Without a pull request or a token, print a note; exit 0.",
)
def run(session: Session, file: str, name: str | None, if_possible: bool) -> None:
    """Show a plan as a comment on a pull request, and update it.

    Run it in a job of GitHub Actions or GitLab CI. FILE is the output of `plan --format markdown`,
    or - for standard input. A link is refused. If there is already a comment with the same first
    line, it's updated. If a plan has no changes, no new comment is written.
    """
    from sfn_release.operations.verbs.comment import comment

    text = (
        read_stdin().decode("utf-8", "replace")
        if file == "-"
        else read_untrusted_text(session.directory / file, most=_MOST)
    )
    done = comment(text, os.environ, name=name or "", if_possible=if_possible)

    def show() -> None:
        where = f" on {done.page}" if done.page else ""
        if done.action == "skipped":
            terminal.say(f"no comment{where}: {done.why}")
        else:
            terminal.write(f"{done.action} the comment{where}")

    session.show("comment", done.to_json(), show)
