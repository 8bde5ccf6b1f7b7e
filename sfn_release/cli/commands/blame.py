"""blame: show the release that last changed each state of a workflow. Git only, no AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.canonical import short
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.records import name
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.output.web_pages import WebPages, web_pages
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.operations.verbs.blame import Blamed
    from sfn_release.release.manifest import Manifest


@command("blame")
@click.argument("workflow")
@click.argument("state", required=False)
@click.option(
    "--version", metavar="VERSION", help="The release whose states are shown. Default: the highest."
)
def run(session: Session, workflow: str, state: str | None, version: str | None) -> None:
    """Show which release last changed each state of a workflow.

    Shows all states of WORKFLOW, or one STATE, with the release, its commit, author and date. With
    --env, shows the states that an environment serves. It follows renamed states and workflows.
    """
    from sfn_release.operations.verbs.blame import blame

    workspace = session.workspace()
    found = blame(workspace, workflow, state, version=version, environment=session.environment)
    session.show(
        "blame",
        found.to_json(),
        lambda: _write(session, web_pages(workspace), found, alone=state is not None),
    )


def _write(session: Session, pages: WebPages, found: Blamed, *, alone: bool) -> None:
    terminal.write_parts(
        terminal.Styled(terminal.one_line(found.workflow), "bold"), f" of {found.version}"
    )
    rows = [
        (
            state.name,
            *_release(session, pages, state.manifest),
            state.former or "",
        )
        for state in found.states
    ]
    if not alone:
        rows.append(("(settings)", *_release(session, pages, found.settings), ""))
    write_table(("STATE", "RELEASE", "COMMIT", "DATE", "AUTHOR", "FORMERLY"), rows, indent=2)


def _release(session: Session, pages: WebPages, manifest: Manifest) -> tuple[str, str, str, str]:
    commit = pages.commit(manifest.commit, short(manifest.commit))
    return manifest.version, commit, session.when(manifest.date), name(manifest.author)
