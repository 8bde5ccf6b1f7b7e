"""Results that stand below a plan on a pull request: coverage of tests, and replays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sfn_release.cli.output import terminal
from sfn_release.cli.output.markdown import longest_run
from sfn_release.cli.output.markdown_sections import Section
from sfn_release.text import count, shorten

if TYPE_CHECKING:
    from sfn_release.operations.replaying.replay_report import ReplayReport
    from sfn_release.testing.coverage.coverage_report import WorkflowCoverage

_LINE = 500


def coverage_sections(workflows: Sequence[WorkflowCoverage]) -> Iterator[Section]:
    """Yield the sections of a coverage report: its table, and what was not reached."""
    from sfn_release.cli.output.coverage_markdown import coverage_gaps, coverage_table

    yield Section("coverage", 3, tuple(coverage_table(workflows)), more=_MORE)
    gaps = [terminal.one_line(shorten(line, _LINE)) for line in coverage_gaps(workflows)]
    if gaps:
        total = sum(len(workflow.gaps) for workflow in workflows)
        fence = "`" * max(3, max(map(longest_run, gaps)) + 1)
        yield Section(
            "points that tests don't reach",
            4,
            tuple(gaps),
            before=f"<details><summary>{count(total, 'point')} not reached</summary>"
            f"\n\n{fence}text",
            after=f"{fence}\n\n</details>",
        )


def replay_section(report: ReplayReport) -> Section:
    """Return the section of a replay."""
    from sfn_release.cli.output.replay_markdown import replay_markdown

    return Section("replays", 3, tuple(replay_markdown(report).splitlines()), more=_MORE)


_MORE = "\n… and {count} more lines"
