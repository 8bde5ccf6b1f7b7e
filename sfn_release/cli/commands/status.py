"""status and diff: what is live, and how two sides differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.canonical import short
from sfn_release.cli.exits import DIFFERENT, FAILED
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.records import YIELDED, name
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.operations.diff import WorkflowDiff
    from sfn_release.operations.status import EnvironmentStatus

_SHOWN = 8  # differences of one workflow; -v and --json tell all
_QUIET = {"in-sync", "never-deployed"}
_LEGEND = (
    "Beside the version: the release's digest. LIVE and RECORDED: a workflow's as it was sent,",
    "with parameters filled; list, publish and show give the one that was released, without.",
)
_MARKS = {
    "added": terminal.Styled("  + ", "green"),
    "removed": terminal.Styled("  - ", "red"),
    "changed": terminal.Styled("  ~ ", "yellow"),
}


@command("status")
@click.option(
    "--check", is_flag=True, help="Look closer, and exit 3 when an environment is not as recorded."
)
def status(session: Session, check: bool) -> int:
    """Show what is live where, and drift.

    Of every environment, or of those that --env names. Definition, settings and alias of every
    workflow are compared with the record; with --check or -v, tags and state machine versions are
    too, which takes two calls more for each. Exit code 1 when an environment cannot be reached.
    """
    from sfn_release.operations.status import status as find

    closer = check or session.verbose
    found = find(session.workspace(), environments=session.environments, closer=closer)

    def text() -> None:
        for index, one in enumerate(found):
            if index:
                terminal.write()
            _write_environment(one, verbose=session.verbose)
        if session.verbose:
            for line in _LEGEND:
                terminal.tell(line, style="dim")

    session.show("status", {"environments": [one.to_json() for one in found]}, text)
    if any(one.state == "unreachable" for one in found):
        return FAILED
    return DIFFERENT if check and any(one.state not in _QUIET for one in found) else 0


@command("diff")
@click.argument("old", metavar="A")
@click.argument("new", metavar="[B]", required=False)
@click.option("--exit-code", is_flag=True, help="Exit 3 when there is a difference.")
def diff(session: Session, old: str, new: str | None, exit_code: bool) -> int:
    """Compare two releases, what is live, or the work tree.

    A and B are a version, @ENV for what is live there, or nothing for the work tree.
    """
    from sfn_release.operations.diff import diff as find

    found = find(session.workspace(), old, new)
    different = [one for one in found if one.differences]

    def text() -> None:
        terminal.write_parts(
            terminal.Styled(f"{old} → {new or 'the work tree'}", "bold"), _counted(found)
        )
        for one in different:
            _write_diff(one)

    members = {
        "old": old,
        "new": new,
        "changes": bool(different),
        "workflows": [one.to_json() for one in found],
    }
    session.show("diff", members, text)
    return DIFFERENT if exit_code and different else 0


def _write_environment(one: EnvironmentStatus, *, verbose: bool) -> None:
    from sfn_release.plan.steps import routing_text

    parts: list[str] = [terminal.Styled(one.label, "bold")]
    if one.version is not None:
        parts.append(f"  {one.version} {YIELDED}" if one.yielded else f"  {one.version}")
    if one.release_digest is not None:
        parts.append(f"  {short(one.release_digest)}")
    parts += ["  ", terminal.state(one.state)]
    if one.came is not None:
        came = one.came
        parts.append(f"  ({came.action} by {name(came.actor)}, {came.started_at})")
    terminal.write_parts(*parts)
    if one.yank:
        terminal.write_parts(terminal.Styled(f"  {one.version} was {one.yank}", "red"))
    if one.problem:
        terminal.write(f"  {one.problem}")
    if one.workflows:
        write_table(
            ("WORKFLOW", "STATE", "ALIAS", "LIVE", "RECORDED"),
            [
                (
                    workflow.name,
                    terminal.state(workflow.state),
                    f"{workflow.alias} → {routing_text(workflow.routing)}"
                    if workflow.alias
                    else "",
                    _digest(workflow.live_digest),
                    _digest(workflow.recorded_digest),
                )
                for workflow in one.workflows
            ],
            indent=2,
        )
    _write_lines(one, verbose=verbose)
    for step in one.next_steps:
        terminal.write(f"  next: {step}")


def _write_lines(one: EnvironmentStatus, *, verbose: bool) -> None:
    """Write the differences and notes of every workflow."""
    for workflow in one.workflows:
        lines = [*workflow.differences, *(f"note: {note}" for note in workflow.notes)]
        shown = lines if verbose else lines[:_SHOWN]
        for line in shown:
            terminal.write(f"  {workflow.name}: {line}")
        if len(lines) > len(shown):
            terminal.write(f"  {workflow.name}: … and {len(lines) - len(shown)} more (-v)")


def _digest(digest: str | None) -> str:
    return short(digest) if digest else "none"


def _counted(found: list[WorkflowDiff]) -> str:
    changed = sum(bool(one.differences) for one in found)
    if not changed:
        return f": no difference in {_workflows(len(found))}"
    return f": {changed} of {_workflows(len(found))} differ{'s' if changed == 1 else ''}"


def _workflows(count: int) -> str:
    return f"{count} workflow{'' if count == 1 else 's'}"


def _write_diff(one: WorkflowDiff) -> None:
    terminal.write_parts(terminal.Styled(terminal.one_line(one.workflow), "bold"))
    for difference in one.differences:
        text = terminal.one_line(str(difference))
        terminal.write_parts(_MARKS[difference.kind], text)


COMMANDS = {"status": status, "diff": diff}
