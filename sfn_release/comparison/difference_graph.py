"""One state graph of two definitions: states and transitions of both, with marks on the changes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sfn_release.authoring.diagrams.captions import detail, retries, shortened
from sfn_release.authoring.diagrams.drawing import (
    TYPES,
    Cluster,
    Diagram,
    Edge,
    EdgeKind,
    Node,
    scope_title,
    ways,
)
from sfn_release.authoring.diagrams.marks import Mark, Marks
from sfn_release.authoring.diagrams.mermaid import drawn
from sfn_release.comparison.former_condition import former_condition
from sfn_release.comparison.placed_states import PlacedScope, PlacedState
from sfn_release.comparison.semantic_change import SemanticChange
from sfn_release.comparison.state_matching import MatchedStates, matched_states

_EMPTY: Final[Mapping[str, Any]] = {}
_RULES: Final[Mapping[EdgeKind, str]] = {"choice": "Choices", "catch": "Catch"}


@dataclass(frozen=True)
class ComparedDefinition:
    """A workflow's definitions, None on a side that lacks it, and the changes between them."""

    workflow: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    changes: Sequence[SemanticChange] = ()


@dataclass(frozen=True)
class DifferencePicture:
    """The graph of both sides, with marks on the changes, and the label of each state by its key.

    A state's label is the new one; a removed state has its old one.
    """

    diagram: Diagram
    marks: Marks
    labels: Mapping[str, str]


def difference_graph(title: str, workflows: Sequence[ComparedDefinition]) -> str:
    """Return a Mermaid flowchart of both sides of *workflows*, with a line end.

    An added state or transition has a ``+``, a removed one a ``-``, a changed state a ``~`` with
    the kinds of its changes. Each has a shape or a line of its own too, beside the colour.
    """
    graph = _Graph()
    clusters = [graph.workflow(workflow) for workflow in workflows]
    root = Cluster("all", title, (), tuple(clusters))
    return drawn(Diagram(root, tuple(graph.edges)), graph.marks())


def difference_picture(compared: ComparedDefinition) -> DifferencePicture:
    """Return the graph of one workflow, as `difference_graph` draws it."""
    graph = _Graph()
    root = graph.workflow(compared)
    return DifferencePicture(Diagram(root, tuple(graph.edges)), graph.marks(), graph.labels)


class _Link(NamedTuple):
    """A transition on one side, by the keys of its states.

    *rule* is its Choice rule or catcher as JSON text, without the names of states: a *label* is cut
    off where it is long.
    """

    source: str
    target: str
    kind: EdgeKind
    label: str = ""
    rule: str = ""


@dataclass
class _Graph:
    """The graph as it grows."""

    edges: list[Edge] = field(default_factory=list)
    node_marks: dict[str, Mark] = field(default_factory=dict)
    edge_marks: dict[_Link, Mark] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def marks(self) -> Marks:
        """Return the marks of the graph's parts."""
        return Marks(
            lambda node: self.node_marks.get(node.key),
            lambda edge: self.edge_marks.get(
                _Link(edge.source, edge.target, edge.kind, edge.label)
            ),
        )

    def workflow(self, compared: ComparedDefinition) -> Cluster:
        """Draw one workflow with both of its definitions."""
        matched = matched_states(compared.old or _EMPTY, compared.new or _EMPTY)
        kinds: dict[str, list[str]] = {}
        for change in compared.changes:
            kinds.setdefault(change.state, []).append(change.kind)
        drawing = _Workflow(self, matched, kinds, self.key(), self.key())
        return drawing.cluster(compared.workflow)

    def key(self) -> str:
        """Return a new key of a node or a cluster."""
        self.count += 1
        return f"n{self.count}"


