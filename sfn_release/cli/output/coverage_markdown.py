"""Coverage as Markdown, for a comment on a pull request: a short table, and a folded list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sfn_release.cli.output.markdown import block, code, table
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.testing.coverage.coverage_report import Reached, WorkflowCoverage

_LINES = 400  # of the folded list: a comment may have 64 KiB


def coverage_markdown(workflows: Sequence[WorkflowCoverage]) -> str:
    """Return the report, with a line end. Names are in code, where they mean nothing else."""
    return "\n".join([*coverage_table(workflows), *_folded(workflows)]) + "\n"


def coverage_table(workflows: Sequence[WorkflowCoverage]) -> Iterator[str]:
    """Yield the lines of the title and the table."""
    from sfn_release.testing.coverage.coverage_report import KINDS, total_percent

    yield f"### Workflow coverage: {total_percent(workflows)} %"
    yield ""
    rows = [
        (
            code(workflow.name),
            *(_cell(workflow.kinds[kind]) for kind in KINDS),
            f"{workflow.percent} %",
        )
        for workflow in workflows
    ]
    yield from table(("Workflow", *(kind.capitalize() for kind in KINDS), "Reached"), rows)


def _folded(workflows: Sequence[WorkflowCoverage]) -> Iterator[str]:
    gaps = coverage_gaps(workflows)
    if not gaps:
        return
    more = len(gaps) - _LINES
    total = sum(len(workflow.gaps) for workflow in workflows)
    yield ""
    yield f"<details><summary>{count(total, 'point')} not reached</summary>"
    yield ""
    yield block(
        "\n".join(gaps[:_LINES] + ([f"… and {count(more, 'more line')}"] if more > 0 else []))
    )
    yield ""
    yield "</details>"


def coverage_gaps(workflows: Sequence[WorkflowCoverage]) -> list[str]:
    """Return the lines about what was not reached."""
    return [line for workflow in workflows for line in _gaps(workflow)]


def _gaps(workflow: WorkflowCoverage) -> Iterator[str]:
    if not workflow.gaps:
        return
    name = " ".join(workflow.name.split())
    if not workflow.runs:
        yield f"{name}: no run"
        return
    yield f"{name}:"
    yield from (f"  {' '.join(gap.split())}" for gap in workflow.gaps)


def _cell(reached: Reached) -> str:
    return f"{reached.reached}/{reached.total}" if reached.total else "–"
