"""Folds the unchanged parts of a large graph, so that you see its changes. Pure.

A state that no change is near to goes into a node that counts such states. Its transitions stay:
those between two folded states inside of a node aren't drawn, all others lead to the node.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from sfn_release.authoring.diagrams.drawing import Cluster, Diagram, Edge, Node
from sfn_release.authoring.diagrams.marks import Mark, Marks
from sfn_release.text import count

_LARGE: Final = 40  # states; a smaller graph is drawn whole
_NEAR: Final = 1  # transitions between a change and a state that is still drawn


@dataclass(frozen=True)
class FoldedPicture:
    """A graph, and how many states it doesn't show on their own."""

    diagram: Diagram
    marks: Marks
    hidden: int


def folded_picture(diagram: Diagram, marks: Marks, large: int = _LARGE) -> FoldedPicture:
    """Return the graph with its unchanged parts folded; as it is if it's small or all is near.

    *marks* are on the changes. A folded node says how many states it stands for.
    """
    places = dict(_places(diagram.root))
    if len(places) <= large:
        return FoldedPicture(diagram, marks, 0)
    groups, sizes = _groups(diagram, _kept(diagram, marks, places), places)
    return _folded(diagram, marks, groups, sizes)


def _kept(diagram: Diagram, marks: Marks, places: Mapping[str, _Place]) -> set[str]:
    """Return the keys of nodes that are drawn: changes, their neighbours, the states around."""
    near = {node.key for node in diagram.nodes() if marks.node(node) is not None}
    for edge in diagram.edges:
        if marks.edge(edge) is not None:
            near |= {edge.source, edge.target}
    for _ in range(_NEAR):
        near |= {
            key
            for edge in diagram.edges
            if edge.source in near or edge.target in near
            for key in (edge.source, edge.target)
        }
    near |= {node.key for node in diagram.nodes() if node.type in {"Start", "End"}}
    return near.union(*(places[key].around for key in near if key in places))


def _groups(
    diagram: Diagram, kept: set[str], places: Mapping[str, _Place]
) -> tuple[dict[str, str], Counter[str]]:
    """Return the node that stands for each folded node, and how many it stands for.

    Nodes of one cluster that transitions join are one group. What is inside of a folded Parallel or
    Map is folded with it. A single node isn't folded.
    """
    outermost = {
        key: next((it for it in place.around if it not in kept), key)
        for key, place in places.items()
        if key not in kept
    }
    joined = defaultdict(set)
    for edge in diagram.edges:
        source, target = outermost.get(edge.source), outermost.get(edge.target)
        if source and target and places[source].cluster == places[target].cluster:
            joined[source].add(target)
            joined[target].add(source)
    groups: dict[str, str] = {}
    for key in dict.fromkeys(outermost.values()):
        waiting = [] if key in groups else [key]
        while waiting:
            member = waiting.pop()
            if member not in groups:
                groups[member] = f"fold{key}"
                waiting += joined[member]
    found = {key: groups[member] for key, member in outermost.items()}
    sizes = Counter(found.values())
    return {key: group for key, group in found.items() if sizes[group] > 1}, sizes


class _Place(NamedTuple):
    """Where a node is: its cluster, and the nodes around it, the outermost first."""

    cluster: str
    around: tuple[str, ...]


def _places(cluster: Cluster, around: tuple[str, ...] = ()) -> Iterator[tuple[str, _Place]]:
    yield from ((node.key, _Place(cluster.key, around)) for node in cluster.nodes)
    for inner in cluster.inner:
        yield from _places(inner, (*around, inner.owner) if inner.owner else around)


def _folded(
    diagram: Diagram, marks: Marks, groups: Mapping[str, str], sizes: Mapping[str, int]
) -> FoldedPicture:
    marked: dict[Edge, Mark | None] = {}
    for edge in diagram.edges:
        source, target = groups.get(edge.source, edge.source), groups.get(edge.target, edge.target)
        if source == target and edge.source in groups:
            continue
        is_folded = (source, target) != (edge.source, edge.target)
        label = "" if is_folded and marks.edge(edge) is None else edge.label
        marked.setdefault(Edge(source, target, edge.kind, label, edge.way), marks.edge(edge))
    root = _without(diagram.root, groups, sizes)
    return FoldedPicture(Diagram(root, tuple(marked)), Marks(marks.node, marked.get), len(groups))


def _without(cluster: Cluster, groups: Mapping[str, str], sizes: Mapping[str, int]) -> Cluster:
    """Return a cluster with a node in the place of each group."""
    nodes: dict[str, Node] = {}
    for node in cluster.nodes:
        group = groups.get(node.key)
        if group is None:
            nodes[node.key] = node
        else:
            text = f"… {count(sizes[group], 'unchanged state')}"
            nodes.setdefault(group, Node(group, text, "Folded"))
    inner = tuple(_without(it, groups, sizes) for it in cluster.inner if it.owner not in groups)
    return replace(cluster, nodes=tuple(nodes.values()), inner=inner)
