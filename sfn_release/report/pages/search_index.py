"""The search index: a script that pages load, because they can't fetch a file from the disk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.page import Page
from sfn_release.report.pages.page_links import (
    PageLink,
    comparison_links,
    coverage_links,
    execution_links,
    overview_links,
)
from sfn_release.report.texts import actor_name, day, short_id
from sfn_release.text import count, shorten

SEARCH = f"{paths.ASSETS}/search.js"
BUILD = f"{paths.ASSETS}/build.js"

_KINDS = (
    *("environment", "workflow", "release", "state", "deployment"),
    *("execution", "coverage", "comparison", "page"),
)
_STATES = 20_000  # entries of states
_TEXT = 100  # characters of notes and reasons

Entry = tuple[str, str, str, str, str]
"""Its kind, its title, a detail, its path, and more words to find it by."""


def search_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the index, and while the report is served the id of this build."""
    found = {
        "kinds": _KINDS,
        "entries": [(_KINDS.index(kind), *rest) for kind, *rest in _entries(facts)],
    }
    # ASCII JSON is JavaScript, whatever texts are in it.
    text = json.dumps(found, separators=(",", ":"))
    yield Page(SEARCH, "Search", f"globalThis.sfnReleaseSearch={text};\n")
    if facts.refresh:
        build = json.dumps(facts.build_id)
        yield Page(BUILD, "Build", f"globalThis.sfnReleaseBuild={build};\n")


def _entries(facts: ReportFacts) -> Iterator[Entry]:
    for environment in facts.environments:
        serving = environment.serving
        detail = f"serves {serving.version}" if serving else "nothing is deployed"
        path = paths.environment_path(environment.name)
        yield "environment", environment.name, detail, path, environment.label
    for name, forms in facts.forms.items():
        newest = forms[-1]
        detail = f"{count(newest.entry.states, 'state')}, since {newest.since}"
        yield "workflow", name, detail, paths.workflow_path(name), newest.entry.source
    for release in reversed(facts.releases):
        manifest = release.manifest
        first = shorten(release.notes.partition("\n")[0], _TEXT)
        parts = [first, actor_name(manifest.author), day(manifest.date)[:10]]
        detail = " · ".join(part for part in parts if part)
        more = f"{manifest.commit[:12]} {short_id(manifest.release_digest)} {manifest.author}"
        yield (
            "release",
            manifest.version,
            detail,
            paths.release_path(manifest.version),
            more,
        )
    yield from _states(facts)
    yield from _deployments(facts)
    for kind, links in (
        ("execution", execution_links(facts)),
        ("coverage", coverage_links(facts)),
        ("comparison", comparison_links(facts)),
        ("page", [*overview_links(facts), PageLink(paths.EVERYTHING, "All pages")]),
    ):
        for it in links:
            yield kind, it.name, shorten(it.detail, _TEXT), it.path, ""


def _states(facts: ReportFacts) -> Iterator[Entry]:
    """Yield the states of the newest form of each workflow, as far as there is room."""
    left = _STATES
    for name, forms in facts.forms.items():
        newest = forms[-1]
        definition = facts.definition(newest.versions[-1], name)
        for state, type_ in _states_of(definition):
            left -= 1
            if left < 0:
                return
            path = f"{paths.workflow_path(name)}#{paths.state_anchor(state)}"
            yield "state", state, f"{type_} in {name}", path, ""


def _states_of(definition: Any) -> Iterator[tuple[str, str]]:
    """Yield the name and type of each state, those inside of Parallel and Map too."""
    scopes = [definition]
    while scopes:
        scope = scopes.pop()
        states = scope.get("States") if isinstance(scope, Mapping) else None
        for name, state in states.items() if isinstance(states, Mapping) else ():
            if isinstance(state, Mapping):
                yield str(name), str(state.get("Type", ""))
                scopes += [state.get("ItemProcessor"), state.get("Iterator")]
                branches = state.get("Branches")
                scopes += branches if isinstance(branches, list) else []


def _deployments(facts: ReportFacts) -> Iterator[Entry]:
    """Yield the deployments that have a reason, and the failed ones."""
    for environment in facts.environments:
        for record in environment.records:
            said = record.reason or record.override or (record.error or "").partition("\n")[0]
            if said:
                title = f"{record.action} {record.version} on {environment.name}"
                path = facts.deployment_path(environment.name, record.id)
                more = f"{actor_name(record.actor)} {record.id} {record.status}"
                yield "deployment", title, shorten(said, _TEXT), path, more
