"""The pages of executions: the way over the graph, the line of time, and data left out."""

from __future__ import annotations

from sfn_release.report import paths
from sfn_release.report.pages.content_pages import content_pages
from support.shop_reports import (
    ATTACK,
    report_shop,
    with_options,
)


def execution(*, data: bool = True) -> str:
    """Return the page of the execution."""
    facts = with_options(report_shop(), data=data)
    return next(
        page.html for page in content_pages(facts) if page.path == paths.execution_path(ATTACK)
    )


def test_an_execution_is_drawn_over_its_graph_with_a_line_of_time() -> None:
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


def test_data_of_an_execution_can_be_left_out() -> None:
    """And with data, the page says that it may contain secrets."""
    assert "s3cr3t" in execution()
    assert "may contain secrets" in execution()
    assert "s3cr3t" not in execution(data=False)
    for part in ('class="cause"', "Slow: ", "Cause</dt>"):  # causes quote data
        assert part in execution()
        assert part not in execution(data=False)
