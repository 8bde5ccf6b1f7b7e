"""status: show what is live in each environment, and drift."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from sfn_release.canonical import short
from sfn_release.cli.exits import DIFFERENT, FAILED
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.records import YIELDED, name
from sfn_release.cli.output.tables import folded_lines, hanging_lines, table_room, write_table
from sfn_release.cli.output.web_pages import machine_link
from sfn_release.cli.output.width import columns_of
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sfn_release.operations.verbs.status import EnvironmentStatus
    from sfn_release.operations.workspace import Workspace

_QUIET = {"in-sync", "never-deployed"}
_LEGEND = (
    "The digest beside a version is the release's. LIVE and RECORDED are the digests of a workflow",
    "as sent, with parameters filled in. list, publish and show print it without parameters.",
)


@command("status")
@click.option(
    "--check",
    is_flag=True,
    help="Compare more, and exit 3 for differences from the record and missing signatures.",
)
def run(session: Session, check: bool) -> int:
    """Show what is live in each environment, and drift.

    Several environments are shown as a board: workflows by environments, in the order of promotion.
    With more than 8 workflows, those with the same cells share a row. With --env or -v, each
    environment has a table of its own, and with -v each workflow a row.

    Compares the definition, settings and alias of each workflow with the last record, in every
    environment (or --env). --check and -v also compare tags and state machine versions,
    which takes two more calls for each workflow. Exits 1 if an environment can't be reached.
    """
    from sfn_release.operations.verbs.status import status

    closer = check or session.verbose
    workspace = session.workspace()
    found = status(workspace, environments=session.environments, closer=closer)

    def text() -> None:
        shown = [] if session.environments else _in_promotion_order(workspace, found)
        board = len(shown) > 1
        if board:
            _write_board(session, workspace, shown)
        for index, environment in enumerate(found):
            if board and not session.verbose:
                continue
            if index or board:
                terminal.write()
            _write_environment(session, workspace, environment)
        if session.verbose:
            for line in _LEGEND:
                terminal.say(line, style="dim")

    session.show("status", {"environments": [environment.to_json() for environment in found]}, text)
    if any(environment.state == "unreachable" for environment in found):
        return FAILED
    differs = any(environment.state not in _QUIET or environment.unsigned for environment in found)
    return DIFFERENT if check and differs else 0


def _in_promotion_order(
    workspace: Workspace, found: Sequence[EnvironmentStatus]
) -> list[EnvironmentStatus]:
    """Return the environments of a board."""
    from sfn_release.project.promotion_order import board_order

    known = {environment.name: environment for environment in found}
    used = [name for name, environment in known.items() if environment.record is not None]
    return [known[name] for name in board_order(workspace.project, used)]


def _write_board(
    session: Session, workspace: Workspace, shown: Sequence[EnvironmentStatus]
) -> None:
    """Write the board, and below it the environments that aren't in order."""
    from sfn_release.cli.output.board import board_lines, in_order

    for line in board_lines(shown, session.now, table_room(), verbose=session.verbose):
        terminal.write_line(line)
    for environment in shown:
        if not in_order(environment) and not session.verbose:
            terminal.write()
            _write_environment(session, workspace, environment, table=False)


def _write_environment(
    session: Session,
    workspace: Workspace,
    environment: EnvironmentStatus,
    *,
    table: bool = True,
) -> None:
    """Write one environment with its problems and next steps; with *table*, each workflow."""
    from sfn_release.plan.steps import routing_text

    _write_head(session, environment)
    if environment.yank:
        subject = environment.yank.subject(str(environment.version))
        terminal.write_parts(terminal.Styled(f"  {subject} was {environment.yank}", "red"))
    for line in environment.unsigned:
        terminal.write_parts(terminal.Styled(f"  signed = true: {line}", "red"))
    if environment.unsigned:
        terminal.write("  next: find every commit without a good signature:  sfn-release verify")
    if environment.problem:
        for line in hanging_lines(session.aged(environment.problem), 2):
            terminal.write(f"  {line}")
    if environment.workflows and table:
        write_table(
            ("WORKFLOW", "STATE", "ALIAS", "LIVE", "RECORDED"),
            [
                (
                    machine_link(
                        workspace.environment(environment.name), workflow.arn, workflow.name
                    ),
                    terminal.state(workflow.state),
                    f"{workflow.alias} → {routing_text(workflow.routing)}"
                    if workflow.alias
                    else "",
                    _digest(workflow.live_digest),
                    _digest(workflow.recorded_digest),
                )
                for workflow in environment.workflows
            ],
            indent=2,
        )
    _write_lines(environment, verbose=session.verbose)
    for step in environment.next_steps:
        _write_next(step)


def _write_head(session: Session, environment: EnvironmentStatus) -> None:
    """Write the release of an environment, its state, and the deployment that brought it."""
    parts: list[str] = [terminal.Styled(environment.label, "bold")]
    if environment.version is not None:
        parts.append(
            f"  {environment.version} {YIELDED}"
            if environment.yielded
            else f"  {environment.version}"
        )
    if environment.release_digest is not None:
        parts.append(f"  {short(environment.release_digest)}")
    parts += ["  ", terminal.state(environment.state)]
    since = ""
    if environment.live_since_record is not None:
        record = environment.live_since_record
        since = f"{record.action} by {name(record.actor)}, {session.when(record.started_at)}"
        room = table_room()
        wide = columns_of(terminal.one_line("".join(parts) + since)) + len("  ()")
        if room is None or wide <= room:
            parts.append(f"  ({since})")
            since = ""
    terminal.write_parts(*parts)
    if since:
        terminal.write(f"  {since}")


def _write_lines(environment: EnvironmentStatus, *, verbose: bool) -> None:
    """Write the differences and notes of every workflow, and who has the others now."""
    from sfn_release.cli.output.difference_lines import difference_lines

    for given, project in sorted(environment.handed_over.items()):
        terminal.write(f"  {given}: handed over to {project}")
    for line in difference_lines(environment.workflows, verbose=verbose):
        _write_folded(f"  {line}")


def _write_next(step: str) -> None:
    """Write a next step; its command has a line of its own on a terminal that is too narrow."""
    line = f"  next: {step}"
    room = table_room()
    purpose, gap, command = line.partition(":  ")
    if room is None or columns_of(line) <= room or not gap:
        terminal.write(line)
        return
    _write_folded(f"{purpose}:")
    terminal.write(f"      {command}")


def _write_folded(line: str) -> None:
    for part in folded_lines(line, sys.stdout):
        terminal.write(part)


def _digest(digest: str | None) -> str:
    return short(digest) if digest else "none"
