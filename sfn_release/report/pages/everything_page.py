"""The list of all pages, for those who read without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.pages.page_links import (
    PageLink,
    comparison_links,
    coverage_links,
    execution_links,
    overview_links,
)
from sfn_release.report.views.paging import Part, by_weight

_LARGEST = 180_000  # bytes, about
_TAGS = 110  # bytes of a link without its texts


@dataclass(frozen=True)
class LinkGroup:
    """The links of one kind."""

    title: str
    links: tuple[PageLink, ...]


def everything_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the list of all pages, in parts if it is very large."""
    links = [(group.title, link) for group in _groups(facts) for link in group.links]
    for part in by_weight(links, lambda titled: _weigh(titled[1]), _LARGEST):
        groups: dict[str, list[PageLink]] = {}
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


def _weigh(link: PageLink) -> int:
    """Return about how many bytes a link has."""
    texts = (link.path, link.name, link.detail)
    return _TAGS + sum(len(text.encode("utf-8", "replace")) for text in texts)


def _groups(facts: ReportFacts) -> Iterator[LinkGroup]:
    yield LinkGroup("Overview", tuple(overview_links(facts)))
    names = facts.environment_names
    yield LinkGroup(
        "Environments", tuple(PageLink(paths.environment_path(name), name) for name in names)
    )
    yield LinkGroup(
        "Workflows", tuple(PageLink(paths.workflow_path(name), name) for name in facts.forms)
    )
    yield LinkGroup(
        "Releases",
        tuple(PageLink(paths.release_path(it.version), it.version) for it in facts.releases[::-1]),
    )
    yield LinkGroup(
        "Workflows as a release brought them",
        tuple(
            PageLink(paths.workflow_path(name, form.since), f"{name} of {form.since}")
            for name, forms in facts.forms.items()
            for form in reversed(forms)
        ),
    )
    yield LinkGroup("Executions", tuple(execution_links(facts)))
    yield LinkGroup("Coverage", tuple(coverage_links(facts)))
    yield LinkGroup("Comparisons", tuple(comparison_links(facts)))
