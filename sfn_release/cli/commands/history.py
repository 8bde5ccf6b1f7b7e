"""history: list the deployments of an environment. Git only, no AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.records import YIELDED, action, name
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.release.record import Record


@command("history")
@click.option(
    "-n", "limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many."
)
def run(session: Session, limit: int) -> None:
    """List the deployments to an environment.

    The newest comes first.
    """
    from sfn_release.operations.verbs.history import history, yielded_trials

    workspace = session.workspace()
    records = history(workspace, environment=session.environment, limit=limit)
    environment = workspace.environment(session.environment)

    def text() -> None:
        if records:
            _write_history(records, yielded_trials(workspace, records))
        else:
            terminal.write(f"No deployments to {environment.label} yet")

    members = {
        "environment": environment.name,
        "deployments": [record.to_json() for record in records],
    }
    session.show("history", members, text)


def _write_history(records: list[Record], yielded: frozenset[str]) -> None:
    write_table(
        ("STARTED", "ACTION", "VERSION", "FROM", "STATUS", "BY", "REASON", "OVERRIDE"),
        [
            (
                record.started_at,
                action(record) + (f" from {record.promoted_from}" if record.promoted_from else ""),
                terminal.Styled(
                    f"{record.version} {YIELDED}" if record.id in yielded else record.version,
                    "bold",
                ),
                record.from_version or "",
                terminal.state(record.status),
                name(record.actor),
                record.reason or (record.error or "").partition("\n")[0],
                record.override or "",
            )
            for record in records
        ],
    )
