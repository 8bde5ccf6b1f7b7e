"""The pages of executions: the path over the graph, the timeline, and data left out."""

from __future__ import annotations

import json
import re

from sfn_release.operations.verbs.explain import explain_file
from sfn_release.report import paths
from sfn_release.report.pages.content_pages import content_pages
from sfn_release.report.views.execution_view import execution_view
from sfn_release.report.views.visit_rows import VisitRow
from sfn_release.testing.histories.history_files import parse_history
from support.shop_reports import (
    ATTACK,
    history,
    report_shop,
    with_options,
)


def execution(*, data: bool = True) -> str:
    """Return the page of the execution."""
    facts = with_options(report_shop(), data=data)
    return next(
        page.html for page in content_pages(facts) if page.path == paths.execution_path(ATTACK)
    )


def test_an_execution_is_drawn_over_its_graph_with_a_timeline() -> None:
    """Retries, the failed item, and the words of explain."""
    html = execution()
    for part in (
        "Pack (iteration 0 of Each) failed with Broken",
        "1 retry",
        "bar-retry",
        "bar-failed",
        "2 attempts",
    ):
        assert part in html
    assert "Each[0]" in html
    assert "attempt 2, 2 s later: succeeded after 1 s" in html
    assert "not visited" in html


def test_the_start_and_the_stop_of_an_execution_have_seconds() -> None:
    """Most executions take less than a minute."""
    assert len(re.findall(r"\d\d:\d\d:\d\d UTC</time>", execution())) == 2


def test_data_of_an_execution_can_be_left_out() -> None:
    """And with data, the page says that it may contain secrets."""
    assert "s3cr3t" in execution()
    assert "may contain secrets" in execution()
    assert "s3cr3t" not in execution(data=False)
    for part in ('class="cause"', "Slow: ", "Cause</dt>"):  # causes quote data
        assert part in execution()
        assert part not in execution(data=False)


def test_an_attempt_that_timed_out_is_a_failed_piece_of_the_line() -> None:
    """As one that failed: from its schedule to its end, 0 s to 2 s of 8 s."""
    text = json.dumps(history()).replace('"TaskFailed"', '"TaskTimedOut"')
    text = text.replace('"taskFailedEventDetails"', '"taskTimedOutEventDetails"')
    view = execution_view(explain_file(parse_history(text.encode(), file="history.json")))
    charge = next(row for row in view.rows if isinstance(row, VisitRow) and row.name == "Charge")
    failed = [bar for bar in charge.bars if bar.kind == "failed"]
    assert [(round(bar.x), round(bar.width)) for bar in failed] == [(0, 250)]


def test_a_running_visit_reaches_to_the_end_of_the_line() -> None:
    """Its end isn't known: the history was read before."""
    cut_off = {**history(), "events": history()["events"][:5]}
    view = execution_view(explain_file(parse_history(json.dumps(cut_off).encode(), file="x.json")))
    (charge,) = (row for row in view.rows if isinstance(row, VisitRow))
    assert charge.ended == "running"
    assert [(bar.x, round(bar.width)) for bar in charge.bars if bar.kind == "running"] == [
        (0, 1000)
    ]
