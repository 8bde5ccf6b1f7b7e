"""The pages of coverage: of tests with counts, and of an environment without."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sfn_release.errors import UsageError
from sfn_release.report import paths
from sfn_release.report.pages.content_pages import content_pages
from sfn_release.report.views.coverage_picture import coverage_picture
from sfn_release.report.views.coverage_sources import read_coverage_text
from sfn_release.testing.coverage.coverage_data import CoverageData, WorkflowCounts
from sfn_release.testing.coverage.points import points_of
from support.reports import read_page
from support.shop_reports import (
    ATTACK,
    orders,
    report_shop,
    with_options,
)


def test_coverage_is_drawn_on_the_definition_that_it_counts() -> None:
    """The newest release has it; the graph says what wasn't reached."""
    facts = with_options(report_shop())
    found = {page.path: page for page in content_pages(facts)}
    page = " ".join(read_page(found[paths.coverage_path("orders", 1)]).text.split())
    assert "The definition of release 2.0.0" in page
    assert "✓ 3×" in page
    assert "✗ not reached" in page
    assert "states1425 %" in page


@pytest.mark.parametrize(
    ("definition", "failed", "expected", "absent"),
    [
        ("released", 0, "The definition of release 1.1.0", "failed."),
        ("sha256:other", 2, "Measured on a definition that isn't released.", "The definition of"),
        ("", 1, "doesn't say whether it is the same definition", "isn't released"),
    ],
)
def test_coverage_says_on_which_definition_it_was_measured(
    definition: str, failed: int, expected: str, absent: str
) -> None:
    """A definition with the same states can do something else; failed tests are counted."""
    facts = report_shop()
    entry = facts.by_version["1.1.0"].manifest.workflows["orders"]
    digest = entry.definition_digest if definition == "released" else definition
    points = points_of(facts.definition("1.1.0", "orders"))
    counts = WorkflowCounts(points, {}, {}, 3, digest, failed)
    written = json.dumps(CoverageData({"orders": counts}).to_json())
    facts = replace(facts, extra={"coverage": read_coverage_text(written, "cover.json")})
    found = {page.path: " ".join(read_page(page).text.split()) for page in content_pages(facts)}
    page = found[paths.coverage_path("orders", 1)]
    assert expected in page
    assert absent not in page
    assert (f"{failed} test{'s' if failed == 2 else ''} failed" in page) == bool(failed)
    assert ("not a released definition" in found[paths.COVERAGE]) == (definition == "sha256:other")


def test_coverage_without_a_definition_is_drawn_from_its_points() -> None:
    """A work tree that isn't released, or another project's file."""
    other = {
        "StartAt": "Other",
        "States": {"Other": {"Type": "Pass", "Next": "End"}, "End": {"Type": "Succeed"}},
    }
    counts = WorkflowCounts(points_of(other), {"Other": 2}, {}, 2)
    written = json.dumps(CoverageData({"orders": counts}).to_json())
    facts = replace(report_shop(), extra={"coverage": read_coverage_text(written, "cover.json")})
    found = {page.path: page.html for page in content_pages(facts)}
    assert "No release has this definition" in found[paths.coverage_path("orders", 1)]


def test_coverage_of_an_environment_has_its_release_and_errors() -> None:
    """It has no counts, and says so; a workflow without executions says why."""
    points = points_of(orders(seconds=60), of_histories=True)
    steps = [*points.steps]
    value = {
        "schema": "sfn-release/coverage/1",
        "environment": "prod",
        "workflows": [
            {
                "name": "orders",
                "version": "1.1.0",
                "executions": 9,
                "states": {"reached": 3, "total": 4, "missing": ["Refuse"]},
                "transitions": {
                    "reached": len(points.transitions) - 1,
                    "total": len(points.transitions),
                    "missing": ["Charge → Refuse (catch of Declined)"],
                },
                "choices": {"reached": 0, "total": 0, "missing": []},
                "catches": {
                    "reached": 0,
                    "total": 1,
                    "missing": ["Charge → Refuse (catch of Declined)"],
                },
                "retries": {"reached": 1, "total": 1, "missing": []},
                "retried": [{"state": "Charge", "error": "States.Timeout", "count": 4}],
                "caught": [],
                "unseen": [],
                "problem": "",
            },
            {"name": "refunds", "version": None, "executions": 0, "problem": "no logs " + ATTACK},
        ],
    }
    assert len(steps) > 3
    facts = replace(
        report_shop(), extra={"coverage": read_coverage_text(json.dumps(value), "c.json")}
    )
    found = {page.path: read_page(page) for page in content_pages(facts)}
    page = " ".join(found[paths.coverage_path("orders", 1)].text.split())
    assert "The definition of release 1.1.0" in page
    assert "4 retried" in page
    assert "doesn't say how often" in page
    assert "no logs" in found[paths.coverage_path("refunds", 2)].text


@pytest.mark.parametrize(
    "written",
    [
        "",
        "[]",
        "{}",
        '{"schema": 1}',
        '{"schema": "sfn-release/coverage/1", "workflows": 5}',
        "[" * 9_000,
    ],
)
def test_a_file_without_coverage_is_refused(written: str) -> None:
    """With its name, and where to get coverage."""
    with pytest.raises(UsageError, match=r"c\.json doesn't hold coverage"):
        read_coverage_text(written, "c.json")


def test_coverage_is_not_drawn_on_a_definition_with_other_states() -> None:
    """2.0.0 has as many states and transitions, but it has no Charge that could be missing."""
    points = points_of(orders(seconds=60))
    none = {"reached": 0, "total": 0, "missing": []}
    total = len(points.transitions)
    row = {
        "name": "orders",
        "runs": 1,
        "states": {"reached": 3, "total": 4, "missing": ["Charge"]},
        "transitions": {"reached": total, "total": total, "missing": []},
        **dict.fromkeys(("choices", "catches", "retries"), none),
    }
    text = json.dumps({"schema": "sfn-release/coverage/1", "workflows": [row]})
    (covered,) = read_coverage_text(text, "c.json")
    versions = ("2.0.0", "1.1.0")
    found = [(version, report_shop().definition(version, "orders")) for version in versions]
    picture = coverage_picture(covered, found)
    assert picture is not None
    assert picture.version == "1.1.0"
