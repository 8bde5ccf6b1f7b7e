"""The list of releases."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.views.paging import by_count

_ON_PAGE = 150


def releases_index_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the list of releases, the highest version first, in parts."""
    for part in by_count(facts.releases[::-1], _ON_PAGE):
        path = paths.releases_path(part.number)
        yield render_page(facts, path, "Releases", "releases.html", part=part)
