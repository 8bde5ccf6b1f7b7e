"""All pages of a report, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.page import Page
from sfn_release.report.pages.board_page import board_pages

PAGES: tuple[Callable[[ReportFacts], Iterator[Page]], ...] = (board_pages,)
"""The kinds of pages. If you add one, add it here."""


def site_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield every page of the report. Pages are made on demand, so that few are in memory."""
    for pages in PAGES:
        yield from pages(facts)
