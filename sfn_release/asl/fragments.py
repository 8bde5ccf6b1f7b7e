"""Using a piece of a workflow more than once: the same states under other names.

    def notify(topic):                      # a fragment is a function that returns a piece
        return sfn.task.optimized("sns:publish", {...}, id="Send") >> sfn.Pass("Sent")

    sfn.Workflow.of(notify("a").prefixed("Alice: ") >> notify("b").prefixed("Bob: "))

What a piece leads to by a state object belongs to it and is copied with it, error handlers too. A
way out of it is an id, as a string, that is not in the piece.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from sfn_release.asl.naming import Names, walk
from sfn_release.asl.state import Graph, State, Step, Target, Work
from sfn_release.asl.states import Choice, Raw

_Graph = TypeVar("_Graph", bound=Graph)


def prefixed(graph: _Graph, prefix: str) -> _Graph:
    """Return a copy of *graph* in which every state's id begins with *prefix*.

    Ids, and every transition to one of them, are changed, in branches and item processors too.
    Raises DefinitionError for what is no state.
    """
    fresh = copy.deepcopy(graph)
    names = Names(fresh)
    states = list(walk(fresh))
    bodies = [inner for state in states for inner in _as_written(state)]
    ids = {id: prefix + id for id in (*map(names.id_of, states), *_ids(bodies))}
    for state in states:
        state.id = ids[names.id_of(state)]
    for state in states:
        _relink(state, ids)
    start = getattr(fresh, "start", None)
    if isinstance(start, str):
        fresh.start = ids.get(start, start)  # type: ignore[attr-defined] # a workflow's
    return fresh


def _relink(state: State, ids: Mapping[str, str]) -> None:
    if isinstance(state, Step):
        state.next = _renamed(state.next, ids)
    if isinstance(state, Work):
        state.catch = [replace(rule, next=_renamed(rule.next, ids)) for rule in state.catch]
    if isinstance(state, Choice):
        state.choices = [replace(rule, next=_renamed(rule.next, ids)) for rule in state.choices]
        state.default = _renamed(state.default, ids)
    if isinstance(state, Raw):
        state.body = _body(state.body, ids)
    for attribute in ("item_processor", "iterator"):
        if isinstance(getattr(state, attribute, None), Mapping):
            setattr(state, attribute, _written(getattr(state, attribute), ids))
    branches = getattr(state, "branches", None)
    if branches:
        state.branches = [  # type: ignore[attr-defined] # a Parallel's
            _written(branch, ids) if isinstance(branch, Mapping) else branch for branch in branches
        ]


_Target = TypeVar("_Target", bound="Target | None")


def _renamed(target: _Target, ids: Mapping[str, str]) -> _Target | str:
    return ids.get(target, target) if isinstance(target, str) else target


def _as_written(state: State) -> Iterator[Any]:
    """Yield the graphs of *state* that are plain objects."""
    for _, graph in state.graphs():
        if isinstance(graph, Mapping):
            yield graph
    if isinstance(state, Raw):
        yield from _inner(state.body)


def _inner(body: Any) -> Iterator[Any]:
    if isinstance(body, Mapping):
        branches = body.get("Branches")
        yield from branches if isinstance(branches, list | tuple) else ()
        yield from (body[key] for key in ("ItemProcessor", "Iterator") if key in body)


def _ids(graphs: list[Any]) -> Iterator[str]:
    for graph in graphs:
        states = graph.get("States") if isinstance(graph, Mapping) else None
        if isinstance(states, Mapping):
            yield from states
            yield from _ids([inner for body in states.values() for inner in _inner(body)])


def _written(graph: Any, ids: Mapping[str, str]) -> Any:
    """Return a plain graph with its ids changed."""
    if not isinstance(graph, Mapping):
        return graph
    changed = dict(graph)
    if isinstance(graph.get("StartAt"), str):
        changed["StartAt"] = ids.get(graph["StartAt"], graph["StartAt"])
    if isinstance(graph.get("States"), Mapping):
        changed["States"] = {
            ids.get(id, id): _body(body, ids) for id, body in graph["States"].items()
        }
    return changed


def _body(body: Any, ids: Mapping[str, str]) -> Any:
    """Return a plain state with the ids that it leads to changed."""
    if not isinstance(body, Mapping):
        return body
    changed = dict(body)
    for key in ("Next", "Default"):
        if isinstance(body.get(key), str):
            changed[key] = ids.get(body[key], body[key])
    for key in ("Choices", "Catch"):
        if isinstance(body.get(key), list | tuple):
            changed[key] = [_body(rule, ids) for rule in body[key]]
    if isinstance(body.get("Branches"), list | tuple):
        changed["Branches"] = [_written(branch, ids) for branch in body["Branches"]]
    for key in ("ItemProcessor", "Iterator"):
        if key in body:
            changed[key] = _written(body[key], ids)
    return changed
