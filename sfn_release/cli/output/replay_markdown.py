"""Writes the result of a replay as Markdown, for the summary of a job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sfn_release.cli.output.markdown import code, table
from sfn_release.text import count, shorten

if TYPE_CHECKING:
    from sfn_release.operations.replaying.replay_report import ReplayReport


def replay_markdown(report: ReplayReport) -> str:
    """Return the counts, and tables of the differences and of the tasks without an answer."""
    from sfn_release.operations.replaying.replay_report import (
        grouped_differences,
        grouped_unanswered,
    )

    candidate = "the work tree" if report.against is None else f"release {report.against}"
    same = f"{report.same} of {count(report.executions, 'execution')}"
    lines = [f"### Replay of {code(report.workflow)}: {same} answer the same on {candidate}"]
    if report.stopped:
        lines += ["", "It was stopped before its end."]
    differences = [
        (
            str(group.executions),
            code(group.state),
            group.what,
            *(_value(group.first[side]) for side in ("recorded", "candidate")),
        )
        for group in grouped_differences(report)
    ]
    if differences:
        heads = ("Executions", "State", "Difference", "Recorded", "Candidate")
        lines += ["", *table(heads, differences)]
    unanswered = [
        (str(group.executions), code(group.state), code(group.what))
        for group in grouped_unanswered(report)
    ]
    if unanswered:
        lines += ["", *table(("Executions", "State", "Needs an answer of"), unanswered)]
    lines += _left_out(report)
    return "\n".join(lines)


def _left_out(report: ReplayReport) -> Iterator[str]:
    if report.unreplayable:
        yield ""
        yield f"{count(report.unreplayable, 'execution')} can't be replayed."


def _value(value: Any) -> str:
    return code(shorten(json.dumps(value, ensure_ascii=False)))
