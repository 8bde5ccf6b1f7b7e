"""acknowledge: accept state machine versions that no release made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfn_release.cli.options import command, reason_option
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    pass


@command("acknowledge")
@reason_option
def run(session: Session, reason: str | None) -> None:
    """Accept state machine versions that no release made.

    If someone publishes a version by hand, `status --check` reports drift. This command records
    that you know about it, and changes nothing in AWS. To delete the version instead, use the AWS
    CLI command that `status` shows.
    """
    from sfn_release.operations.verbs.acknowledge import acknowledge

    workspace = session.workspace()
    environment = workspace.environment(session.environment)
    record = acknowledge(workspace, environment=environment.name, reason=reason)

    def text() -> None:
        where = environment.label
        if record is None:
            terminal.write(f"No unknown versions in {where}: nothing to acknowledge")
            return
        for arn in record.acknowledged:
            terminal.write(f"acknowledged in {where}: {arn}")

    session.show("acknowledge", {"deployments": [record.to_json()] if record else []}, text)
