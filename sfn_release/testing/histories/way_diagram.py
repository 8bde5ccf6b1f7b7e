"""Draws the way of an execution as Mermaid text: on the state graph, or as a chain. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sfn_release.authoring.diagrams.drawing import Cluster, Diagram, Edge, Node, graph_of
from sfn_release.authoring.diagrams.marks import Mark, Marks, MarkStyle
from sfn_release.authoring.diagrams.mermaid import drawn
from sfn_release.errors import DefinitionError
from sfn_release.testing.histories.failure_reason import FailureReason
from sfn_release.testing.histories.timeline import Timeline
from sfn_release.testing.histories.visits import Ended, Visit
from sfn_release.text import count

_MOST_VISITS = 100  # visits in a chain
_STYLES: Final[Mapping[Ended, tuple[MarkStyle, str]]] = {
    "failed": ("failed", "✗"),
    "running": ("running", "●"),
    "aborted": ("aborted", "■"),
    "caught": ("caught", "!"),
    "succeeded": ("reached", "✓"),
}
"""The style of a state and its sign, by how a visit ended, the worst first."""
_WORDS: Final[Mapping[Ended, str]] = {
    "failed": "failed",
    "running": "running now",
    "aborted": "aborted",
    "caught": "caught",
}

_Step = tuple[str | None, str | None, bool]
"""From a state, to a state, by a Catch. None is the start, or the end."""


def way_diagram(
    timeline: Timeline,
    reason: FailureReason | None = None,
    definition: Mapping[str, Any] | None = None,
) -> str:
    """Return the way of an execution as Mermaid text.

    With a *definition* that has all its states, it's the state graph, with counts on the edges that
    the execution took. Otherwise it's a chain of its visits. The failed state says so.
    """
    return drawn(*way_picture(timeline, reason, definition))


def way_picture(
    timeline: Timeline,
    reason: FailureReason | None = None,
    definition: Mapping[str, Any] | None = None,
) -> tuple[Diagram, Marks]:
    """Return the picture that `way_diagram` writes, and the marks on it."""
    failed = reason.visit if reason else None
    try:
        graph = graph_of(definition) if definition is not None else None
    except DefinitionError:
        graph = None
    if graph is not None:
        named = {node.id for node in graph.nodes()}
        if all(visit.state in named for visit in timeline.visits):
            return graph, _marks(graph, timeline, failed)
    return _chain(timeline, failed)


def _marks(graph: Diagram, timeline: Timeline, failed: Visit | None) -> Marks:
    visits = timeline.visits
    names = {node.key: node for node in graph.nodes()}
    of_state: dict[str, list[Visit]] = {}
    for visit in visits:
        of_state.setdefault(visit.state, []).append(visit)
    taken = Counter(filter(None, (_step_to(visit) for visit in visits)))
    followed = {id(visit.previous) for visit in visits}
    taken.update(
        (visit.state, None, False)
        for visit in visits
        if visit.container is None and visit.ended == "succeeded" and id(visit) not in followed
    )
    inside = Counter(
        (visit.container.state, visit.state)
        for visit in visits
        if visit.container is not None and visit.previous is None
    )
    alike = Counter(_step_of(edge, names) for edge in graph.edges if edge.kind != "inside")

    def node_mark(node: Node) -> Mark | None:
        if node.type in {"Start", "End"}:
            return None
        own = of_state.get(node.id)
        if own is None:
            return Mark("missed", "not visited")
        return _visits_mark(own, timeline, failed)

    def edge_mark(edge: Edge) -> Mark | None:
        if edge.kind == "inside":
            number = inside[names[edge.source].id, names[edge.target].id]
            return Mark("reached", f"{number}×") if number else Mark("missed")
        step = _step_of(edge, names)
        number = taken[step]
        if not number:
            return Mark("missed")
        style: MarkStyle = "caught" if edge.kind == "catch" else "reached"
        some = alike[step] > 1
        return Mark(style, f"{number}× by one of {alike[step]}" if some else f"{number}×")

    return Marks(node_mark, edge_mark)


def _visits_mark(visits: Sequence[Visit], timeline: Timeline, failed: Visit | None) -> Mark:
    """Return the mark of a state by its visits. *failed* is the visit that ended the execution.

    The worst end of a visit decides the style.
    """
    ended = Counter(visit.ended for visit in visits if visit is not failed)
    retries = sum(max(visit.attempts - 1, 0) for visit in visits)
    number = count(len(visits), "visit")
    if failed is not None and failed.state == visits[0].state:
        end = _end_mark(timeline, failed)
        style, words = end.style, [end.text, *([number] if len(visits) > 1 else [])]
    else:
        style, sign = next(_STYLES[it] for it in _STYLES if ended[it])
        words = [f"{sign} {number}"]
    words += [count(retries, "retry", "retries")] if retries else []
    words += [f"{ended[it]} {word}" for it, word in _WORDS.items() if ended[it]]
    return Mark(style, ", ".join(words))


def _step_to(visit: Visit) -> _Step | None:
    """Return the step that led to a visit; None for the first one inside a Map or Parallel."""
    if visit.previous is not None:
        return (visit.previous.state, visit.state, visit.previous.ended == "caught")
    return (None, visit.state, False) if visit.container is None else None


def _step_of(edge: Edge, nodes: Mapping[str, Node]) -> _Step:
    source = None if edge.kind == "start" else nodes[edge.source].id
    target = None if edge.kind == "end" else nodes[edge.target].id
    return (source, target, edge.kind == "catch")


def _chain(timeline: Timeline, failed: Visit | None) -> tuple[Diagram, Marks]:
    """Return a picture with a node for each visit; of a long way, both ends."""
    visits = timeline.visits
    left_out = max(len(visits) - _MOST_VISITS, 0)
    half = _MOST_VISITS // 2
    shown = [*visits[:half], *visits[-half:]] if left_out else list(visits)
    keys = {id(visit): f"s{at}" for at, visit in enumerate(shown, 1)}
    nodes = [Node(keys[id(visit)], visit.state, visit.type, _iteration(visit)) for visit in shown]
    edges = []
    for visit in shown:
        key = keys[id(visit)]
        if visit.previous is not None and id(visit.previous) in keys:
            kind = "catch" if visit.previous.ended == "caught" else "next"
            edges.append(Edge(keys[id(visit.previous)], key, kind))  # type: ignore[arg-type]  # one of both
        elif visit.container is not None and id(visit.container) in keys:
            edges.append(Edge(keys[id(visit.container)], key, "inside"))
        elif visit.previous is None and visit.container is None:
            edges.append(Edge("begin", key, "start"))
    ends = [Node("begin", "Start", "Start")]
    if left_out:
        ends.append(Node("more", f"… {count(left_out, 'more visit')}", "Start"))
        edges += [Edge(f"s{half}", "more", "next"), Edge("more", f"s{half + 1}", "next")]
    graph = Diagram(Cluster("g0", "", (*ends, *nodes), ()), tuple(edges))
    by_key = {keys[id(visit)]: visit for visit in shown}
    bad = keys.get(id(failed)) if failed is not None else None

    def node_mark(node: Node) -> Mark | None:
        if node.key == bad and failed is not None:
            return _end_mark(timeline, failed)
        visit = by_key.get(node.key)
        if visit is None or visit.ended == "succeeded":
            return None
        style, sign = _STYLES[visit.ended]
        return Mark(style, f"{sign} {_WORDS[visit.ended]}")

    return graph, Marks(node_mark, lambda _edge: None)


def _end_mark(timeline: Timeline, visit: Visit) -> Mark:
    """Return the mark of the visit that an execution without success ended in."""
    match timeline.status:
        case "ABORTED":
            return Mark("failed", "✗ stopped here")
        case "TIMED_OUT":
            return Mark("failed", "✗ timed out here")
        case _:
            return Mark(
                "failed",
                f"✗ failed{f': {visit.error}' if visit.error else ' without an error name'}",
            )


def _iteration(visit: Visit) -> str:
    return f"iteration {visit.iteration}" if visit.iteration is not None else ""
