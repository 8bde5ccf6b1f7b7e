"""The board: what each environment serves of each workflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sfn_release.release.serving import Served
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page


@dataclass(frozen=True)
class BoardRow:
    """A workflow, and how each environment serves it; None where it isn't deployed."""

    workflow: str
    cells: tuple[Served | None, ...]


@dataclass(frozen=True)
class Board:
    """The rows of the board."""

    rows: tuple[BoardRow, ...]


def board_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the board, which is the first page of the site."""
    served = [it.serving.workflows if it.serving else {} for it in facts.environments]
    names = sorted({name for workflows in served for name in workflows})
    rows = tuple(
        BoardRow(name, tuple(workflows.get(name) for workflows in served)) for name in names
    )
    yield render_page(facts, paths.BOARD, "Board", "board.html", board=Board(rows))
