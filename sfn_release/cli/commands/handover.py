"""handover: give the state machine of a workflow to another project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command, reason_option
from sfn_release.cli.output.records import show_deployment
from sfn_release.cli.session import Session, confirm

if TYPE_CHECKING:
    pass


@command("handover")
@click.argument("workflow")
@click.option("--to", "to_project", metavar="PROJECT", required=True, help="The other project.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@reason_option
def run(session: Session, workflow: str, to_project: str, yes: bool, reason: str | None) -> None:
    """Hand over a workflow's state machine to another project.

    Use it to split a project, or to merge two. The tags of the state machine then name the other
    project, which takes it over with `sfn-release adopt`. Until then, neither project can deploy to
    it. Callers notice nothing, and the history stays in this ledger.
    """
    from sfn_release.operations.verbs.handover import handover

    def ask() -> None:
        confirm(f"Hand {workflow} in {environment.label} over to {to_project}?", yes=yes)

    workspace = session.workspace()
    environment = workspace.environment(session.environment)
    session.ask(ask, needed=not yes)
    record = handover(workspace, workflow, to_project, environment=environment.name, reason=reason)
    show_deployment(session, "handover", record, environment, otherwise=f"{workflow} isn't live")
