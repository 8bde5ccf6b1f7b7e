"""Rules of transitions: each one names a state, each state is reached, and each graph ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sfn_release.checks.definition import ParsedDefinition, ParsedScope, ParsedState
from sfn_release.checks.location import KeyPath, Location, entries
from sfn_release.checks.rule import Issue
from sfn_release.text import did_you_mean

_TERMINAL = ("Succeed", "Fail")
TRANSITIONING = ("Pass", "Task", "Wait", "Parallel", "Map")
WITHOUT_NEXT = (*_TERMINAL, "Choice")
_MAX_NAME = 80


def links_of(body: Any) -> list[tuple[KeyPath, str]]:
    """Return the transitions of a state: their keys below it, and the id that each names."""
    if not isinstance(body, dict):
        return []
    links: list[tuple[KeyPath, str]] = [
        ((key,), body[key]) for key in ("Next", "Default") if isinstance(body.get(key), str)
    ]
    for key in ("Choices", "Catch"):
        if key in body:
            for index, rule in entries(body[key]):
                if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                    links.append(((key, index, "Next"), rule["Next"]))
    return links


def ends_of(scope: ParsedScope) -> list[str]:
    """Return the states that end a graph, or that have such errors that they may."""
    links, successors = scope.links, scope.successors
    return [
        id
        for id, body in scope.states.items()
        if not links[id]
        or len(successors[id]) < len(links[id])
        or body.get("End") is True
        or body.get("Type") in _TERMINAL
    ]


def reach(start: Iterable[str], ways: Mapping[str, Iterable[str]]) -> set[str]:
    """Return every id that *ways* lead to from *start*, with *start* itself."""
    queue = list(start)
    seen = set(queue)
    while queue:
        for target in ways.get(queue.pop(), ()):
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return seen


class ExecutionOrder:
    """Which states of a graph may run before which.

    A set of states is a number with one bit for each, so that thousands of questions about
    thousands of states take one walk over the graph.
    """

    def __init__(self, scope: ParsedScope) -> None:
        ahead = scope.successors
        self._bits = {id: 1 << at for at, id in enumerate(ahead)}
        self._before = dict(self._bits)  # each state with all that lead to it
        order = _in_order(scope, ahead)
        changed = True
        while changed:  # once more for each loop inside a loop
            changed = False
            for id in order:
                for target in ahead[id]:
                    known = self._before[target]
                    if known | self._before[id] != known:
                        self._before[target] = known | self._before[id]
                        changed = True

        self._led = dict.fromkeys(ahead, 0)  # each state with all that lead to it, but for itself
        for id, targets in ahead.items():
            for target in targets:
                self._led[target] |= self._before[id]

    def any_before(self, ids: Iterable[str], id: str) -> bool:
        """Whether one of *ids* may run before *id*, or *id* itself in a loop."""
        return any(self._bits[other] & self._led[id] for other in ids)


def _in_order(scope: ParsedScope, ahead: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the states, each after the states that lead to it, except in loops."""
    start = scope.body.get("StartAt")
    first = [start] if isinstance(start, str) and start in ahead else []
    seen: set[str] = set()
    left: list[str] = []  # in the order in which they were left for good
    for root in (*first, *ahead):
        stack = [] if root in seen else [(root, iter(ahead[root]))]
        seen.add(root)
        while stack:
            id, targets = stack[-1]
            target = next((target for target in targets if target not in seen), None)
            if target is None:
                left.append(id)
                stack.pop()
            else:
                seen.add(target)
                stack.append((target, iter(ahead[target])))
    return left[::-1]


def state_name(scope: ParsedScope) -> Iterator[Issue]:
    """Report names that are empty or too long."""
    for id in scope.states:
        if not 1 <= len(id) <= _MAX_NAME:
            message = f"A state's name must have 1 to {_MAX_NAME} characters, not {len(id)}."
            yield Issue(scope.place_of(id), message)


