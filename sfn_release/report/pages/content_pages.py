"""The pages about content: releases, workflows, comparisons, executions, coverage."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.page import Page
from sfn_release.report.pages.comparison_page import comparison_pages
from sfn_release.report.pages.coverage_page import coverage_pages
from sfn_release.report.pages.execution_page import execution_pages
from sfn_release.report.pages.release_page import release_pages
from sfn_release.report.pages.workflow_page import workflow_pages
from sfn_release.report.views.comparisons import Comparisons


def content_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the pages. They share the comparisons of releases, so that each is made once."""
    comparisons = Comparisons(facts)
    yield from release_pages(facts, comparisons)
    yield from comparison_pages(facts, comparisons)
    yield from workflow_pages(facts, comparisons)
    if facts.share[0] == 0:
        yield from execution_pages(facts)
        yield from coverage_pages(facts)
