"""The pages that compare two releases: each changed workflow as one graph, with its changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sfn_release.authoring.diagrams.drawing import Node
from sfn_release.comparison.difference_graph import ComparedDefinition, difference_picture
from sfn_release.report import paths
from sfn_release.report.drawing import state_graph_svg
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.views.changed_states import (
    ChangedState,
    changed_states,
    compared_anchor,
    setting_lines,
)
from sfn_release.report.views.compared_pairs import ComparedPair, compared_pairs
from sfn_release.report.views.comparisons import Comparisons, WorkflowComparison
from sfn_release.report.views.folded_picture import folded_picture
from sfn_release.report.views.line_differences import LinePair
from sfn_release.report.views.shown_json import length

_ROOM = 230_000  # bytes of the parts about workflows on the page itself
_MOST_STATES = 120  # changed states with their JSON in one part
_STATES_ROOM = 150_000  # bytes of the JSON of states in one part
_LINE = 90  # bytes of a line of JSON beside its texts


@dataclass(frozen=True)
class ComparedWorkflow:
    """The part of a page about one workflow.

    *graph* is a drawing. *hidden* counts unchanged states that it folds. *left_out* counts changed
    states whose JSON isn't shown, since there are too many.
    """

    number: int
    comparison: WorkflowComparison
    graph: Markup
    hidden: int
    states: tuple[ChangedState, ...]
    left_out: int
    settings: tuple[LinePair, ...]

    @property
    def size(self) -> int:
        """About how many bytes it takes on a page."""
        texts = [it.text + it.reason for it in self.comparison.changes]
        lines = sum(map(_size, self.states)) + _lines_size(self.settings)
        return len(self.graph.encode()) + length(texts) + 120 * len(texts) + lines


def comparison_pages(facts: ReportFacts, comparisons: Comparisons) -> Iterator[Page]:
    """Yield a page for each pair of releases, and for each part that is too long for it."""
    mine = {release.version for release in facts.mine(facts.releases)}
    for pair in compared_pairs(facts, facts.extra.get("compare", ())):
        if pair.newer in mine:  # as the page of that release, which shows the same changes
            yield from _of_pair(facts, comparisons, pair)


def _of_pair(facts: ReportFacts, comparisons: Comparisons, pair: ComparedPair) -> Iterator[Page]:
    comparison = comparisons.between(pair.older, pair.newer)
    room = _ROOM
    here: list[ComparedWorkflow | None] = []
    values: dict[str, Any] = {"pair": pair, "comparison": comparison}
    crumbs = [
        (paths.RELEASES, "Releases"),
        (paths.release_path(pair.newer), f"Release {pair.newer}"),
    ]
    for number, workflow in enumerate(comparison.workflows, 1):
        part = _part(number, workflow)
        if part.size <= room:
            room -= part.size
            here.append(part)
            continue
        here.append(None)
        title = f"{workflow.name}: {pair.older} and {pair.newer}"
        path = paths.comparison_path(pair.older, pair.newer, workflow.name)
        whole = (paths.comparison_path(pair.older, pair.newer), f"{pair.older} and {pair.newer}")
        yield render_page(
            facts, path, title, "comparison_part.html", crumbs=[*crumbs, whole], part=part, **values
        )
    yield render_page(
        facts,
        paths.comparison_path(pair.older, pair.newer),
        f"{pair.older} and {pair.newer}",
        "comparison.html",
        crumbs=crumbs,
        parts=[*zip(comparison.workflows, here, strict=True)],
        **values,
    )


def _part(number: int, workflow: WorkflowComparison) -> ComparedWorkflow:
    old = workflow.old.definition if workflow.old else None
    new = workflow.new.definition if workflow.new else None
    both = old is not None and new is not None
    states = changed_states(old, new, workflow.changes) if both else ()
    shown = [*_shown(states)]
    linked = {state.label for state in shown}
    picture = difference_picture(ComparedDefinition(workflow.name, old, new, workflow.changes))
    folded = folded_picture(picture.diagram, picture.marks)
    link = _link(number, picture.labels, linked)
    graph = state_graph_svg(
        folded.diagram,
        marks=folded.marks,
        link=link,
        title=f"{workflow.name}, both releases as one graph",
        description="Added states have a plus, removed states a minus, changed states a tilde.",
    )
    return ComparedWorkflow(
        number=number,
        comparison=workflow,
        graph=Markup(graph),  # noqa: S704 - our own drawing, which escapes every text
        hidden=folded.hidden,
        states=tuple(shown),
        left_out=len(states) - len(shown),
        settings=setting_lines(workflow.old, workflow.new) if both else (),
    )


def _link(number: int, labels: Any, linked: set[str]) -> Callable[[Node], str | None]:
    """Return the link of a node to the JSON of its state, if it is on the page."""

    def link(node: Node) -> str | None:
        label = labels.get(node.key)
        return f"#{compared_anchor(number, label)}" if label in linked else None

    return link


def _shown(states: tuple[ChangedState, ...]) -> Iterator[ChangedState]:
    room = _STATES_ROOM
    for state in states[:_MOST_STATES]:
        needed = _size(state)
        if needed <= room:
            room -= needed
            yield state


def _size(state: ChangedState) -> int:
    return 500 + _lines_size(state.lines)


def _lines_size(lines: tuple[LinePair, ...]) -> int:
    return length(text for pair in lines for text in (pair.old, pair.new) if text) + _LINE * len(
        lines
    )
