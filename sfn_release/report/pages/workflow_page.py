"""The pages of a workflow: one for each form it had, with its state graph, and the newest one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from sfn_release.authoring.diagrams import graph_of
from sfn_release.authoring.diagrams.drawing import Node
from sfn_release.errors import DefinitionError
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts, WorkflowForm
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.pages.version_rows import VersionRows
from sfn_release.report.views.comparisons import Comparisons
from sfn_release.report.views.page_graph import LARGEST, page_graph
from sfn_release.report.views.state_history import Origins, origins_of_forms
from sfn_release.report.views.state_views import state_anchors, state_views
from sfn_release.report.views.workflow_view import (
    MOST_ENTRIES,
    ROOM,
    LivePlace,
    list_size,
    live_places,
    parts,
    schema_of,
    settings,
    shown_states,
    versions_text,
)

_PAGE = 265_000  # bytes of the graph and the list of the states beside it


def workflow_pages(facts: ReportFacts, comparisons: Comparisons) -> Iterator[Page]:
    """Yield the pages of each workflow: every form, and the newest one under the plain name."""
    for name in facts.mine([*facts.forms]):
        yield from _of_workflow(facts, comparisons, name, facts.forms[name])


def _of_workflow(
    facts: ReportFacts, comparisons: Comparisons, name: str, forms: Sequence[WorkflowForm]
) -> Iterator[Page]:
    rows = VersionRows.of(facts, comparisons, name, forms)
    places = [*live_places(name, facts.environments, forms)]
    for form, origins in zip(forms, origins_of_forms(facts, name), strict=True):
        definition = facts.definition(form.versions[0], name)
        yield from _of_form(
            facts, form, definition, origins, rows, places, newest=form is forms[-1]
        )


def _of_form(
    facts: ReportFacts,
    form: WorkflowForm,
    definition: Any,
    origins: Origins,
    rows: VersionRows,
    places: Sequence[LivePlace],
    *,
    newest: bool,
) -> Iterator[Page]:
    states = shown_states(state_views(definition), origins)
    room = min(LARGEST, _PAGE - list_size(states))
    graph = _graph(form, definition, lambda anchor: f"#{anchor}", room)
    pages = parts(states, ROOM - len((graph or "").encode()))
    crumbs = [(paths.WORKFLOWS, "Workflows")]
    values: dict[str, Any] = {
        "form": form,
        "states": states,
        "pages": pages,
        "graph": graph,
        "settings": [*settings(form.entry, definition)],
        "schema": schema_of(facts.schema(form.versions[-1], form.workflow)),
        "more_rows": rows.unlisted,
        "places": places,
        "comment": definition.get("Comment", "") if isinstance(definition, Mapping) else "",
        "versions": versions_text(form.versions),
        "newest": newest,
        "most": MOST_ENTRIES,
    }
    targets = [paths.workflow_path(form.workflow, form.since)]
    if newest:
        targets.append(paths.workflow_path(form.workflow))
    here = {shown.state.anchor: part for part, several in enumerate(pages, 1) for shown in several}
    for path in targets:
        title = f"{form.workflow} {'' if path != targets[0] else form.since}".strip()
        above = [] if path != targets[0] else [(paths.workflow_path(form.workflow), form.workflow)]
        yield render_page(
            facts,
            path,
            title,
            "workflow.html",
            crumbs=[*crumbs, *above],
            rows=rows.on(form, path),
            to=lambda it: f"#{it}",
            **values,
        )
    for number, part in enumerate(pages, 1):
        path = paths.workflow_path(form.workflow, form.since, number)
        title = f"{form.workflow} {form.since}, states {number} of {len(pages)}"

        def to(anchor: str, path: str = path) -> str:
            """Return the link from one part of the states to a state, maybe in another part."""
            target = paths.workflow_path(form.workflow, form.since, here.get(anchor))
            return paths.relative(f"{target}#{anchor}", start=path)

        yield render_page(
            facts,
            path,
            title,
            "workflow_states.html",
            crumbs=[*crumbs, (targets[0], f"{form.workflow} {form.since}")],
            number=number,
            part=part,
            to=to,
            **values,
        )


def _graph(
    form: WorkflowForm, definition: Any, link: Callable[[str], str], room: int
) -> Markup | None:
    """Return the drawing of a form; empty if it's too large, None if it can't be drawn."""
    anchors = state_anchors(definition).by_name

    def address(node: Node) -> str | None:
        anchor = anchors.get(node.id) if node.type not in {"Start", "End", "Missing"} else None
        return link(anchor) if anchor else None

    try:
        return page_graph(
            graph_of(definition),
            room=room,
            link=address,
            title=f"State graph of {form.workflow} {form.since}",
            description="Each state links to its definition below.",
        )
    except DefinitionError:
        return None
