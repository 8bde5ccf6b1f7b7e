"""Workflows that two releases change in the same way are shown once, and the worst comes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from sfn_release.canonical import digest
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.views.alike_workflows import same_changes
from sfn_release.report.views.comparisons import Comparisons
from support.report_facts import MemoryDefinitions, shop_facts
from support.report_pages import anchors, html_pages, pages_of, text_of

NAMES = [f"wf-{number:02}" for number in range(12)]


def changed_shop() -> ReportFacts:
    """Return a shop whose last release changes ten workflows alike, one more, and breaks one."""
    facts = shop_facts(workflows=NAMES, releases=2, environments=[])
    first, last = facts.releases
    store = cast(MemoryDefinitions, facts.definitions)
    entries = {}
    for place, name in enumerate(NAMES):
        entry = first.manifest.workflows[name]
        content: dict[str, Any] = store.by_digest[entry.definition_digest]
        states = {key: dict(state) for key, state in content["States"].items()}
        states["Charge"]["TimeoutSeconds"] = 20 if place == 4 else 10
        if place == 11:
            states["Charge"]["Resource"] = "arn:aws:states:::sqs:sendMessage"
            states = {"First": {"Type": "Fail", "Error": "Closed"}}
        made = {**content, "States": states}
        if place == 11:
            made["StartAt"] = "First"
        store.by_digest[digest(made)] = made
        whole = digest({"workflow": name, "definition": made})
        entries[name] = replace(
            entry, digest=whole, definition_digest=digest(made), since=last.version
        )
    manifest = replace(last.manifest, workflows=entries)
    return replace(facts, releases=(first, replace(last, manifest=manifest)))


def test_equal_changes_are_one_group_after_the_worst() -> None:
    """Another value is another change."""
    facts = changed_shop()
    groups = same_changes(Comparisons(facts).between("1.0.0", "1.1.0").workflows)
    assert groups[0].label == "wf-11"
    assert groups[0].first.worst != groups[1].first.worst
    assert {group.label for group in groups[1:]} == {
        "10 workflows: wf-00, wf-01, wf-02 and 7 more",
        "wf-04",
    }


def test_a_group_is_drawn_once_and_every_workflow_has_its_anchor() -> None:
    """The release's page links to each, and folds the same group."""
    facts = changed_shop()
    pages = pages_of(facts)
    path = paths.comparison_path("1.0.0", "1.1.0")
    documents = html_pages({path: pages[path]})
    assert pages[path].html.count('class="state-graph') == 3
    assert {paths.workflow_anchor(name) for name in NAMES} <= anchors(documents[path])
    text = text_of(documents[path])
    assert "They are drawn for wf-00" in text
    release = text_of(html_pages(pages)[paths.release_path("1.1.0")])
    assert "All 10 workflows" in release
    assert release.index("wf-11") < release.index("10 workflows: wf-00")