@dataclass
class _Workflow:
    """One workflow in the graph: the keys of its states on each side.

    *homes* has, by the key of a state, the key of its cluster and of the state around it.
    """

    graph: _Graph
    matched: MatchedStates
    kinds: Mapping[str, Sequence[str]]
    start: str
    stop: str
    old_keys: dict[PlacedState, str] = field(default_factory=dict)
    new_keys: dict[PlacedState, str] = field(default_factory=dict)
    homes: dict[str, tuple[str, str]] = field(default_factory=dict)

    def cluster(self, title: str) -> Cluster:
        """Return the cluster of the workflow, and add its edges to the graph."""
        for pair in self.matched.pairs:
            key = self.graph.key()
            if pair.old is not None:
                self.old_keys[pair.old] = key
            if pair.new is not None:
                self.new_keys[pair.new] = key
        outer = next(
            ((old, new) for old, new in self.matched.scopes if not (new or old).label),  # type: ignore[union-attr]  # each pair has a side
        )
        found = self._scope(*outer, title)
        used: set[str] = set()
        for link, mark in _merged(*self._links()):
            if not self._is_in_place(link):
                continue
            self.graph.edges.append(Edge(link.source, link.target, link.kind, link.label))
            used |= {link.source, link.target}
            if mark is not None:
                self.graph.edge_marks[link._replace(rule="")] = mark
        nodes = [
            *([Node(self.start, "Start", "Start")] if self.start in used else []),
            *found.nodes,
            *([Node(self.stop, "End", "End")] if self.stop in used else []),
        ]
        return Cluster(found.key, title, tuple(nodes), found.inner)

    def _scope(
        self, old: PlacedScope | None, new: PlacedScope | None, title: str, owner: str = ""
    ) -> Cluster:
        """Draw the states of a scope, and of the scopes inside of it."""
        key = self.graph.key()
        nodes = [self._node(state, self.new_keys[state]) for state in new.states] if new else []
        gone = [state for state in (old.states if old else ()) if self._is_gone(state)]
        nodes += [self._node(state, self.old_keys[state]) for state in gone]
        self.homes |= {node.key: (key, owner) for node in nodes}
        partners = {after: before for before, after in self.matched.scopes if after is not None}
        inner = []
        for state in new.states if new else ():
            for at, scope in enumerate(state.inner, 1):
                name = scope_title(state.name, state.type, at, scope.body)
                inner.append(self._scope(partners[scope], scope, name, self.new_keys[state]))
        kept = {before for before, after in self.matched.scopes if after is not None}
        for state in old.states if old else ():
            for at, scope in enumerate(state.inner, 1):
                if scope not in kept:
                    name = scope_title(state.name, state.type, at, scope.body)
                    inner.append(self._scope(scope, None, f"{name}, removed", self.old_keys[state]))
        return Cluster(key, title, tuple(nodes), tuple(inner), owner)

    def _is_in_place(self, link: _Link) -> bool:
        """Return whether both states of a transition are where they were when it was there.

        A state that was moved to another graph has left its former transitions behind. Drawn from
        one graph into the other, they would look like transitions that there never were.
        """
        (home, around), (other, owner) = (
            self.homes.get(key, ("", "")) for key in (link.source, link.target)
        )
        match link.kind:
            case "start" | "end":
                return not around and not owner
            case "inside":
                return owner == link.source
            case _:
                return home == other

    def _is_gone(self, state: PlacedState) -> bool:
        return self.old_keys[state] not in self.new_keys.values()

    def _node(self, state: PlacedState, key: str) -> Node:
        body = state.body if isinstance(state.body, Mapping) else _EMPTY
        known = state.type if state.type in TYPES else "Unknown"
        mark = self._mark(state, key)
        self.graph.labels[key] = state.label
        if mark is not None:
            self.graph.node_marks[key] = mark
        return Node(key, state.name, known, shortened(detail(body)), shortened(retries(body)))

    def _mark(self, state: PlacedState, key: str) -> Mark | None:
        if state in self.old_keys:
            return Mark("removed", "- removed")
        before = next((old for old, known in self.old_keys.items() if known == key), None)
        if before is None:
            return Mark("added", "+ added")
        kinds = dict.fromkeys(self.kinds.get(state.label, ()))
        words = [_change_word(kind, before, state) for kind in kinds]
        return Mark("changed", f"~ {', '.join(words)}") if words else None

    def _links(self) -> tuple[list[_Link], list[_Link]]:
        """Return the transitions of the old side and of the new side."""
        sides = zip(*self.matched.scopes, strict=True)
        keys = (self.old_keys, self.new_keys)
        old, new = (
            [
                link
                for scope in side
                if scope is not None
                for link in self._scope_links(scope, known)
            ]
            for side, known in zip(sides, keys, strict=True)
        )
        return old, new

    def _scope_links(self, scope: PlacedScope, keys: Mapping[PlacedState, str]) -> list[_Link]:
        found: list[_Link] = []
        first = scope.by_name.get(str(scope.body.get("StartAt")))
        if first is not None and not scope.label:
            found.append(_Link(self.start, keys[first], "start"))
        for state in scope.states:
            body = state.body if isinstance(state.body, Mapping) else _EMPTY
            for target, kind, at, label in ways(body):
                if target in scope.by_name:
                    rule = "" if at is None else _rule_text(body[_RULES[kind]][at])
                    end = keys[scope.by_name[target]]
                    found.append(_Link(keys[state], end, kind, label, rule))
            if body.get("End") is True and "Next" not in body and not scope.label:
                found.append(_Link(keys[state], self.stop, "end"))
            for inner in state.inner:
                start = inner.by_name.get(str(inner.body.get("StartAt")))
                if start is not None:
                    found.append(_Link(keys[state], keys[start], "inside"))
        return found


def _merged(before: Sequence[_Link], after: Sequence[_Link]) -> Iterator[tuple[_Link, Mark | None]]:
    """Yield the transitions of both sides with their marks, removed ones last.

    A transition between the same states with another condition, or for other errors, was changed.
    """
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    gone: dict[tuple[str, str, EdgeKind], list[_Link]] = {}
    for link in old:
        if link not in new:
            gone.setdefault(link[:3], []).append(link)
    for link in new:
        former = gone.get(link[:3])
        if link in old:
            yield link, None
        elif former:
            yield link, Mark("changed", former_condition(former.pop(0).label, link.label))
        else:
            yield link, Mark("added", "added")
    for links in gone.values():
        yield from ((link, Mark("removed", "removed")) for link in links)


def _rule_text(rule: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in rule.items() if key not in {"Next", "Comment"}}
    return json.dumps(rest, sort_keys=True)


def _change_word(kind: str, old: PlacedState, new: PlacedState) -> str:
    """Return a kind of change for the mark of a state that both sides have.

    There, *added* and *removed* are about a part of the state, and a rename names the old state.
    """
    match kind:
        case "renamed":
            return f"was {shortened(old.name)}"
        case "added" | "removed":
            return f"{'processor' if 'Map' in {old.type, new.type} else 'branch'} {kind}"
        case _:
            return kind
