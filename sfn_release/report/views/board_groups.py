"""Folds the rows of a long board that are the same in every environment. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sfn_release.report.views.board_rows import BoardCell, BoardRow
from sfn_release.text import count, few_names

_LONG = 8  # rows: a shorter board is never folded
_LEAST = 3  # rows of a group
_MOST = 300  # names in a group, so that it fits on a page


@dataclass(frozen=True)
class BoardGroup:
    """Workflows that are the same in every environment: often one, with its *cells*.

    The time in a cell is None if the workflows arrived at different times.
    """

    workflows: tuple[str, ...]
    cells: tuple[BoardCell | None, ...]

    @property
    def label(self) -> str:
        """The group in words."""
        return f"{count(self.workflows, 'workflow')}: {few_names(self.workflows)}"


def board_groups(rows: Sequence[BoardRow]) -> list[BoardGroup]:
    """Return the rows of a board in groups: problems first, then differences, then all others."""
    found: dict[object, list[BoardRow]] = {}
    for row in rows:
        alike = tuple(
            replace(cell, workflow="", arrived=None) if cell else None for cell in row.cells
        )
        key = alike if len(rows) > _LONG else row.workflow
        found.setdefault(key, []).append(row)
    groups = []
    for several in found.values():
        size = _MOST if len(several) >= _LEAST else 1
        parts = [several[start : start + size] for start in range(0, len(several), size)]
        groups += [_group(part) for part in parts]
    return sorted(groups, key=lambda group: (_rank(group), group.workflows[0]))


def _group(rows: Sequence[BoardRow]) -> BoardGroup:
    first = rows[0]
    if len(rows) == 1:
        return BoardGroup((first.workflow,), first.cells)
    cells = []
    for column in zip(*(row.cells for row in rows), strict=True):
        times = {cell.arrived for cell in column if cell}
        shared = column[0]
        if shared is not None and len(times) > 1:
            shared = replace(shared, arrived=None)
        cells.append(shared)
    return BoardGroup(tuple(row.workflow for row in rows), tuple(cells))


def _rank(group: BoardGroup) -> tuple[int, bool]:
    """Return the place of a group: problems, differences, the others; large groups come last."""
    cells = [cell for cell in group.cells if cell]
    if any(cell.state or cell.routing for cell in cells):
        place = 0
    elif any(cell.differs_from or cell.retained or cell.deleted or cell.given_to for cell in cells):
        place = 1
    else:
        place = 2
    return place, len(group.workflows) > 1
