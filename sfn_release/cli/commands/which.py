"""which: show the release and the commit behind one execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.web_pages import WebPages, execution_link, web_pages
from sfn_release.cli.session import Session
from sfn_release.release.record import timestamp

if TYPE_CHECKING:
    from sfn_release.operations.execution_origin import Deployed, ExecutionOrigin
    from sfn_release.operations.workspace import Workspace


@command("which")
@click.argument("execution", metavar="EXECUTION_ARN")
def run(session: Session, execution: str) -> None:
    """Show the release and the commit behind one execution.

    EXECUTION_ARN is an execution in one of the project's environments; a link to its page in the
    AWS console works too. The release is found by the definition that really ran, not by the time.
    """
    from sfn_release.operations.verbs.which import which

    workspace = session.workspace()
    found = which(workspace, execution, environment=session.environment)
    session.show("which", found.to_json(), lambda: _write(session, workspace, found))


def _write(session: Session, workspace: Workspace, found: ExecutionOrigin) -> None:
    deployed = found.deployed
    environment = workspace.environment(found.environment)
    pages = WebPages() if environment.backend.private else web_pages(workspace)
    terminal.write_parts(
        terminal.Styled(f"{found.workflow} {deployed.record.version}", "bold"),
        f"  in {environment.label}",
    )
    commit = deployed.commit
    rows = [
        ("execution", execution_link(environment, found.execution_arn, found.execution_arn)),
        ("commit", pages.commit(commit, commit) if commit else "none: it was adopted"),
        ("written by", found.commit_author or ""),
        ("released by", deployed.manifest.author if deployed.manifest else ""),
        ("deployed by", _deployment(session, deployed)),
        ("started", session.when(timestamp(found.started)) if found.started else ""),
        ("version", found.version_arn or "none: it was started without one"),
        ("content", found.rendered_digest or ""),
        ("child of", found.parent or ""),
    ]
    for name, text in rows:
        if text:
            terminal.write_parts(f"  {name + ':':<13}", text)
    for other in found.others:
        record = other.record
        terminal.write(f"  same content: {record.version}, {_deployment(session, other)}")
    for note in found.notes:
        terminal.write(f"  note: {note}")


def _deployment(session: Session, deployed: Deployed) -> str:
    record = deployed.record
    when = session.when(record.finished_at or record.started_at)
    return f"{record.actor}, {when} ({record.action})"
