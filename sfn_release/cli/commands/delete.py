"""delete: remove the state machine of a workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command, reason_option
from sfn_release.cli.output.records import show_deployment
from sfn_release.cli.session import Session, confirm

if TYPE_CHECKING:
    pass


@command("delete")
@click.argument("workflow")
@click.option("--yes", is_flag=True, help="Don't ask.")
@reason_option
def run(session: Session, workflow: str, yes: bool, reason: str | None) -> None:
    """Delete a workflow's state machine.

    Deletes all its versions and aliases too, after asking you. Releases keep the definition: when
    you deploy or roll back to one of them, the state machine is created again.
    """
    from sfn_release.operations.verbs.delete import delete

    def ask() -> None:
        confirm(f"Delete {workflow} from {environment.label}?", yes=yes)

    workspace = session.workspace()
    environment = workspace.environment(session.environment)
    session.ask(ask, needed=not yes)
    record = delete(workspace, workflow, environment=environment.name, reason=reason)
    show_deployment(session, "delete", record, environment, otherwise=f"{workflow} isn't live")
