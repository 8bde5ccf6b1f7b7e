"""The pages of the executions that AWS recorded: the right states are marked, and none is large."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

import pytest

from sfn_release.operations.explained_execution import Explanation
from sfn_release.operations.verbs.explain import explain_file
from sfn_release.report.page import Page
from sfn_release.report.pages.execution_page import ReportedExecution, execution_pages
from sfn_release.testing.histories.history_files import SavedHistory
from support.oracle import CATEGORIES, Case, cases
from support.recorded_histories import recording_of
from support.reports import read_page, report_facts

LARGEST = 300_000
_SVG = "{http://www.w3.org/2000/svg}"
_STYLES = {"reached", "missed", "caught", "running", "aborted", "failed"}


def page_of(explained: Explanation) -> Page:
    """Return the page of an execution."""
    facts = report_facts({}, extra={"executions": (ReportedExecution("x", explained),)})
    return next(iter(execution_pages(facts)))


def marked(page: Page) -> dict[str, tuple[str, str]]:
    """Return the style and the text of the mark of each state in the graph of a page."""
    svg = re.search(r'<svg [^>]*class="state-graph.*?</svg>', page.html, re.DOTALL)
    assert svg is not None
    found = {}
    for group in ET.fromstring(svg[0]).iter(f"{_SVG}g"):  # noqa: S314 - our own text
        names = group.get("class", "").split()
        if "node" in names:
            title = (group.findtext(f"{_SVG}title") or "").split("\n")
            found[title[0]] = (next((it for it in names if it in _STYLES), ""), title[-1])
    return found


def entries(case: Case) -> Counter[str]:
    """Return how often the recording entered each state."""
    return Counter(
        event["details"]["name"]
        for event in case["expect"]["events"]
        if event["type"].endswith("StateEntered")
    )


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_recorded_execution_is_a_page(category: str) -> None:
    """Each state says how often it was entered; the others say that they weren't."""
    for case in cases(category):
        recording = recording_of(case)
        if recording is None:
            continue
        explained = explain_file(SavedHistory(recording.events, {}, case["definition"]))
        page = page_of(explained)
        assert len(page.html.encode()) <= LARGEST, case["id"]
        assert read_page(page).active == [], case["id"]
        entered, marks = entries(case), marked(page)
        assert {*entered} <= {*marks}, case["id"]
        for name, (style, text) in marks.items():
            number = entered[name]
            if name in {"Start", "End"} and style == "":
                continue
            if not number:
                assert (style, text) == ("missed", "not visited"), (case["id"], name)
            elif number == 1:
                assert style not in {"missed", ""}, (case["id"], name)
                assert "1 visit" in text or text.startswith("✗"), (case["id"], name, text)
            else:
                assert f"{number} visits" in text, (case["id"], name, text)
        expect = case["expect"]
        if expect["status"] == "SUCCEEDED":
            assert not {style for style, _ in marks.values()} & {"running"}, case["id"]
        if expect["status"] == "FAILED" and explained.timeline.failed is not None:
            assert marks[explained.timeline.failed.state][0] == "failed", case["id"]
