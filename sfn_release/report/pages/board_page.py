"""The board: the state of each environment, and what it serves of each workflow."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.views.board_groups import BoardGroup, board_groups
from sfn_release.report.views.board_rows import board_rows
from sfn_release.report.views.environment_card import environment_card
from sfn_release.report.views.environments_before import environments_before
from sfn_release.report.views.paging import by_weight

_LARGEST = 180_000  # bytes of a table, about; a page may have 300,000
_ROOMY = 600  # cells of a table that has ages, too
_TAGS = 90  # bytes of a cell without its texts
_AGE = 160  # bytes of the second line


def board_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the board, which is the first page of the site, in parts if it is very large."""
    rows = board_rows(facts)
    roomy = len(rows) * len(facts.environments) <= _ROOMY

    def weigh(group: BoardGroup) -> int:
        names = [4 * len(name.encode("utf-8", "replace")) for name in group.workflows]
        listed = sum(names) + _TAGS * len(names)
        return listed + len(group.cells) * (_TAGS + names[0] + (_AGE if roomy else 0))

    cards = [environment_card(facts, environment) for environment in facts.environments]
    for part in by_weight(board_groups(rows), weigh, _LARGEST):
        yield render_page(
            facts,
            paths.board_path(part.number),
            "Board",
            "board.html",
            part=part,
            cards=cards,
            roomy=roomy,
            total=len(rows),
            before=environments_before(facts),
        )
