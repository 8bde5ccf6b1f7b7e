"""All pages of a report together: whole, linked, small, and safe whatever the texts in them."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from sfn_release.report import paths
from sfn_release.report.frame import POLICY
from sfn_release.report.page import Page
from sfn_release.report.pages.board_page import board_pages
from sfn_release.report.pages.workflows_index import workflows_index_pages
from support.report_facts import Texts, shop_facts
from support.report_pages import (
    ASSETS,
    broken_links,
    elements,
    html_pages,
    links,
    pages_of,
    text_of,
)
from support.shop_reports import content_options

HOSTILE = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"
    "\x00\x07\x1b[31m\x7f\x9b\u202e\u200f&amp;]]>"
)
FOLDED = {"details", "summary", "span", "p", "a"}
"""Elements that longer texts may bring."""


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    """Return the pages of a shop with every kind of deployment, compared with AWS."""
    return pages_of(shop_facts(live=True))


@pytest.fixture(scope="module")
def documents(pages: Mapping[str, Page]) -> dict[str, Any]:
    return html_pages(pages)


@pytest.fixture(scope="module")
def hostile() -> dict[str, Any]:
    """Return the pages of the same shop, with hostile text wherever others write."""
    return html_pages(pages_of(shop_facts(Texts(HOSTILE), live=True)))


def test_every_link_leads_somewhere(
    pages: Mapping[str, Page], documents: Mapping[str, Any]
) -> None:
    """Pages, anchors and assets: a report works on any host, and from a disk."""
    assert broken_links(documents, {*pages, *ASSETS}) == []


def test_every_page_can_be_reached_by_links(documents: Mapping[str, Any]) -> None:
    """From the board, without JavaScript."""
    reached, todo = set(), [paths.BOARD]
    while todo:
        path = todo.pop()
        if path in reached or path not in documents:
            continue
        reached.add(path)
        for link in links(documents[path]):
            if "://" not in link:
                target = link.partition("#")[0]
                todo.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
    assert {*documents} - reached == set()


def test_pages_load_nothing_from_elsewhere(documents: Mapping[str, Any]) -> None:
    """No network, nothing inline, and a policy that would refuse both."""
    for path, document in documents.items():
        for element in elements(document):
            where = (path, element.tag)
            assert element.get("style") is None, where
            assert not [name for name in element.keys() if str(name).startswith("on")], where  # noqa: SIM118
            assert element.tag not in {"style", "base", "iframe", "object", "form"}, where
            if element.tag == "script":
                assert (element.get("src") or "").startswith(("assets/", "../")), where
                assert not (element.text or "").strip(), where
        policies = [
            element.get("content")
            for element in elements(document)
            if element.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policies == [POLICY]


def test_no_page_says_how_long_ago_something_was(documents: Mapping[str, Any]) -> None:
    """A page is read at any time: it has dates, which site.js turns into ages."""
    for path, document in documents.items():
        found = re.search(r"\bago\b|just now|\bleft, until\b", text_of(document))
        assert found is None, (path, found)
        for element in elements(document):
            if element.tag == "time":
                assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d", element.text or ""), path


def test_the_structure_of_each_page_is_sound(documents: Mapping[str, Any]) -> None:
    """One main heading, no level skipped, landmarks, unique ids, a title of its own."""
    titles = set()
    for path, document in documents.items():
        tags = [element.tag for element in elements(document)]
        levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        steps = [new - old for old, new in pairwise(levels)]
        assert max(steps, default=0) <= 1, (path, levels)
        assert (tags.count("main"), tags.count("header")) >= (1, 1), path
        ids = [it.get("id") for it in elements(document) if it.get("id") is not None]
        assert len(ids) == len({*ids}), path
        titles.add(next(it for it in elements(document) if it.tag == "title").text)
    assert len(titles) > len(documents) / 2


def test_hostile_texts_stay_texts(documents: Mapping[str, Any], hostile: Mapping[str, Any]) -> None:
    """Each page has the same elements with hostile texts, so none of them became an element."""
    assert {*documents} == {*hostile}
    for path, document in hostile.items():
        tags = {element.tag for element in elements(document)}
        assert tags <= {element.tag for element in elements(documents[path])} | {
            "details",
            "summary",
            "span",
            "p",
            "a",
        }, path
        scripts = [element for element in elements(document) if element.tag == "script"]
        assert all(element.get("src") and not element.text for element in scripts), path
        assert "49" not in text_of(document).replace("{{7*7}}", "").split(), path
    board = text_of(hostile[paths.BOARD])
    assert "<script>alert(1)</script>" in board


def test_the_search_index_is_ascii_data(pages: Mapping[str, Page]) -> None:
    """A script with hostile texts is one assignment of JSON, and finds everything."""
    found = pages_of(shop_facts(Texts(HOSTILE)))["assets/search.js"].html
    assert found.isascii()
    start, end = "globalThis.sfnReleaseSearch=", ";\n"
    data = json.loads(found.removeprefix(start).removesuffix(end))
    kinds = {data["kinds"][entry[0]] for entry in data["entries"]}
    assert kinds == {
        *("environment", "workflow", "release", "state", "deployment", "comparison", "page")
    }
    targets = {entry[3].partition("#")[0] for entry in data["entries"]}
    assert targets <= {*pages}


def test_executions_coverage_and_comparisons_are_found() -> None:
    """By the search and in the list of all pages, each with a detail that tells it from others."""
    facts = shop_facts()
    options = content_options(facts.definition("1.0.0", "orders"), name="run-7")
    twice = {**options, "executions": 2 * options["executions"]}
    facts = replace(facts, extra=twice)
    found = pages_of(facts)
    text = found["assets/search.js"].html
    data = json.loads(text.partition("=")[2].removesuffix(";\n"))
    kinds = {data["kinds"][kind]: (title, path) for kind, title, _, path, _ in data["entries"]}
    assert kinds["execution"] == ("run-7", paths.execution_path("run-7~2"))
    assert kinds["coverage"] == ("orders", paths.coverage_path("orders", 1))
    assert kinds["comparison"][1] == paths.comparison_path("1.0.0", "1.1.0")
    documents = html_pages(found)
    listed = {*links(documents[paths.EVERYTHING])}
    for _, path in kinds.values():
        assert f"../{path}" in listed or "#" in path
    assert broken_links(documents, {*found, *ASSETS}) == []


def test_numbers_have_the_right_noun() -> None:
    """One state, one workflow, one release."""
    facts = shop_facts(workflows=["orders"], releases=1, environments=["dev"])
    entry = facts.releases[0].manifest.workflows["orders"]
    manifest = replace(facts.releases[0].manifest, workflows={"orders": replace(entry, states=1)})
    facts = replace(facts, releases=(replace(facts.releases[0], manifest=manifest),))
    found = pages_of(facts)
    assert '"1 state, since 1.0.0"' in found["assets/search.js"].html
    assert "1 environment, 1 workflow, 1 release." in text_of(html_pages(found)[paths.BOARD])


@pytest.mark.parametrize(
    ("workflows", "environments"),
    [(0, 1), (1, 1), (1, 10), (50, 5), (200, 1), (200, 10)],
)
def test_boards_of_every_size_are_small_pages(workflows: int, environments: int) -> None:
    """At most 300,000 bytes a page, also with the longest names."""
    names = [f"{'長' * 60}{number:03}" for number in range(workflows)]
    facts = shop_facts(
        workflows=names,
        environments=[f"env-{number}" for number in range(environments)],
        releases=1,
    )

    made = [*board_pages(facts)]
    (index,) = workflows_index_pages(facts)
    assert len(index.html.encode()) <= 300_000
    assert max(len(page.html.encode()) for page in made) <= 300_000
    shown = "".join(page.html for page in made)
    assert all(name in shown for name in names)


@pytest.mark.parametrize("releases", [0, 1])
def test_a_new_project_has_a_report(releases: int) -> None:
    """An empty ledger says how to begin, and all of its links work."""
    found = pages_of(shop_facts(releases=releases, workflows=["orders"]))
    documents = html_pages(found)
    assert broken_links(documents, {*found, *ASSETS}) == []
    assert ("Nothing is released yet" in text_of(documents[paths.BOARD])) is (releases == 0)


def test_processes_share_the_pages_without_doubling_any(pages: Mapping[str, Page]) -> None:
    """Two processes make the pages that one makes."""
    facts = shop_facts(live=True)
    shares = [pages_of(facts.shared(number, 2)) for number in range(2)]
    assert not {*shares[0]} & {*shares[1]}
    assert {**shares[0], **shares[1]} == pages
