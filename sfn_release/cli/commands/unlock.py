"""unlock: close a deployment that was abandoned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command, reason_option
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session, confirm

if TYPE_CHECKING:
    pass


@command("unlock")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option(
    "--force", is_flag=True, help="Close it even if its process still runs on this machine."
)
@reason_option
def run(session: Session, yes: bool, force: bool, reason: str | None) -> None:
    """Close an abandoned deployment.

    Shows who holds the lock, and asks you. What the deployment changed in AWS stays until the next
    deployment or rollback. A deployment that still runs on this machine isn't closed without
    --force: Ctrl-C there ends it, and puts everything back.
    """
    from sfn_release.operations.verbs.unlock import held, refuse_running, split, unlock

    workspace = session.workspace()
    environment = workspace.environment(session.environment)
    record = held(workspace, environment=environment.name)
    if not force:
        refuse_running(workspace, record)
    say = terminal.say if yes else terminal.say_always  # you can't answer without the facts
    say(
        f"{environment.label} is locked: {record.action} {record.version} by {record.actor}"
        f" on {record.host}, since {session.when(record.started_at)}, until {record.expires_at}"
    )
    callers = split(workspace, environment=environment.name)
    for line in callers:
        say(f"  {line}")
    if callers:
        say("  next: sfn-release deploy --resume, or sfn-release rollback")
    confirm(f"Close it as failed, so that others can deploy to {environment.label}?", yes=yes)
    closed = unlock(workspace, environment=environment.name, reason=reason, force=force)

    def text() -> None:
        terminal.write(
            f"unlocked {environment.label}: {closed.action} {closed.version} of"
            f" {session.when(closed.started_at)}, is recorded as {closed.status}"
        )

    session.show("unlock", {"deployments": [closed.to_json()]}, text)
