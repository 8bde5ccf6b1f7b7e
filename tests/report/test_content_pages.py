"""The pages about releases, workflows, comparisons, executions and coverage, as browsers read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from sfn_release.comparison.semantic_changes import semantic_changes
from sfn_release.errors import NotFoundError, UsageError
from sfn_release.operations.explained_execution import Explanation
from sfn_release.operations.verbs.explain import explain_file
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.page import Page
from sfn_release.report.pages.content_pages import content_pages
from sfn_release.report.pages.execution_page import ReportedExecution
from sfn_release.report.pages.workflows_index import workflows_index_pages
from sfn_release.report.views.compared_pairs import compared_pairs, read_pair
from sfn_release.report.views.coverage_sources import read_coverage_text
from sfn_release.testing.coverage.coverage_data import CoverageData, WorkflowCounts
from sfn_release.testing.coverage.points import points_of
from sfn_release.testing.histories.history_files import parse_history
from support.reports import inner_links, read_page, report_facts

ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"`&{{7*7}}\u202e\u0007"
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def task(name: str, **more: Any) -> dict[str, Any]:
    """Return a Task that invokes a function."""
    arguments = {"FunctionName": f"arn:aws:lambda:eu-west-1:111111111111:function:{name}"}
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": arguments}
    return {**state, **more}


def orders(charge: str = "Charge", seconds: int = 30) -> dict[str, Any]:
    """Return a workflow with a Map."""
    inner = {"StartAt": "Pack", "States": {"Pack": task("pack", End=True)}}
    return {
        "StartAt": charge,
        "States": {
            charge: task(
                "charge",
                TimeoutSeconds=seconds,
                Retry=[{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 2}],
                Catch=[{"ErrorEquals": ["Declined"], "Next": "Refuse"}],
                Next="Each",
            ),
            "Each": {"Type": "Map", "ItemProcessor": inner, "End": True},
            "Refuse": {"Type": "Fail", "Error": "Refused"},
        },
    }


@cache
def shop() -> ReportFacts:
    """Return a shop with three releases and two environments."""
    refunds = {"StartAt": "Refund", "States": {"Refund": task("refund", End=True)}}
    return report_facts(
        {
            "1.0.0": {"orders": orders()},
            "1.1.0": {"orders": orders(seconds=60), "refunds": refunds},
            "2.0.0": {"orders": orders("Charge card", seconds=60), "refunds": refunds},
        },
        notes="### Changed\n\n- a timeout",
        environments={"staging": ["1.0.0", "1.1.0", "2.0.0"], "prod": ["1.0.0", "1.1.0", "1.0.0"]},
        reason="quieter",
    )


@cache
def pages() -> dict[str, Page]:
    """Return the pages of the shop by path, with an execution and with coverage."""
    facts = with_options(shop())
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
    assert "the changes since 1.0.0 ask for: minor" in page
    assert page.count("deploy 20260301T") == 2
    assert "by deploy 1.0.0" in page, "prod went back"
    assert "sfn-release attest 1.1.0 --env prod" in page
    assert shop().by_version["1.1.0"].manifest.release_digest in page
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
        (it.older, it.newer): it.reasons for it in compared_pairs(shop(), [("2.0.0", "1.0.0")])
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
    assert read_pair("1.0.0..2.0.0", shop()) == ("1.0.0", "2.0.0")
    assert read_pair("v1.0.0...@staging", shop()) == ("1.0.0", "2.0.0")
    for wrong in ("1.0.0", "1.0.0..", "..", ""):
        with pytest.raises(UsageError, match="doesn't name two releases"):
            read_pair(wrong, shop())
    with pytest.raises(NotFoundError, match=r"1\.0\.9 is not a release"):
        read_pair("1.0.9..2.0.0", shop())
    with pytest.raises(NotFoundError, match="test serves no release"):
        read_pair("@test..2.0.0", shop())


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


def history() -> dict[str, Any]:
    """Return a history: a retried Task, a Map with an item that failed."""

    def event(
        number: int, previous: int, kind: str, seconds: float, **details: Any
    ) -> dict[str, Any]:
        at = (START + timedelta(seconds=seconds)).isoformat()
        return {"id": number, "previousEventId": previous, "type": kind, "timestamp": at, **details}

    def entered(name: str, data: str = "{}") -> dict[str, Any]:
        return {"stateEnteredEventDetails": {"name": name, "input": data}}

    scheduled = {"resourceType": "lambda", "resource": "invoke", "region": "x", "parameters": "{}"}
    failed = {"resourceType": "lambda", "resource": "invoke", "error": "Slow", "cause": ATTACK}
    return {
        "definition": json.dumps(orders()),
        "events": [
            event(
                1,
                0,
                "ExecutionStarted",
                0,
                executionStartedEventDetails={"input": '{"secret":"s3cr3t"}'},
            ),
            event(2, 0, "TaskStateEntered", 0, **entered("Charge", '{"secret":"s3cr3t"}')),
            event(3, 2, "TaskScheduled", 0, taskScheduledEventDetails=scheduled),
            event(4, 3, "TaskFailed", 2, taskFailedEventDetails=failed),
            event(5, 4, "TaskScheduled", 4, taskScheduledEventDetails=scheduled),
            event(
                6,
                5,
                "TaskSucceeded",
                5,
                taskSucceededEventDetails={
                    "resourceType": "lambda",
                    "resource": "invoke",
                    "output": "{}",
                },
            ),
            event(
                7,
                6,
                "TaskStateExited",
                5,
                stateExitedEventDetails={"name": "Charge", "output": "{}"},
            ),
            event(8, 7, "MapStateEntered", 5, **entered("Each")),
            event(9, 8, "MapStateStarted", 5, mapStateStartedEventDetails={"length": 1}),
            event(
                10,
                9,
                "MapIterationStarted",
                5,
                mapIterationStartedEventDetails={"name": "Each", "index": 0},
            ),
            event(11, 10, "TaskStateEntered", 5, **entered("Pack")),
            event(12, 11, "TaskScheduled", 5, taskScheduledEventDetails=scheduled),
            event(13, 12, "TaskFailed", 8, taskFailedEventDetails={**failed, "error": "Broken"}),
            event(
                14,
                13,
                "MapIterationFailed",
                8,
                mapIterationFailedEventDetails={"name": "Each", "index": 0},
            ),
            event(15, 14, "MapStateFailed", 8),
            event(
                16,
                15,
                "ExecutionFailed",
                8,
                executionFailedEventDetails={"error": "Broken", "cause": ATTACK},
            ),
        ],
    }


def explained() -> Explanation:
    """Return the explanation of the history."""
    return explain_file(parse_history(json.dumps(history()).encode(), file="history.json"))


def with_options(facts: ReportFacts, *, data: bool = True) -> ReportFacts:
    """Return facts with an execution and with coverage."""
    points = points_of(facts.definition("2.0.0", "orders"))
    counts = WorkflowCounts(points, {"Charge card": 3}, {next(iter(points.steps)): 3}, 3)
    written = json.dumps(CoverageData({"orders": counts}).to_json())
    extra = {
        "executions": (ReportedExecution(ATTACK, explained(), data),),
        "coverage": read_coverage_text(written, "cover.json"),
    }
    return replace(facts, extra=extra)


def execution(*, data: bool = True) -> str:
    """Return the page of the execution."""
    facts = with_options(shop(), data=data)
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
    """And with data, the page says that it may hold secrets."""
    assert "s3cr3t" in execution()
    assert "may hold secrets" in execution()
    assert "s3cr3t" not in execution(data=False)
    for part in ('class="cause"', "Slow: ", "Cause</dt>"):  # causes quote data
        assert part in execution()
        assert part not in execution(data=False)


def test_coverage_is_drawn_on_the_definition_that_it_counts() -> None:
    """The newest release has it; the graph says what wasn't reached."""
    facts = with_options(shop())
    found = {page.path: page for page in content_pages(facts)}
    page = " ".join(read_page(found[paths.coverage_path("orders", 1)]).text.split())
    assert "The definition of release 2.0.0" in page
    assert "✓ 3×" in page
    assert "✗ not reached" in page
    assert "states1425 %" in page


