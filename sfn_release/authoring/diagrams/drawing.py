"""Find the nodes, edges and nested clusters of a definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sfn_release.authoring.diagrams.captions import condition, detail, retries, shortened
from sfn_release.errors import DefinitionError

EdgeKind = Literal["start", "next", "choice", "default", "catch", "inside", "end"]
"""*inside* leads from a Parallel or Map to the start of one of its clusters."""

TYPES = frozenset({"Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"})


@dataclass(frozen=True, slots=True)
class Node:
    """A state. *key* is unique in the picture and made of ASCII letters and digits.

    *type* is ``Missing`` for a transition's target that doesn't exist, ``Unknown`` for anything but
    a state of the language, and ``Start`` or ``End`` for the two ends of the picture. *retry* says
    which errors are retried, and is empty for a state without Retry.
    """

    key: str
    id: str
    type: str
    detail: str = ""
    retry: str = ""


class Way(NamedTuple):
    """A transition by the names of its states, and the index of its Choice rule or catcher.

    *state* is empty for a start, also for one inside a Parallel or Map. *next* is None for an end.
    """

    state: str
    next: str | None
    kind: EdgeKind
    rule: int | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A transition from one node to another. In the picture of a definition it has a *way*."""

    source: str
    target: str
    kind: EdgeKind
    label: str = ""
    way: Way | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The definition itself, a branch of a Parallel, or the processor of a Map.

    *owner* is the key of the Parallel or Map, empty for a definition.
    """

    key: str
    title: str
    nodes: tuple[Node, ...]
    inner: tuple[Cluster, ...]
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """The whole picture: the outermost cluster, and the edges of all clusters."""

    root: Cluster
    edges: tuple[Edge, ...]

    def nodes(self) -> Iterator[Node]:
        """Yield every node, outer clusters first."""
        queue = [self.root]
        for cluster in queue:
            yield from cluster.nodes
            queue.extend(cluster.inner)


def graph_of(definition: Any) -> Diagram:
    """Return the diagram of *definition*, valid or not.

    A state that no other state goes to is drawn too. A target that doesn't exist becomes a node of
    the type ``Missing``. Raises DefinitionError without an object of States, and for a definition
    that is nested too deeply.
    """
    if not isinstance(definition, Mapping) or not isinstance(definition.get("States"), Mapping):
        raise DefinitionError(
            "This is not a definition in the Amazon States Language.",
            why='It must be an object with "StartAt" and an object of "States".',
        )
    drawing = _Drawing()
    try:
        root = drawing.cluster(definition, "")
    except RecursionError:
        raise DefinitionError("This definition is nested too deeply to draw.") from None
    return Diagram(root, tuple(drawing.edges))


@dataclass
class _Drawing:
    """The picture as it grows. Keys count up in the order of the document."""

    edges: list[Edge] = field(default_factory=list)
    states: int = 0
    clusters: int = 0

    def cluster(self, body: Mapping[str, Any], title: str, owner: str = "") -> Cluster:
        """Draw one cluster with everything inside it."""
        outermost = self.clusters == 0
        key = f"g{self.clusters}"
        self.clusters += 1
        states = body.get("States")
        states = states if isinstance(states, Mapping) else {}
        nodes = {id: self._node(id, state) for id, state in states.items()}
        inner: list[Cluster] = []
        ends: list[Edge] = []
        for id, state in states.items():
            if not isinstance(state, Mapping):
                continue
            for target, kind, rule, label in ways(state):
                if target not in nodes:
                    nodes[target] = self._node(target, None)
                way = Way(id, target, kind, rule)
                self.edges.append(Edge(nodes[id].key, nodes[target].key, kind, label, way))
            if state.get("End") is True and "Next" not in state:
                ends.append(Edge(nodes[id].key, "stop", "end", way=Way(id, None, "end")))
            for name, graph in _inner(id, state):
                first = self.cluster(graph, name, nodes[id].key)
                inner.append(first)
                self._enter(nodes[id].key, graph, first)
        drawn = list(nodes.values())
        if outermost:
            start = body.get("StartAt")
            begun = nodes.get(start) if isinstance(start, str) else None
            drawn = self._ends(drawn, begun, ends)
        return Cluster(key, title, tuple(drawn), tuple(inner), owner)

    def _node(self, id: str, state: Any) -> Node:
        self.states += 1
        key = f"s{self.states}"
        if state is None:
            return Node(key, id, "Missing")
        type = state.get("Type") if isinstance(state, Mapping) else None
        if not isinstance(type, str) or type not in TYPES:
            return Node(key, id, "Unknown")
        return Node(key, id, type, shortened(detail(state)), shortened(retries(state)))

    def _enter(self, source: str, body: Mapping[str, Any], cluster: Cluster) -> None:
        start = next((node for node in cluster.nodes if node.id == body.get("StartAt")), None)
        if start is not None:
            self.edges.append(Edge(source, start.key, "inside", way=Way("", start.id, "inside")))

    def _ends(self, nodes: list[Node], start: Node | None, ends: list[Edge]) -> list[Node]:
        """Add the start and the end of the picture."""
        if start is not None:
            nodes.insert(0, Node("begin", "Start", "Start"))
            self.edges.insert(0, Edge("begin", start.key, "start", way=Way("", start.id, "start")))
        if ends:
            nodes.append(Node("stop", "End", "End"))
            self.edges.extend(ends)
        return nodes


def ways(state: Mapping[str, Any]) -> Iterator[tuple[str, EdgeKind, int | None, str]]:
    """Yield the transitions of a state: target, kind, index of the rule, label."""
    if isinstance(state.get("Next"), str):
        yield state["Next"], "next", None, ""
    if state.get("Type") == "Choice":
        for index, rule in _objects(state.get("Choices")):
            if isinstance(rule.get("Next"), str):
                yield rule["Next"], "choice", index, shortened(condition(rule))
        if isinstance(state.get("Default"), str):
            yield state["Default"], "default", None, "default"
    for index, rule in _objects(state.get("Catch")):
        if isinstance(rule.get("Next"), str):
            names = rule.get("ErrorEquals")
            names = names if isinstance(names, list | tuple) else []
            yield rule["Next"], "catch", index, shortened(", ".join(str(name) for name in names))


def scope_title(id: str, type: str, number: int, body: Mapping[str, Any]) -> str:
    """Return the title of a graph inside a Parallel or Map; *number* counts branches from 1."""
    if type == "Parallel":
        return f"{id}: branch {number}"
    config = body.get("ProcessorConfig")
    mode = config.get("Mode") if isinstance(config, Mapping) else None
    return f"{id}: {'each item, distributed' if mode == 'DISTRIBUTED' else 'each item'}"


def _inner(id: str, state: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the graphs inside a Parallel or Map, each with its title."""
    if state.get("Type") == "Parallel":
        for index, branch in _objects(state.get("Branches")):
            yield scope_title(id, "Parallel", index + 1, branch), branch
    if state.get("Type") == "Map":
        for key in ("ItemProcessor", "Iterator"):
            body = state.get(key)
            if isinstance(body, Mapping):
                yield scope_title(id, "Map", 1, body), body


def _objects(value: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the objects in an array with their index."""
    if isinstance(value, list | tuple):
        yield from ((index, item) for index, item in enumerate(value) if isinstance(item, Mapping))
