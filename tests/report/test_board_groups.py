"""The rows of a board: with which environments they are compared, and how equal ones are folded."""

from __future__ import annotations

from dataclasses import replace

from sfn_release.report import paths
from sfn_release.report.views.board_groups import board_groups
from sfn_release.report.views.board_rows import BoardCell, BoardRow, board_rows
from sfn_release.report.views.compared_pairs import compared_pairs
from sfn_release.report.views.environments_before import environments_before
from support.report_facts import shop_facts
from support.report_pages import html_pages, pages_of, text_of


def test_an_environment_is_compared_with_those_that_it_requires() -> None:
    """Two that require the same one don't come one before the other."""
    facts = shop_facts()
    dev, staging, prod = facts.environments
    assert prod.settings is not None
    both = replace(prod, name="us", settings=replace(prod.settings, requires=("staging", "dev")))
    free = replace(prod, name="free", settings=replace(prod.settings, requires=()))
    facts = replace(facts, environments=(dev, staging, prod, both, free))
    assert environments_before(facts) == {
        "dev": (),
        "staging": ("dev",),
        "prod": ("staging",),
        "us": ("staging", "dev"),
        "free": ("us",),
    }
    rows = {row.workflow: row.cells for row in board_rows(facts)}
    cells = rows["注文"]
    assert [cell.differs_from if cell else "" for cell in cells] == [(), ("dev",), (), ("dev",), ()]
    empty = replace(facts, environments=(replace(dev, serving=None), staging, prod))
    assert environments_before(empty) == {"staging": (), "prod": ("staging",)}
    reasons = {reason for pair in compared_pairs(facts) for reason in pair.reasons}
    assert {"live in staging and in us", "live in dev and in us"} <= reasons
    assert not {"live in prod and in us", "live in us and in free"} & reasons


def test_equal_rows_of_a_long_board_are_folded_after_the_others() -> None:
    """Problems first, then differences; no workflow is lost, and a short board isn't folded."""
    names = [f"wf-{number:02}" for number in range(20)]
    facts = shop_facts(workflows=names, live=True)
    groups = board_groups(board_rows(facts))
    assert sorted(name for group in groups for name in group.workflows) == names
    assert groups[0].workflows == ("wf-00",)
    assert groups[-1].label == "14 workflows: wf-06, wf-07, wf-08 and 11 more"
    assert all(len(group.workflows) == 1 for group in groups[:-1])
    document = html_pages(pages_of(facts))[paths.BOARD]
    assert {*names} <= {*text_of(document).split()}
    short = board_groups(board_rows(shop_facts(workflows=names[:8])))
    assert all(len(group.workflows) == 1 for group in short)


def test_a_folded_row_has_a_time_only_if_all_share_it() -> None:
    """Workflows that arrived at different times are still equal."""
    cell = BoardCell("a", version="1.0.0", since="1.0.0", arrived="2026-03-01T00:00:00Z")
    rows = [BoardRow(f"w{number}", (replace(cell, workflow=f"w{number}"),)) for number in range(9)]
    (group,) = board_groups(rows)
    assert group.cells[0] is not None
    assert group.cells[0].arrived == cell.arrived
    late = BoardRow("w9", (replace(cell, workflow="w9", arrived="2026-03-02T00:00:00Z"),))
    (group,) = board_groups([*rows, late])
    assert group.cells[0] is not None
    assert group.cells[0].arrived is None
