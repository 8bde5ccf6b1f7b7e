"""history: list the deployments of an environment. Git only, no AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.records import YIELDED, action, name
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.output.web_pages import WebPages, web_pages
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.operations.workspace import Workspace
    from sfn_release.release.record import Record


@command("history")
@click.option(
    "-n",
    "limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="The newest NUMBER.",
)
@click.option("--graph", is_flag=True, help="Draw the deployments of all environments.")
def run(session: Session, limit: int, graph: bool) -> None:
    """List the deployments to an environment.

    The newest comes first. --graph draws a lane for each environment, or for each --env, with lines
    for promotions and rollbacks. -v shows times beside ages.
    """
    if graph:
        _draw(session, limit)
        return
    from sfn_release.operations.verbs.history import history

    workspace = session.workspace()
    records = history(workspace, environment=session.environment, limit=limit)
    environment = workspace.environment(session.environment)

    def text() -> None:
        if records:
            _write_history(session, workspace, records)
        else:
            terminal.write(f"No deployments to {environment.label} yet")

    members = {
        "environment": environment.name,
        "deployments": [record.to_json() for record in records],
    }
    session.show("history", members, text)


def _draw(session: Session, limit: int) -> None:
    """Show the deployments of several environments as a picture."""
    from sfn_release.cli.output.history_graph import Lane, limited, newest_first
    from sfn_release.cli.output.history_picture import write_picture
    from sfn_release.operations.verbs.history import histories, yielded_trials
    from sfn_release.project.promotion_order import promotion_order

    workspace = session.workspace()
    wanted = list(dict.fromkeys(session.environments))
    names = wanted or list(promotion_order(workspace.project.environments))
    found = histories(workspace, names, limit=limit + 1)
    lanes = limited(
        [
            Lane(name, workspace.environment(name).label, records)
            for name, records in found.items()
            if records
        ],
        limit,
    )
    records = newest_first(lanes)

    def text() -> None:
        if records:
            shown = [lane for lane in lanes if lane.records]
            pages = _pages(workspace, records)
            ages = session.when if session.verbose else session.age
            write_picture(shown, ages, pages, yielded_trials(workspace, records))
        else:
            where = ", ".join(workspace.environment(name).label for name in wanted)
            terminal.write(f"No deployments{f' to {where}' if where else ''} yet")

    members = {
        "environment": names[0] if len(names) == 1 else None,
        "environments": names,
        "deployments": [record.to_json() for record in records],
    }
    session.show("history", members, text)


def _pages(workspace: Workspace, records: list[Record]) -> WebPages:
    """Return the pages to link to. What runs on your machine may come from an unpushed commit."""
    private = any(workspace.environment(record.environment).backend.private for record in records)
    return WebPages() if private else web_pages(workspace)


def _write_history(session: Session, workspace: Workspace, records: list[Record]) -> None:
    from sfn_release.operations.verbs.history import yielded_trials

    yielded, pages = yielded_trials(workspace, records), _pages(workspace, records)
    write_table(
        ("STARTED", "ACTION", "VERSION", "FROM", "STATUS", "BY", "REASON", "OVERRIDE"),
        [
            (
                session.when(record.started_at),
                action(record) + (f" from {record.promoted_from}" if record.promoted_from else ""),
                pages.commit(
                    record.commit,
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
