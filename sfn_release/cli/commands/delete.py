"""delete: remove the state machine of a workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command, reason_option
from sfn_release.cli.output.records import told
from sfn_release.cli.session import Session, confirm

if TYPE_CHECKING:
    pass


@command("delete")
@click.argument("workflow")
@click.option("--yes", is_flag=True, help="Do not ask.")
@reason_option
def run(session: Session, workflow: str, yes: bool, reason: str | None) -> None:
    """Delete the state machine of a workflow.

    With all its versions and aliases. The releases that hold it stay, so that deploying or
    rolling back to one creates it again.
    """
    from sfn_release.operations.verbs.delete import delete

    def ask() -> None:
        confirm(f"Delete {workflow} from {environment.label}?", yes=yes)

    workspace = session.workspace()
    environment = workspace.environment(session.environment)
    session.ask(ask)
    record = delete(workspace, workflow, environment=environment.name, reason=reason)
    told(session, "delete", record, environment, otherwise=f"does not serve {workflow}")