def test_coverage_without_a_definition_is_drawn_from_its_points() -> None:
    """A work tree that isn't released, or another project's file."""
    other = {
        "StartAt": "Other",
        "States": {"Other": {"Type": "Pass", "Next": "End"}, "End": {"Type": "Succeed"}},
    }
    counts = WorkflowCounts(points_of(other), {"Other": 2}, {}, 2)
    written = json.dumps(CoverageData({"orders": counts}).to_json())
    facts = replace(shop(), extra={"coverage": read_coverage_text(written, "cover.json")})
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
    facts = replace(shop(), extra={"coverage": read_coverage_text(json.dumps(value), "c.json")})
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
        explained(), notes=(ATTACK,), waits=(ATTACK,), workflow=ATTACK, environment=ATTACK
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


def test_processes_share_the_pages_without_a_gap() -> None:
    """Each page is made by one of them."""
    facts = with_options(shop())
    shared = [page.path for number in range(3) for page in content_pages(facts.shared(number, 3))]
    assert sorted(shared) == sorted(page.path for page in content_pages(facts))


def test_each_pair_of_contents_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although the pages of releases, of comparisons and of workflows all show it."""
    calls: list[str] = []

    def counted(*sides: Any, **more: Any) -> Any:
        calls.append(more["workflow"])
        return semantic_changes(*sides, **more)

    monkeypatch.setattr("sfn_release.report.views.comparisons.semantic_changes", counted)
    assert [*content_pages(shop())]
    assert sorted(calls) == ["orders"] * 3, "1.0.0 to 1.1.0, to 2.0.0, and from 1.0.0 to 2.0.0"
