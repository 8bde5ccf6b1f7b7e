"""The states of a definition with their places: the definition itself, a branch or a processor."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from sfn_release.canonical import member

TARGETS: Final = ("Next", "End", "Default")
"""The fields that name the next state. A rule and a catcher have a Next too."""
PROCESSORS: Final = ("ItemProcessor", "Iterator")
_HOLDERS: Final = ("Choices", "Catch")


@dataclass(frozen=True, eq=False)
class PlacedScope:
    """The definition, a branch of a Parallel or the processor of a Map.

    *label* is empty for the definition, ``Each`` for the processor of the Map ``Each``, and
    ``Split › branch 2`` for a branch. *title* says the same in a sentence.
    """

    label: str
    title: str
    body: Mapping[str, Any]
    states: tuple[PlacedState, ...]

    @cached_property
    def by_name(self) -> dict[str, PlacedState]:
        """The states by name."""
        return {state.name: state for state in self.states}

    @cached_property
    def neighbours(self) -> dict[str, set[tuple[str, str, str]]]:
        """The neighbours of each state: ``before`` or ``after``, the kind of way, the name.

        The name is empty for the start of the scope, and for its end.
        """
        found: dict[str, set[tuple[str, str, str]]] = {name: set() for name in self.by_name}
        start = self.body.get("StartAt")
        if isinstance(start, str) and start in found:
            found[start].add(("before", "start", ""))
        for name, state in self.by_name.items():
            for kind, target in ways_of(state.body):
                found[name].add(("after", kind, target))
                if target in found:
                    found[target].add(("before", kind, name))
        return found


@dataclass(frozen=True, eq=False)
class PlacedState:
    """A state and where it is.

    *label* has the names around it (``Each › Charge``), as `release.differences.Difference` has.
    *scope* is the label of the scope that it's in. *body* is any JSON; *inner* are its scopes.
    """

    name: str
    label: str
    scope: str
    body: Any
    inner: tuple[PlacedScope, ...] = field(repr=False)

    @property
    def type(self) -> str:
        """The Type; empty for none."""
        found = self.body.get("Type") if isinstance(self.body, dict) else None
        return found if isinstance(found, str) else ""

    @cached_property
    def own(self) -> Any:
        """The body without the scopes inside of it."""
        if not isinstance(self.body, dict):
            return self.body
        inside = inner_bodies(self.body)
        return {key: value for key, value in self.body.items() if key not in inside}

    @cached_property
    def content(self) -> str:
        """The content as text, without the next states: equal for equal content."""
        inside = inner_bodies(self.body) if isinstance(self.body, dict) else {}
        return json.dumps([without_targets(self.own), inside], sort_keys=True, default=str)

    @cached_property
    def leaves(self) -> Counter[tuple[str, str]]:
        """The values of the content with their paths, without the Type."""
        found: Counter[tuple[str, str]] = Counter()
        inside = inner_bodies(self.body) if isinstance(self.body, dict) else {}
        waiting: list[tuple[str, Any]] = [("", without_targets(self.own)), ("", inside)]
        while waiting:
            path, value = waiting.pop()
            if isinstance(value, dict) and value:
                waiting += ((member(path, str(key)), item) for key, item in value.items())
            elif isinstance(value, list) and value:
                waiting += ((f"{path}[]", item) for item in value)
            elif path != ".Type" and (path or not isinstance(value, dict)):
                found[path, json.dumps(value, sort_keys=True)] += 1
        return found


def placed_scope(definition: Mapping[str, Any]) -> PlacedScope:
    """Return the outermost scope of a definition. Any other JSON has no states."""
    return _scope(definition, "", "the top level")


def scopes_of(scope: PlacedScope) -> Iterator[PlacedScope]:
    """Yield a scope and every scope inside of it, outer ones first."""
    waiting = [scope]
    for found in waiting:
        yield found
        waiting += (inner for state in found.states for inner in state.inner)


def ways_of(state: Any) -> Iterator[tuple[str, str]]:
    """Yield the ways out of a state: the kind, and the next state's name; it's empty for an end."""
    if not isinstance(state, dict):
        return
    for key in ("Next", "Default"):
        if isinstance(state.get(key), str):
            yield key, state[key]
    for holder in _HOLDERS:
        items = state.get(holder)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and isinstance(item.get("Next"), str):
                yield holder, item["Next"]
    if state.get("End") is True or state.get("Type") in ("Succeed", "Fail"):
        yield "End", ""


def without_targets(state: Any) -> Any:
    """Return a state without the names of the next states."""
    if not isinstance(state, dict):
        return state
    return {
        key: [_without_next(item) for item in value]
        if key in _HOLDERS and isinstance(value, list)
        else value
        for key, value in state.items()
        if key not in TARGETS
    }


def _without_next(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {key: value for key, value in item.items() if key != "Next"}


def inner_bodies(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a state that hold scopes."""
    found = {key: state[key] for key in PROCESSORS if isinstance(state.get(key), dict)}
    branches = state.get("Branches")
    if isinstance(branches, list) and all(isinstance(branch, dict) for branch in branches):
        found["Branches"] = branches
    return found


def _scope(body: Mapping[str, Any], label: str, title: str) -> PlacedScope:
    states = body.get("States")
    states = states if isinstance(states, dict) else {}
    prefix = f"{label} › " if label else ""
    return PlacedScope(
        label,
        title,
        body,
        tuple(_state(name, prefix + name, label, state) for name, state in states.items()),
    )


def _state(name: str, label: str, scope: str, body: Any) -> PlacedState:
    inner: list[PlacedScope] = []
    for key, value in inner_bodies(body).items() if isinstance(body, dict) else ():
        if key == "Branches":
            inner += (
                _scope(branch, f"{label} › branch {at}", f'branch {at} of "{name}"')
                for at, branch in enumerate(value, 1)
            )
        else:
            inner.append(_scope(value, label, f'the Map "{name}"'))
    return PlacedState(name, label, scope, body, tuple(inner))
