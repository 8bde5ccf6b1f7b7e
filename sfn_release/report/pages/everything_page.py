"""The list of all pages, for those who read without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.views.compared_pairs import compared_pairs
from sfn_release.report.views.paging import Part, by_weight

_LARGEST = 180_000  # bytes, about
_TAGS = 60  # bytes of a link without its texts


@dataclass(frozen=True)
class LinkGroup:
    """The links of one kind: pairs of path and name."""

    title: str
    links: tuple[tuple[str, str], ...]


def everything_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the list of all pages, in parts if it is very large."""
    links = [(group.title, link) for group in _groups(facts) for link in group.links]
    parts = by_weight(links, lambda link: _TAGS + 2 * len(link[1][0]) + len(link[1][1]), _LARGEST)
    for part in parts:
        groups: dict[str, list[tuple[str, str]]] = {}
        for title, link in part.items:
            groups.setdefault(title, []).append(link)
        items = [LinkGroup(title, tuple(found)) for title, found in groups.items()]
        yield render_page(
            facts,
            paths.everything_path(part.number),
            "All pages",
            "everything.html",
            part=Part(part.number, part.of, items),
        )


def _groups(facts: ReportFacts) -> Iterator[LinkGroup]:
    yield LinkGroup(
        "Overview",
        (
            (paths.BOARD, "Board"),
            (paths.TIMELINE, "Timeline"),
            (paths.RELEASES, "Releases"),
            (paths.WORKFLOWS, "Workflows"),
        ),
    )
    names = facts.environment_names
    yield LinkGroup("Environments", tuple((paths.environment_path(name), name) for name in names))
    yield LinkGroup("Workflows", tuple((paths.workflow_path(name), name) for name in facts.forms))
    yield LinkGroup(
        "Releases",
        tuple((paths.release_path(it.version), it.version) for it in reversed(facts.releases)),
    )
    yield LinkGroup(
        "Workflows as a release brought them",
        tuple(
            (paths.workflow_path(name, form.since), f"{name} of {form.since}")
            for name, forms in facts.forms.items()
            for form in reversed(forms)
        ),
    )
    pairs = compared_pairs(facts, facts.extra.get("compare", ()))
    yield LinkGroup(
        "Comparisons",
        tuple(
            (paths.comparison_path(pair.older, pair.newer), f"{pair.older} and {pair.newer}")
            for pair in reversed(pairs)
        ),
    )
