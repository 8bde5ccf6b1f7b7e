"""Use a piece of a workflow more than once, under other names.

    def notify(topic):                      # a fragment is a function that returns a piece
        return sfn.task.optimized("sns:publish", {...}, id="Send") >> sfn.Pass("Sent")

    sfn.Workflow.of(notify("a").prefixed("Alice: ") >> notify("b").prefixed("Bob: "))

All states that a piece links to as objects belong to it and are copied too, error handlers
included. To leave the piece, link to the id of a state outside, as a string.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy, deepcopy
from dataclasses import fields, replace
from typing import Any, TypeVar

from sfn_release.authoring.chain import Chain
from sfn_release.authoring.state import State, as_list
from sfn_release.authoring.state_graph import Copies, StateGraph
from sfn_release.authoring.state_names import StateNames, walk
from sfn_release.authoring.states import Raw
from sfn_release.authoring.value_types import TransitionTarget

_GraphT = TypeVar("_GraphT", bound=StateGraph)


def prefixed(graph: _GraphT, prefix: str) -> _GraphT:
    """Return a copy of *graph* in which every state's id begins with *prefix*.

    Transitions are changed with the ids, in branches and item processors too. Raises
    DefinitionError for a link to anything but a state.
    """
    names = StateNames(graph)
    states = list(walk(graph))
    bodies = [inner for state in states for inner in _as_written(state)]
    ids = {id: prefix + id for id in (*map(names.id_of, states), *_ids(bodies))}
    copies = Copies({state: copy(state) for state in states}, ids)
    for state in states:
        fresh = copies.states[state]
        for field in fields(state):
            setattr(fresh, field.name, _copied(field.name, getattr(state, field.name), copies))
        fresh.id = ids[names.id_of(state)]
    return graph.copied(copies)


def _copied(name: str, value: Any, copies: Copies) -> Any:
    """Return a copy of a state's field."""
    match name:
        case "next" | "default":
            return _target(value, copies)
        case "choices" | "catch":
            return [_rule(rule, copies) for rule in as_list(value)]
        case "branches":
            return [_graph(branch, copies) for branch in as_list(value)]
        case "item_processor" | "iterator":
            return _graph(value, copies)
        case "body":
            return _body(deepcopy(value), copies.ids)
        case _:
            return deepcopy(value)


def _rule(rule: Any, copies: Copies) -> Any:
    """Return a copy of a rule or a catcher. Its target is copied apart: it may lead anywhere."""
    return replace(deepcopy(replace(rule, next="")), next=_target(rule.next, copies))


def _target(target: TransitionTarget | None, copies: Copies) -> TransitionTarget | None:
    if isinstance(target, Chain):
        return target.copied(copies)
    if isinstance(target, State):
        return copies.states[target]
    return target if target is None else copies.ids.get(target, target)


def _graph(graph: Any, copies: Copies) -> Any:
    if isinstance(graph, Mapping):
        return _with_new_ids(deepcopy(graph), copies.ids)
    if isinstance(graph, State):
        return copies.states[graph]
    return graph.copied(copies) if hasattr(graph, "copied") else graph


def _as_written(state: State) -> Iterator[Any]:
    """Yield the graphs of *state* that are plain dicts."""
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


def _with_new_ids(graph: Any, ids: Mapping[str, str]) -> Any:
    """Return a plain graph with the new ids."""
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
    """Return a plain state whose transitions have the new ids."""
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
        changed["Branches"] = [_with_new_ids(branch, ids) for branch in body["Branches"]]
    for key in ("ItemProcessor", "Iterator"):
        if key in body:
            changed[key] = _with_new_ids(body[key], ids)
    return changed
