"""All pages of a report, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.page import Page
from sfn_release.report.pages.board_page import board_pages
from sfn_release.report.pages.content_pages import content_pages
from sfn_release.report.pages.environment_pages import environment_pages
from sfn_release.report.pages.everything_page import everything_pages
from sfn_release.report.pages.releases_index import releases_index_pages
from sfn_release.report.pages.search_index import search_pages
from sfn_release.report.pages.timeline_pages import timeline_pages
from sfn_release.report.pages.workflows_index import workflows_index_pages

Pages = Callable[[ReportFacts], Iterator[Page]]

SINGLE: tuple[Pages, ...] = (
    board_pages,
    releases_index_pages,
    workflows_index_pages,
    everything_pages,
    search_pages,
)
"""The kinds with few pages, which one process makes."""
SHARED: tuple[Pages, ...] = (timeline_pages, environment_pages, content_pages)
"""The kinds with many pages. Each process makes its share: see `ReportFacts.mine`."""


def site_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield every page of the report, or this process's share of them, made on demand.

    If you add a kind of page, add it to one of the two lists.
    """
    number, _ = facts.share
    for pages in SINGLE if number == 0 else ():
        yield from pages(facts)
    for pages in SHARED:
        yield from pages(facts)


def page_estimate(facts: ReportFacts) -> int:
    """Return about how many pages the report has, for deciding how many processes make them."""
    forms = sum(len(forms) for forms in facts.forms.values())
    return len(facts.releases) + forms
