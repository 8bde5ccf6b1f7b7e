"""Rules of the graph: every way exists, is used, and ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sfn_release.checks.definition import ParsedDefinition, ParsedScope
from sfn_release.checks.rule import Issue, Keys, Location, entries
from sfn_release.text import did_you_mean

_TERMINAL = ("Succeed", "Fail")
_WITHOUT_NEXT = (*_TERMINAL, "Choice")
_MAX_NAME = 80


def links(body: Any) -> Iterator[tuple[Keys, str]]:
    """Yield where a state may lead: the keys below the state, and the id there."""
    if not isinstance(body, dict):
        return
    for key in ("Next", "Default"):
        if isinstance(body.get(key), str):
            yield (key,), body[key]
    for key in ("Choices", "Catch"):
        for index, rule in entries(body.get(key)):
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                yield (key, index, "Next"), rule["Next"]


def reach(start: Iterable[str], ways: Mapping[str, Iterable[str]]) -> set[str]:
    """Return every id that *ways* lead to from *start*, those included."""
    queue = list(start)
    seen = set(queue)
    while queue:
        for target in ways.get(queue.pop(), ()):
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return seen


class Order:
    """Which states of a graph may run before which: sets of states are the bits of numbers.

    So, thousands of questions about thousands of states take one walk over the graph.
    """

    def __init__(self, scope: ParsedScope) -> None:
        ahead = _ahead(scope)
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
        """Whether one of *ids* may run before *id*; so may *id* itself, in a loop."""
        return any(self._bits[one] & self._led[id] for one in ids)


def _in_order(scope: ParsedScope, ahead: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the states so that each comes after those that lead to it, but for loops."""
    start = scope.body.get("StartAt")
    first = [start] if isinstance(start, str) and start in ahead else []
    seen: set[str] = set()
    left: list[str] = []  # in the order in which they were left for good
    for root in (*first, *ahead):
        stack = [] if root in seen else [(root, iter(ahead[root]))]
        seen.add(root)
        while stack:
            id, targets = stack[-1]
            target = next((one for one in targets if one not in seen), None)
            if target is None:
                left.append(id)
                stack.pop()
            else:
                seen.add(target)
                stack.append((target, iter(ahead[target])))
    return left[::-1]


def state_name(document: ParsedDefinition) -> Iterator[Issue]:
    """Report names that are empty or too long."""
    for scope in document.scopes:
        for id in scope.states:
            if not 1 <= len(id) <= _MAX_NAME:
                message = f"A state's name has 1 to {_MAX_NAME} characters, not {len(id)}."
                yield Issue(scope.place_of(id), message)


def duplicate_state(document: ParsedDefinition) -> Iterator[Issue]:
    """Report names that two states of one workflow have."""
    for scope in document.scopes:
        for id in scope.states:
            home = document.homes[id]
            if home is not scope:
                yield Issue(
                    scope.place_of(id),
                    f'Duplicate state name: there is another state "{id}" in {home.place.path}.',
                    "Names are unique in the whole workflow, branches included: rename one.",
                )


def transition(document: ParsedDefinition) -> Iterator[Issue]:
    """Report states that say twice what comes next, or not at all."""
    for state in document.states:
        if not state.type:
            continue
        body, place = state.body, state.place
        if state.type in _WITHOUT_NEXT:
            for key in ("Next", "End"):
                if key in body:
                    goes = (
                        "goes where its rules say" if state.type == "Choice" else "ends by itself"
                    )
                    yield Issue(place.at(key), f"A {state.type} has no {key}: it {goes}.")
            continue
        if "End" in body and not isinstance(body["End"], bool):
            yield Issue(place.at("End"), "End must be true or false.", wanted="boolean")
        elif "Next" in body and not isinstance(body["Next"], str):
            yield Issue(place.at("Next"), "Next must be a string, the id of a state.")
        elif body.get("End") is True and "Next" in body:
            yield Issue(place, "It has both Next and End.", "Remove one of the two.")
        elif body.get("End") is not True and "Next" not in body:
            yield Issue(
                place,
                "Nothing says what comes next: one of the fields Next and End is required.",
                "Give it a Next, or end the workflow here (End).",
            )


def dangling(document: ParsedDefinition) -> Iterator[Issue]:
    """Report transitions to states that are not there."""
    for scope in document.scopes:
        if not scope.states:
            continue
        start = scope.body.get("StartAt")
        if isinstance(start, str) and start not in scope.states:
            yield _missing(scope.place.at("StartAt"), start, scope, document)
        for id, body in scope.states.items():
            for keys, target in links(body):
                if target not in scope.states:
                    yield _missing(scope.place_of(id).at(*keys), target, scope, document)


def _missing(place: Location, target: str, scope: ParsedScope, document: ParsedDefinition) -> Issue:
    if target in document.homes:
        home = document.homes[target].place.path
        return Issue(
            place,
            f'Missing target: the state "{target}" is in {home}, not in the same graph.',
            "A transition can't enter or leave a branch or an item processor.",
        )
    return Issue(
        place, f'Missing target: there is no state "{target}".', did_you_mean(target, scope.states)
    )


def unreachable(document: ParsedDefinition) -> Iterator[Issue]:
    """Report states that nothing leads to."""
    for scope in document.scopes:
        start = scope.body.get("StartAt")
        if not isinstance(start, str) or start not in scope.states:
            continue
        reached = reach([start], _ahead(scope))
        for id in scope.states:
            if id not in reached:
                message = f'The state "{id}" is not reachable: nothing leads to it.'
                yield Issue(scope.place_of(id), message, "Lead to it, or remove it.")


def no_end(document: ParsedDefinition) -> Iterator[Issue]:
    """Report graphs that no state ends."""
    for scope in document.scopes:
        if scope.states and not _ends(scope):
            yield Issue(
                scope.place.at("States"),
                "The workflow has no terminal state: no state ends it.",
                "End one of its states, or add a Succeed or a Fail.",
            )


def no_way_out(document: ParsedDefinition) -> Iterator[Issue]:
    """Report loops that are never left."""
    for scope in document.scopes:
        ends, ahead = _ends(scope), _ahead(scope)
        start = scope.body.get("StartAt")
        if not ends or not isinstance(start, str):
            continue
        behind: dict[str, list[str]] = {id: [] for id in scope.states}
        for id, targets in ahead.items():
            for target in targets:
                behind[target].append(id)
        leading = reach(ends, behind)
        reached = reach([start], ahead)
        caught = next((id for id in scope.states if id in reached and id not in leading), None)
        if caught is not None:
            yield Issue(
                scope.place_of(caught),
                f'From "{caught}" no way leads to an end: the execution runs until it times out.',
                "Lead out of the loop by a Choice.",
            )


def _ahead(scope: ParsedScope) -> dict[str, list[str]]:
    return {
        id: [to for _, to in links(body) if to in scope.states] for id, body in scope.states.items()
    }


def _ends(scope: ParsedScope) -> list[str]:
    """Return the states that end a graph, or that are so wrong already that they may."""
    return [id for id, body in scope.states.items() if _may_end(body, scope.states)]


def _may_end(body: Any, states: Mapping[str, Any]) -> bool:
    ways = [target for _, target in links(body)]
    if not ways or not isinstance(body, dict) or any(target not in states for target in ways):
        return True
    return body.get("Type") in _TERMINAL or body.get("End") is True
