"""diff: compare two releases, environments, or the work tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.exits import DIFFERENT
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.verbs.diff import WorkflowDiff
    from sfn_release.release.differences import Difference


_MARKS = {
    "added": terminal.Styled("  + ", "green"),
    "removed": terminal.Styled("  - ", "red"),
    "changed": terminal.Styled("  ~ ", "yellow"),
}


@command("diff")
@click.argument("old", metavar="A")
@click.argument("new", metavar="[B]", required=False)
@click.option("--exit-code", is_flag=True, help="Exit 3 if there is a difference.")
def run(session: Session, old: str, new: str | None, exit_code: bool) -> int:
    """Compare releases, environments, or the work tree.

    A and B are each a version, or @ENV for what is live in an environment. Without B, compares A
    with the work tree.
    """
    from sfn_release.operations.verbs.diff import diff

    found = diff(session.workspace(), old, new)
    different = [workflow for workflow in found if workflow.differences]

    def text() -> None:
        terminal.write_parts(
            terminal.Styled(f"{old} → {new or 'the work tree'}", "bold"), _counted(found)
        )
        for workflow in different:
            _write_diff(workflow)

    members = {
        "old": old,
        "new": new,
        "changes": bool(different),
        "workflows": [workflow.to_json() for workflow in found],
    }
    session.show("diff", members, text)
    return DIFFERENT if exit_code and different else 0


def _counted(found: list[WorkflowDiff]) -> str:
    changed = sum(bool(workflow.differences) for workflow in found)
    workflows = count(found, "workflow")
    return f": {changed} of {workflows} changed" if changed else f": no difference in {workflows}"


def _write_diff(workflow: WorkflowDiff) -> None:
    terminal.write_parts(terminal.Styled(terminal.one_line(workflow.workflow), "bold"))
    for difference in workflow.differences:
        write_difference(difference)


def write_difference(difference: Difference) -> None:
    """Write the line of one difference between two definitions."""
    terminal.write_parts(_MARKS[difference.kind], terminal.one_line(str(difference)))
