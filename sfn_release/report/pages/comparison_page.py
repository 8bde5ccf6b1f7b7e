"""The pages that compare two releases: each changed workflow as one graph, with its changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from sfn_release.authoring.diagrams.drawing import Node
from sfn_release.comparison.difference_graph import ComparedDefinition, difference_picture
from sfn_release.comparison.semantic_change import SemanticChange
from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.frame import render_page
from sfn_release.report.page import Page
from sfn_release.report.views.alike_workflows import ComparedGroup, same_changes
from sfn_release.report.views.changed_states import ChangedState, compared_anchor
from sfn_release.report.views.compared_pairs import ComparedPair, compared_pairs
from sfn_release.report.views.comparisons import Comparisons, WorkflowComparison
from sfn_release.report.views.folded_picture import folded_picture
from sfn_release.report.views.line_differences import LinePair
from sfn_release.report.views.page_graph import page_graph
from sfn_release.report.views.shown_json import length

_ROOM = 230_000  # bytes of the parts about workflows on the page itself
_MOST_STATES = 120  # changed states with their JSON in one part
_PART_ROOM = 260_000  # bytes of one part on a page of its own
_LEAST_ROOM = 20_000  # bytes of the JSON of states beside a very large graph
_CHANGE = 160  # bytes of a change beside its texts
_LINE = 90  # bytes of a line of JSON beside its texts


@dataclass(frozen=True)
class ComparedWorkflow:
    """The part of a page about one workflow, or about *others* with the same changes too.

    *graph* is a drawing, empty for a graph that is too large for a page. *hidden* counts unchanged
    states that it folds. *left_out* counts changed states whose JSON has
    no room.
    """

    number: int
    comparison: WorkflowComparison
    others: tuple[str, ...]
    graph: Markup
    hidden: int
    states: tuple[ChangedState, ...]
    left_out: int
    settings: tuple[LinePair, ...]

    @property
    def size(self) -> int:
        """About how many bytes it takes on a page."""
        lines = sum(map(_size, self.states)) + _lines_size(self.settings)
        return len(self.graph.encode()) + _changes_size(self.comparison.changes) + lines


def comparison_pages(facts: ReportFacts, comparisons: Comparisons) -> Iterator[Page]:
    """Yield a page for each pair of releases, and for each part that is too long for it."""
    mine = {release.version for release in facts.mine(facts.releases)}
    for pair in compared_pairs(facts, facts.extra.get("compare", ())):
        if pair.newer in mine:  # as the page of that release, which shows the same changes
            yield from _of_pair(facts, comparisons, pair)


def _of_pair(facts: ReportFacts, comparisons: Comparisons, pair: ComparedPair) -> Iterator[Page]:
    comparison = comparisons.between(pair.older, pair.newer)
    room = _ROOM
    groups = same_changes(comparison.workflows)
    here: list[ComparedWorkflow | None] = []
    values: dict[str, Any] = {"pair": pair, "comparison": comparison}
    crumbs = [
        (paths.RELEASES, "Releases"),
        (paths.release_path(pair.newer), f"Release {pair.newer}"),
    ]
    for number, group in enumerate(groups, 1):
        workflow = group.first
        part = _part(number, group)
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
        parts=[*zip(groups, here, strict=True)],
        **values,
    )


def _part(number: int, group: ComparedGroup) -> ComparedWorkflow:
    workflow, states, settings = group.first, group.states, group.settings
    old = workflow.old.definition if workflow.old else None
    new = workflow.new.definition if workflow.new else None
    picture = difference_picture(ComparedDefinition(workflow.name, old, new, workflow.changes))
    folded = folded_picture(picture.diagram, picture.marks)

    def drawn(linked: Sequence[ChangedState]) -> Markup:
        return page_graph(
            folded.diagram,
            marks=folded.marks,
            link=_link(number, picture.labels, {state.label for state in linked}),
            title=f"{workflow.name}, both releases as one graph",
            description="Added states have a plus, removed states a minus, changed ones a tilde.",
        )

    graph = drawn(states)
    used = len(graph.encode()) + _changes_size(workflow.changes) + _lines_size(settings)
    shown = [*_shown(states, max(_PART_ROOM - used, _LEAST_ROOM))]
    if len(shown) < len(states):
        graph = drawn(shown)
    return ComparedWorkflow(
        number=number,
        comparison=workflow,
        others=tuple(it.name for it in group.workflows[1:]),
        graph=graph,
        hidden=folded.hidden,
        states=tuple(shown),
        left_out=len(states) - len(shown),
        settings=settings,
    )


def _link(number: int, labels: Mapping[str, str], linked: set[str]) -> Callable[[Node], str | None]:
    """Return the link of a node to the JSON of its state, if it is on the page."""

    def link(node: Node) -> str | None:
        label = labels.get(node.key)
        return (
            f"#{compared_anchor(number, label)}" if label is not None and label in linked else None
        )

    return link


def _shown(states: Sequence[ChangedState], room: int) -> Iterator[ChangedState]:
    """Yield the states whose JSON has room on the page."""
    for state in states[:_MOST_STATES]:
        needed = _size(state)
        if needed <= room:
            room -= needed
            yield state


def _size(state: ChangedState) -> int:
    return 600 + _changes_size(state.changes) + _lines_size(state.lines)


def _changes_size(changes: Sequence[SemanticChange]) -> int:
    return length(it.state + it.text + it.reason for it in changes) + _CHANGE * len(changes)


def _lines_size(lines: tuple[LinePair, ...]) -> int:
    return length(text for pair in lines for text in (pair.old, pair.new) if text) + _LINE * len(
        lines
    )
