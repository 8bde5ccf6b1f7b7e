"""The pages about releases, workflows and comparisons, as browsers read them."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from sfn_release.comparison.semantic_changes import semantic_changes
from sfn_release.errors import NotFoundError, UsageError
from sfn_release.operations.verbs.explain import explain_file
from sfn_release.report import paths
from sfn_release.report.page import Page
from sfn_release.report.pages.content_pages import content_pages
from sfn_release.report.pages.execution_page import ReportedExecution
from sfn_release.report.pages.workflows_index import workflows_index_pages
from sfn_release.report.views.compared_pairs import compared_pairs, read_pair
from sfn_release.testing.histories.history_files import SavedHistory
from sfn_release.testing.histories.state_visits import api_events
from support.executions import execute
from support.reports import inner_links, read_page, report_facts
from support.shop_reports import (
    content_options,
    orders,
    report_shop,
    task,
    with_options,
)


@cache
def pages() -> dict[str, Page]:
    """Return the pages of the shop by path, with an execution and with coverage."""
    facts = with_options(report_shop())
    found = [*content_pages(facts), *workflows_index_pages(facts)]
    assert len({page.path for page in found}) == len(found)
    return {page.path: page for page in found}


def text(path: str) -> str:
    """Return the text of a page, on one line."""
    return " ".join(read_page(pages()[path]).text.split())


def test_a_release_shows_its_changes_and_where_it_was_live() -> None:
    """With the class and the reason of each change, and each stay in an environment."""
    page = text(paths.release_path("1.1.0"))
    assert "Changes since 1.0.0" in page
    assert "safe for running executions" in page
    assert "TimeoutSeconds 30 → 60" in page
    assert "the changes since 1.0.0 call for: minor" in page
    assert page.count("deploy 20260301T") == 2
    assert "by deploy 1.0.0" in page, "prod went back"
    assert "sfn-release attest 1.1.0 --env prod" in page
    assert report_shop().by_version["1.1.0"].manifest.release_digest in page
    links = read_page(pages()[paths.release_path("1.1.0")]).links
    assert any(link.startswith("https://github.com/acme/shop/commit/0123") for link in links)


def test_the_first_release_has_nothing_to_compare() -> None:
    """It says so, and so does a release with the content of the one before."""
    assert "There is no earlier release" in text(paths.release_path("1.0.0"))
    facts = report_facts({"1.0.0": {"orders": orders()}, "1.0.1": {"orders": orders()}})
    found = {page.path: page.html for page in content_pages(facts)}
    assert "the same content as in 1.0.0" in found[paths.release_path("1.0.1")]
    assert "no workflow differs" in found[paths.comparison_path("1.0.0", "1.0.1")]
    assert "It was never deployed" in found[paths.release_path("1.0.1")]


def test_a_workflow_shows_each_state_with_its_origin() -> None:
    """Renames included: `Charge` became `Charge card` in 2.0.0."""
    page = text(paths.workflow_path("orders"))
    assert "Last changed in 2.0.0 by Ana Lima" in page
    assert "before, it was Charge" in page
    assert "Last changed in 1.0.0 by Ana Lima" in page
    assert 'in the Map "Each"' in page
    ids = read_page(pages()[paths.workflow_path("orders")]).ids
    assert paths.state_anchor("Charge card") in ids
    assert len({*ids}) == len(ids)


def test_a_form_of_a_workflow_has_a_permanent_page() -> None:
    """Also when a newer release changed it."""
    assert "an earlier form" in text(paths.workflow_path("orders", "1.1.0"))
    assert "newest form" in text(paths.workflow_path("orders", "2.0.0"))
    assert "newest form" in text(paths.workflow_path("refunds", "1.1.0"))


def test_two_releases_are_one_graph_with_json_beside_it() -> None:
    """The rename is shown, and the JSON on both sides."""
    page = text(paths.comparison_path("1.1.0", "2.0.0"))
    assert 'state "Charge" renamed to "Charge card"' in page
    assert "was Charge" in page
    page = text(paths.comparison_path("1.0.0", "1.1.0"))
    assert '− "TimeoutSeconds": 30,' in page
    assert '+ "TimeoutSeconds": 60,' in page
    assert "workflow added" in page


def test_environments_are_compared_with_the_newest_release_and_with_each_other() -> None:
    """And the pairs that were asked for, from A to B as they were written."""
    reasons = {
        (it.older, it.newer): it.reasons
        for it in compared_pairs(report_shop(), [("2.0.0", "1.0.0")])
    }
    assert {*reasons} == {
        ("1.0.0", "1.1.0"),
        ("1.1.0", "2.0.0"),
        ("1.0.0", "2.0.0"),
        ("2.0.0", "1.0.0"),
    }
    assert reasons["1.0.0", "2.0.0"] == (
        "live in prod and the newest release",
        "live in staging and in prod",
    )


def test_a_pair_to_compare_names_releases_or_environments() -> None:
    """Anything else is an error that says what to write."""
    assert read_pair("1.0.0..2.0.0", report_shop()) == ("1.0.0", "2.0.0")
    assert read_pair("v1.0.0...@staging", report_shop()) == ("1.0.0", "2.0.0")
    for wrong in ("1.0.0", "1.0.0..", "..", ""):
        with pytest.raises(UsageError, match="doesn't name two releases"):
            read_pair(wrong, report_shop())
    with pytest.raises(NotFoundError, match=r"1\.0\.9 is not a release"):
        read_pair("1.0.9..2.0.0", report_shop())
    with pytest.raises(NotFoundError, match="test serves no release"):
        read_pair("@test..2.0.0", report_shop())


def test_every_link_of_a_page_leads_somewhere() -> None:
    """To a page that exists, and to an anchor in it; pages of other kinds aside."""
    everything = pages()
    ids = {path: {*read_page(page).ids} for path, page in everything.items()}
    for page in everything.values():
        for path, anchor in inner_links(page):
            if path in ids:
                assert not anchor or anchor in ids[path], f"{page.path} → {path}#{anchor}"
            else:
                others = (
                    "index.html",
                    "timeline/",
                    "environments/",
                    "everything/",
                    "releases/index",
                )
                assert path.startswith(others), f"{page.path} → {path}"


def test_a_large_workflow_stays_below_300_kilobytes_a_page() -> None:
    """200 states with long definitions go on pages of their own, and the page says so."""
    states = {
        f"Step {number}": task(
            "f" * 40, Comment="c" * 300, Next=f"Step {number + 1}",
            ResultSelector={f"k{key}": "v" * 60 for key in range(30)},
            Retry=[{"ErrorEquals": ["A", "B", "C"]}] * 3,
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Step 200"}],
        )
        for number in range(200)
    }  # fmt: skip
    big = {"StartAt": "Step 0", "States": {**states, "Step 200": {"Type": "Succeed"}}}
    changed = json.loads(json.dumps(big))
    for state in [*changed["States"].values()][::2]:
        state["Comment"] = "d" * 300
    facts = report_facts({"1.0.0": {"big": big}, "1.1.0": {"big": changed}})
    sizes = {page.path: len(page.html.encode()) for page in content_pages(facts)}
    assert {path: size for path, size in sizes.items() if size > 300_000} == {}
    assert paths.workflow_path("big", "1.0.0", 2) in sizes
    assert paths.comparison_path("1.0.0", "1.1.0", "big") in sizes


def test_no_page_of_a_huge_workflow_is_too_large() -> None:
    """The graph is brief, and an execution shows fewer visits and less of their data."""
    following = [*(f"State number {number} of the workflow" for number in range(300)), "End"]
    states = {
        name: task(
            "f" * 40, Next=after, Retry=[{"ErrorEquals": ["States.Timeout"]}],
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "End"}],
        )
        for name, after in pairwise(following)
    }  # fmt: skip
    huge = {"StartAt": following[0], "States": {**states, "End": {"Type": "Succeed"}}}
    changed = json.loads(json.dumps(huge))
    for state in [*changed["States"].values()][:-1]:
        state["TimeoutSeconds"] = 5
    events = [*api_events(execute(huge, {}, lambda _call: {"text": '<">&' * 500}).events)]
    explained = explain_file(SavedHistory(events, {}, huge))
    extra = {
        **content_options(huge, name="x"),
        "executions": (ReportedExecution("x", explained),),
    }
    facts = report_facts({"1.0.0": {"orders": huge}, "1.1.0": {"orders": changed}}, extra=extra)
    found = {page.path: page.html for page in content_pages(facts)}
    sizes = {path: len(html.encode()) for path, html in found.items()}
    assert {path: size for path, size in sizes.items() if size > 300_000} == {}
    for path in (
        *(paths.workflow_path("orders"), paths.execution_path("x")),
        *(paths.coverage_path("orders", 1), paths.comparison_path("1.0.0", "1.1.0", "orders")),
    ):
        assert 'class="state-graph' in found[path], path
        assert found[path].count('class="node node-task') >= 300, path
    assert "more visits of states" in found[paths.execution_path("x")]


def test_processes_share_the_pages_without_a_gap() -> None:
    """Each page is made by one of them."""
    facts = with_options(report_shop())
    shared = [page.path for number in range(3) for page in content_pages(facts.shared(number, 3))]
    assert sorted(shared) == sorted(page.path for page in content_pages(facts))


def test_each_pair_of_contents_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although the pages of releases, of comparisons and of workflows all show it."""
    calls: list[str] = []

    def counted(*sides: Any, **more: Any) -> Any:
        calls.append(more["workflow"])
        return semantic_changes(*sides, **more)

    monkeypatch.setattr("sfn_release.report.views.comparisons.semantic_changes", counted)
    assert [*content_pages(report_shop())]
    assert sorted(calls) == ["orders"] * 3, "1.0.0 to 1.1.0, to 2.0.0, and from 1.0.0 to 2.0.0"
