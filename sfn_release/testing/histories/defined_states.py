"""The states of a definition by their names, which are unique in a whole state machine. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def defined_states(definition: Any) -> dict[str, Mapping[str, Any]]:
    """Return every state of *definition*, valid or not, by its name, those of inner scopes too."""
    found: dict[str, Mapping[str, Any]] = {}
    pending = [definition]
    while pending:
        scope = pending.pop()
        states = scope.get("States") if isinstance(scope, Mapping) else None
        for name, state in states.items() if isinstance(states, Mapping) else ():
            if isinstance(state, Mapping):
                found.setdefault(name, state)
                pending += _scopes(state)
    return found


def _scopes(state: Mapping[str, Any]) -> Iterator[Any]:
    yield from (state.get("ItemProcessor"), state.get("Iterator"))
    branches = state.get("Branches")
    if isinstance(branches, list):
        yield from branches