def duplicate_state(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report two states with one name, anywhere in the workflow."""
    if len(definition.homes) == sum(len(scope.states) for scope in definition.scopes):
        return
    for scope in definition.scopes:
        for id in scope.states:
            home = definition.homes[id]
            if home is not scope:
                yield Issue(
                    scope.place_of(id),
                    f'Duplicate state name: there is another state "{id}" in {home.place.path}.',
                    "Rename one of them. Names must be unique in the workflow, including branches.",
                )


def transition(state: ParsedState) -> Iterator[Issue]:
    """Report a state without exactly one of Next and End."""
    body, place, keys = state.body, state.place, state.shape.keys
    if "End" in keys and not isinstance(body["End"], bool):
        yield Issue(place.at("End"), "End must be true or false.", wanted="boolean")
    elif "Next" in keys and not isinstance(body["Next"], str):
        yield Issue(place.at("Next"), "Next must be a string: the name of a state.")
    elif body.get("End") is True and "Next" in keys:
        yield Issue(place, "The state has both Next and End.", "Remove one of them.")
    elif body.get("End") is not True and "Next" not in keys:
        yield Issue(
            place,
            "The state has neither Next nor End. Exactly one of them is required.",
            'Add a Next, or "End": true to end the workflow here.',
        )


def superfluous_transition(state: ParsedState) -> Iterator[Issue]:
    """Report Next or End in a Choice, a Succeed or a Fail."""
    for key in ("Next", "End"):
        if key in state.shape.keys:
            reason = (
                "its rules name the next state"
                if state.type == "Choice"
                else "it ends the workflow"
            )
            message = f"A {state.type} can't have {key}: {reason}."
            yield Issue(state.place.at(key), message)


def dangling(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report transitions to states that don't exist, or not in the same graph."""
    for scope in definition.scopes:
        if not scope.states:
            continue
        start = scope.body.get("StartAt")
        if isinstance(start, str) and start not in scope.states:
            yield _missing(scope.place.at("StartAt"), start, scope, definition)
        for id, links in scope.links.items():
            for keys, target in links:
                if target not in scope.states:
                    yield _missing(scope.place_of(id).at(*keys), target, scope, definition)


def _missing(
    place: Location, target: str, scope: ParsedScope, definition: ParsedDefinition
) -> Issue:
    if target in definition.homes:
        home = definition.homes[target].place.path
        return Issue(
            place,
            f'Missing target: the state "{target}" is in {home}, not in the same graph.',
            "A transition can't enter or leave a branch or an item processor.",
        )
    return Issue(
        place, f'Missing target: there is no state "{target}".', did_you_mean(target, scope.states)
    )


def unreachable(scope: ParsedScope) -> Iterator[Issue]:
    """Report states that no transition leads to."""
    start = scope.body.get("StartAt")
    if not isinstance(start, str) or start not in scope.states:
        return
    reached = reach([start], scope.successors)
    if len(reached) == len(scope.states):
        return
    for id in scope.states:
        if id not in reached:
            message = f'The state "{id}" is not reachable: no transition leads to it.'
            yield Issue(scope.place_of(id), message, "Add a transition to it, or remove it.")


def no_end(scope: ParsedScope) -> Iterator[Issue]:
    """Report graphs that no state ends."""
    if scope.states and not scope.ends:
        yield Issue(
            scope.place.at("States"),
            "The workflow has no terminal state: no state ends it.",
            'Add "End": true to a state, or add a Succeed or a Fail.',
        )


def no_way_out(scope: ParsedScope) -> Iterator[Issue]:
    """Report loops without a way out."""
    ends, start = scope.ends, scope.body.get("StartAt")
    if not ends or not isinstance(start, str):
        return
    predecessors: dict[str, list[str]] = {id: [] for id in scope.states}
    for id, targets in scope.successors.items():
        for target in targets:
            predecessors[target].append(id)
    leading = reach(ends, predecessors)
    if len(leading) == len(scope.states):
        return
    reached = reach([start], scope.successors)
    caught = next((id for id in scope.states if id in reached and id not in leading), None)
    if caught is not None:
        yield Issue(
            scope.place_of(caught),
            f'No path from "{caught}" leads to an end: the execution loops until it times out.',
            "Add a Choice that leaves the loop.",
        )
