"""which: show the release and the commit behind one execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.operations.execution_origin import Deployed, ExecutionOrigin


@command("which")
@click.argument("execution", metavar="EXECUTION_ARN")
def run(session: Session, execution: str) -> None:
    """Show the release and the commit behind one execution.

    EXECUTION_ARN is an execution in one of the project's environments; a link to its page in the
    AWS console works too. The definition that it really ran decides, not the clock.
    """
    from sfn_release.operations.verbs.which import which

    found = which(session.workspace(), execution, environment=session.environment)
    session.show("which", found.to_json(), lambda: _write(found))


def _write(found: ExecutionOrigin) -> None:
    deployed = found.deployed
    terminal.write_parts(
        terminal.Styled(f"{found.workflow} {deployed.record.version}", "bold"),
        f"  in {found.environment}",
    )
    rows = [
        ("commit", deployed.commit or "none: it was adopted"),
        ("written by", found.commit_author or ""),
        ("released by", deployed.manifest.author if deployed.manifest else ""),
        ("deployed by", _deployment(deployed)),
        ("started", found.to_json()["started_at"] or ""),
        ("version", found.version_arn or "none: it was started without one"),
        ("content", found.rendered_digest or ""),
        ("child of", found.parent or ""),
    ]
    for name, text in rows:
        if text:
            terminal.write(f"  {name + ':':<13}{text}")
    for other in found.others:
        record = other.record
        terminal.write(f"  same content: {record.version}, {_deployment(other)}")
    for note in found.notes:
        terminal.write(f"  note: {note}")


def _deployment(deployed: Deployed) -> str:
    record = deployed.record
    return f"{record.actor}, {record.finished_at or record.started_at} ({record.action})"
