"""The board of `status`: workflows by environments, in promotion order.

A cell says which release a workflow comes from, an earlier release if that brought its content,
and a mark with a word if it isn't in order. In a large project, workflows with the same cells share
a row, and rows with a mark come first. A board that is wider than the terminal is folded into
blocks of fewer columns, or turned around if that takes fewer lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sfn_release.cli.output import terminal
from sfn_release.cli.output.records import YIELDED, name
from sfn_release.cli.output.tables import table_lines
from sfn_release.cli.output.times import age
from sfn_release.cli.output.width import columns_of

if TYPE_CHECKING:
    from sfn_release.operations.verbs.status import EnvironmentStatus
    from sfn_release.operations.workflow_status import WorkflowStatus

LONG: Final = 8
"""A board of more workflows than this has rows that several share."""
_GAP = 2  # columns between two cells
_LONGEST = 40  # columns of the names of a row
_SIGNS: Final = frozenset("!~x?")
_MARKS: Final[Mapping[str, str]] = {
    "drifted": "! drifted",
    "missing": "! missing",
    "shifting": "~ shifting",
    "in-progress": "~ in progress",
    "failed": "x failed",
    "abandoned": "x abandoned",
    "unreachable": "? unreachable",
    "unreadable": "? unreadable",
    "never-deployed": "never deployed",
    "retained": "retained",
    "deleted": "deleted",
    "yanked": "x yanked",
}
"""A state that isn't in order, as a cell marks it: told apart without colour."""

Grid = list[list[str]]
"""Rows of cells; the first row and the first column are headings."""


def board_lines(
    found: Sequence[EnvironmentStatus], now: datetime, room: int | None, *, verbose: bool = False
) -> Iterator[str]:
    """Yield the lines of a board, at most *room* columns wide if that is possible.

    *found* are the environments in the order of their columns. *verbose* gives each workflow a row.
    """
    grid = _grid(found, now, verbose=verbose)
    blocks = _blocks(grid, room)
    if len(blocks) > 1:
        blocks = min(blocks, _blocks(_turned(grid), room), key=_lines)
    for index, block in enumerate(blocks):
        if index:
            yield ""
        yield from table_lines(block[0], block[1:], room)


def in_order(environment: EnvironmentStatus) -> bool:
    """Return whether a board says everything about an environment."""
    return (
        environment.state in {"in-sync", "never-deployed"}
        and not (environment.problem or environment.yank or environment.unsigned)
        and not (environment.next_steps or environment.handed_over)
        and not any(workflow.differences or workflow.notes for workflow in environment.workflows)
    )


def _grid(found: Sequence[EnvironmentStatus], now: datetime, *, verbose: bool) -> Grid:
    workflows = sorted(
        {workflow.name for status in found for workflow in status.workflows}
        | {name for status in found for name in status.served}
    )
    since = [_since(status, now) for status in found]
    rows = [[workflow, *(_cell(status, workflow) for status in found)] for workflow in workflows]
    return [
        ["WORKFLOW", *(status.label for status in found)],
        ["(release)", *(_release(status) for status in found)],
        *([["(since)", *since]] if any(since) else []),
        *(rows if verbose or len(rows) <= LONG else _shared(rows)),
    ]


def _shared(rows: Grid) -> Grid:
    """Return a row for each combination of cells, with the names of its workflows."""
    places = defaultdict(list)
    for place, (_, *cells) in enumerate(rows):
        places[tuple(cells)].append(place)
    names = [row[0] for row in rows]
    shared = [[_names(names, mine), *cells] for cells, mine in places.items()]
    return sorted(shared, key=lambda row: not any(_SIGNS & {*cell.split()} for cell in row[1:]))


def _names(names: Sequence[str], places: Sequence[int]) -> str:
    """Return the names at some places, with their number: ``wf-01 … wf-42  (42)``."""
    if len(places) == 1:
        return names[places[0]]
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    text = ", ".join(
        " … ".join(names[place] for place in dict.fromkeys((run[0], run[-1]))) for run in runs
    )
    if columns_of(terminal.one_line(text)) > _LONGEST:
        text = f"{names[places[0]]}, …"
    return f"{text}  ({len(places)})"


def _release(status: EnvironmentStatus) -> str:
    """Return the release of an environment, and everything about it that isn't in order."""
    words = [status.version] if status.version else []
    words += [YIELDED] if status.yielded else []
    words += [_MARKS["yanked"]] if status.yank else []
    words += ["! unsigned"] if status.unsigned else []
    words += [_MARKS[status.state]] if status.state in _MARKS else []
    style = "red" if status.yank or status.unsigned else terminal.state(status.state).style
    return terminal.Styled(" ".join(words), style if len(words) > 1 or not status.version else "")


def _since(status: EnvironmentStatus, now: datetime) -> str:
    record = status.live_since_record or (status.record if status.version else None)
    return "" if record is None else f"{age(record.started_at, now)}, {name(record.actor)}"


def _cell(status: EnvironmentStatus, wanted: str) -> str:
    """Return the cell of a workflow in an environment; "" if it isn't there."""
    workflow = next((workflow for workflow in status.workflows if workflow.name == wanted), None)
    if workflow is None:
        return terminal.Styled("?", "red") if status.state == "unreachable" else ""
    version = workflow.version or ("" if workflow.state == "deleted" else status.version or "")
    if workflow.since not in {None, version}:
        version += f" (content of {workflow.since})"
    mark = _MARKS.get(workflow.state, "")
    if workflow.state == "shifting" and (weight := _weight(workflow)):
        mark += f" {weight} %"
    style = terminal.state(workflow.state).style if mark else ""
    return terminal.Styled(" ".join(part for part in (version, mark) if part), style)


def _weight(workflow: WorkflowStatus) -> int | None:
    """Return how many percent of callers the newest version has; None if it has all."""
    from sfn_release.plan.steps import version_number

    if len(workflow.routing) < 2:  # noqa: PLR2004 - callers aren't split
        return None
    return workflow.routing[max(workflow.routing, key=version_number)]


def _turned(grid: Grid) -> Grid:
    turned = [list(column) for column in zip(*grid, strict=True)]
    return [["ENVIRONMENT", *turned[0][1:]], *turned[1:]]


def _blocks(grid: Grid, room: int | None) -> list[Grid]:
    """Return *grid* in parts that are at most *room* wide, each with the first column."""
    wide = [
        max(columns_of(terminal.one_line(cell) or "-") for cell in column)
        for column in zip(*grid, strict=True)
    ]
    parts: list[list[int]] = [[]]
    for index in range(1, len(wide)):
        used = wide[0] + sum(wide[i] + _GAP for i in (*parts[-1], index))
        if room is not None and used > room and parts[-1]:
            parts.append([])
        parts[-1].append(index)
    return [[[row[0], *(row[index] for index in part)] for row in grid] for part in parts]


def _lines(blocks: Sequence[Grid]) -> int:
    return sum(len(block) + 1 for block in blocks)
