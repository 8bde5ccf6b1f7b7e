"""The pages of coverage: a table of all workflows, and a graph for each, where you see the gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from sfn_release.authoring.diagrams.drawing import Node
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.frame import Links, render_page
from sfn_release.report.page import Page
from sfn_release.report.views.coverage_picture import coverage_picture
from sfn_release.report.views.coverage_sources import CoveredWorkflow
from sfn_release.report.views.page_graph import page_graph
from sfn_release.report.views.state_views import state_anchors

_MOST_POINTS = 500  # missing points in a list


@dataclass(frozen=True)
class CoverageView:
    """The coverage of one workflow and its page. *graph* is a drawing, "" for none.

    *is_large*: the graph has too many states for a page. *measured_on* is whether the drawn
    release has the very definition that the tests ran, "unknown" if the file doesn't say.
    """

    path: str
    covered: CoveredWorkflow
    graph: Markup
    drawn_version: str | None
    is_large: bool = False
    measured_on: Literal["same", "other", "unknown"] = "unknown"


def coverage_pages(facts: ReportFacts) -> Iterator[Page]:
    """Yield the page of coverage, and one for each workflow in it; none without coverage."""
    found: Sequence[CoveredWorkflow] = facts.extra.get("coverage", ())
    if not found:
        return
    views = []
    for number, covered in enumerate(found, 1):
        path = paths.coverage_path(covered.name, number)
        view = _view(facts, covered, path)
        views.append(view)
        yield render_page(
            facts,
            path,
            f"Coverage of {covered.name}",
            "coverage_of.html",
            crumbs=[(paths.COVERAGE, "Coverage")],
            view=view,
            covered=covered,
            most=_MOST_POINTS,
        )
    yield render_page(facts, paths.COVERAGE, "Coverage", "coverage.html", views=views)


def _view(facts: ReportFacts, covered: CoveredWorkflow, path: str) -> CoverageView:
    picture = coverage_picture(covered, _definitions(facts, covered))
    if picture is None:
        return CoverageView(path, covered, Markup(), None)
    version = picture.version
    graph = page_graph(
        picture.diagram,
        marks=picture.marks,
        link=_link(facts, covered, version, path),
        title=f"Coverage of {covered.name}",
        description="States that were reached have a check mark; the others say that they weren't.",
    )
    measured_on = _measured_on(facts, covered, version)
    return CoverageView(path, covered, graph, version, is_large=not graph, measured_on=measured_on)


def _measured_on(
    facts: ReportFacts, covered: CoveredWorkflow, version: str | None
) -> Literal["same", "other", "unknown"]:
    if covered.environment is not None:  # AWS ran the release itself
        return "same" if covered.version == version else "unknown"
    measured = covered.counts.definition if covered.counts else ""
    if not measured or version is None:
        return "unknown"
    released = facts.by_version[version].manifest.workflows[covered.name].definition_digest
    return "same" if released == measured else "other"


def _definitions(facts: ReportFacts, covered: CoveredWorkflow) -> Iterator[tuple[str, Any]]:
    """Yield the releases' definitions of a workflow: of its own release, then the newest first."""
    own = covered.version
    if (
        own is not None
        and own in facts.by_version
        and covered.name in facts.by_version[own].manifest.workflows
    ):
        yield own, facts.definition(own, covered.name)
    measured = covered.counts.definition if covered.counts else ""
    forms = [*reversed(facts.forms.get(covered.name, ()))]
    for form in sorted(forms, key=lambda form: form.entry.definition_digest != measured):
        yield form.versions[-1], facts.definition(form.versions[-1], covered.name)


def _link(facts: ReportFacts, covered: CoveredWorkflow, version: str | None, path: str) -> Any:
    """Return the link of a node to its state on the page of the workflow's form."""
    if version is None:
        return lambda _node: None
    since = facts.by_version[version].manifest.workflows[covered.name].since
    target = Links(path, facts).workflow(covered.name, since)
    anchors = state_anchors(facts.definition(version, covered.name)).by_name

    def link(node: Node) -> str | None:
        anchor = anchors.get(node.id)
        return f"{target}#{anchor}" if target and anchor and node.type not in _ENDS else None

    return link


_ENDS = frozenset({"Start", "End", "Missing"})
