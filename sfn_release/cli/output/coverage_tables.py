"""Coverage for a terminal: a row for each workflow, and the names of its gaps."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sfn_release.cli.output.tables import table_lines, table_room
from sfn_release.cli.output.terminal import one_line
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.testing.coverage.coverage_report import Reached, WorkflowCoverage

_SHOWN = 20  # gaps of a workflow


def coverage_members(workflows: Sequence[WorkflowCoverage]) -> dict[str, Any]:
    """Return the members of a command's JSON object."""
    from sfn_release.testing.coverage.coverage_report import total_percent

    return {
        "workflows": [workflow.to_json() for workflow in workflows],
        "percent": total_percent(workflows),
    }


def too_low(workflows: Sequence[WorkflowCoverage], fail_under: int | None) -> str:
    """Return why coverage is too low for ``--fail-under``; "" if it isn't."""
    from sfn_release.testing.coverage.coverage_report import total_percent

    total = total_percent(workflows)
    if fail_under is None or total >= fail_under:
        return ""
    return f"Workflow coverage is {total} %, less than {fail_under} %."


def write_coverage_table(workflows: Sequence[WorkflowCoverage], *, verbose: bool = False) -> None:
    """Write a report to stdout."""
    for line in coverage_lines(workflows, room=table_room(), verbose=verbose):
        sys.stdout.write(line + "\n")


def coverage_lines(
    workflows: Sequence[WorkflowCoverage], *, room: int | None, verbose: bool = False
) -> Iterator[str]:
    """Yield the lines of a report that is at most *room* columns wide, if it can be.

    Only *verbose* lists all gaps of a workflow that has many.
    """
    from sfn_release.testing.coverage.coverage_report import KINDS, total_percent

    if not workflows:
        yield "No workflow to cover"
        return
    rows = [
        (
            workflow.name,
            str(workflow.runs),
            *(reached_cell(workflow.kinds[kind]) for kind in KINDS),
            f"{workflow.percent} %",
        )
        for workflow in workflows
    ]
    if len(workflows) > 1:
        kinds = (_sum([workflow.kinds[kind] for workflow in workflows]) for kind in KINDS)
        runs = sum(workflow.runs for workflow in workflows)
        rows.append(("TOTAL", str(runs), *kinds, f"{total_percent(workflows)} %"))
    columns = ("WORKFLOW", "RUNS", *(kind.upper() for kind in KINDS), "REACHED")
    yield from table_lines(columns, rows, room)
    untouched = [workflow.name for workflow in workflows if not workflow.runs]
    for workflow in workflows:
        if workflow.runs and workflow.gaps:
            yield ""
            yield f"Not reached in {one_line(workflow.name)}:"
            yield from gap_lines(workflow, verbose=verbose)
    if untouched and len(untouched) < len(workflows):
        yield ""
        yield f"Without a run: {one_line(', '.join(untouched))}"


def gap_lines(workflow: WorkflowCoverage, *, verbose: bool) -> Iterator[str]:
    """Yield the gaps of a workflow, each on a line."""
    shown = workflow.gaps if verbose else workflow.gaps[:_SHOWN]
    yield from (f"  {one_line(gap)}" for gap in shown)
    if len(shown) < len(workflow.gaps):
        yield f"  … and {count(len(workflow.gaps) - len(shown), 'more point')}; -v shows all"


def reached_cell(reached: Reached) -> str:
    """Return how many points of how many were reached; "" if there are none."""
    return f"{reached.reached}/{reached.total}" if reached.total else ""


def _sum(parts: Sequence[Reached]) -> str:
    reached, total = sum(part.reached for part in parts), sum(part.total for part in parts)
    return f"{reached}/{total}" if total else ""
