"""Text that others wrote is only text, wherever a page of content shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.page import Page
from sfn_release.report.pages.content_pages import content_pages
from sfn_release.report.pages.execution_page import ReportedExecution
from sfn_release.report.pages.workflows_index import workflows_index_pages
from sfn_release.report.views.coverage_sources import read_coverage_text
from sfn_release.testing.coverage.coverage_data import CoverageData, WorkflowCounts
from sfn_release.testing.coverage.points import points_of
from support.reports import read_page, report_facts
from support.shop_reports import (
    ATTACK,
    execution_of_orders,
    orders,
    task,
)


def hostile() -> ReportFacts:
    """Return facts with an attack in every text."""

    def attacked(seconds: int) -> dict[str, Any]:
        name = ATTACK[:79]
        state = task(
            ATTACK, Comment=ATTACK, TimeoutSeconds=seconds, Next="x",
            Retry=[{"ErrorEquals": [ATTACK], "JitterStrategy": ATTACK}],
            Catch=[{"ErrorEquals": [ATTACK], "Next": ATTACK, "ResultPath": ATTACK}],
        )  # fmt: skip
        choice = {
            "Type": "Choice",
            "Choices": [{"Variable": ATTACK, "StringEquals": ATTACK, "Next": name}],
        }
        return {
            "Comment": ATTACK,
            "StartAt": name,
            "States": {name: state, "x": choice, ATTACK: {"Type": ATTACK}},
        }

    facts = report_facts(
        {"1.0.0": {"orders": attacked(1)}, "1.1.0": {"orders": attacked(2)}},
        notes=ATTACK,
        environments={"prod": ["1.0.0"]},
        author=ATTACK,
        reason=ATTACK,
    )
    return with_attacks(facts)


def with_attacks(facts: ReportFacts) -> ReportFacts:
    """Return facts with an attack in the execution and in the coverage."""
    counts = WorkflowCounts(points_of(orders()), {}, {}, 1)
    written = json.dumps(CoverageData({ATTACK: counts}).to_json())
    notes = replace(
        execution_of_orders(), notes=(ATTACK,), waits=(ATTACK,), workflow=ATTACK, environment=ATTACK
    )
    extra = {
        "executions": (ReportedExecution(ATTACK, notes),),
        "coverage": read_coverage_text(written, ATTACK),
    }
    return replace(facts, extra=extra)


def attacked_pages() -> Iterator[Page]:
    yield from content_pages(hostile())
    yield from workflows_index_pages(hostile())


def test_hostile_text_is_only_text() -> None:
    """In names, notes, comments, errors, causes, reasons, and file names."""
    found = [*attacked_pages()]
    assert len(found) > 8
    for page in found:
        read = read_page(page)
        assert read.active == [], page.path
        assert "{{7*7}}" in read.text or "alert" not in read.text, "no template runs it"
        assert page.path.isascii()
        assert "<" not in page.path
