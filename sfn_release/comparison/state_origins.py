"""Finds the definition, of several in a row, that brought each state its present form. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.comparison.placed_states import placed_scope, scopes_of
from sfn_release.comparison.state_changes import is_same, renamed_targets
from sfn_release.comparison.state_matching import StatePair, matched_states


@dataclass(frozen=True)
class StateOrigin:
    """Where a state's present form comes from.

    *label* names the state with the names around it (``Each › Charge``). *index* is the place of
    its definition in the row, 0 for the newest. *former* is the label that the state had before,
    if its definition renamed or moved it.
    """

    label: str
    index: int
    former: str | None = None


def state_origins(definitions: Iterable[Mapping[str, Any]]) -> list[StateOrigin]:
    """Return the origin of each state of the first definition; the newest definition comes first.

    A state is followed when it is renamed or moved, and that counts as a change of it. A way to
    a state that was renamed is no change. Older definitions are read on demand, until the origin
    of every state is known.
    """
    row = iter(definitions)
    new = next(row, {})
    order = [state.label for scope in scopes_of(placed_scope(new)) for state in scope.states]
    found: dict[str, StateOrigin] = {}
    followed = {label: label for label in order}  # the label in the newest → the label in `new`
    index = 0
    while followed and (old := next(row, None)) is not None:
        pairs = {pair.new.label: pair for pair in matched_states(old, new).pairs if pair.new}
        names = {pair.old.name: pair.new.name for pair in pairs.values() if pair.old and pair.new}
        earlier: dict[str, str] = {}
        for label, here in followed.items():
            pair = pairs[here]
            if pair.old is not None and not is_changed(pair, names):
                earlier[label] = pair.old.label
            else:
                elsewhere = pair.old is not None and (pair.renamed or pair.moved)
                former = pair.old.label if pair.old is not None and elsewhere else None
                found[label] = StateOrigin(label, index, former)
        new, followed, index = old, earlier, index + 1
    found |= {label: StateOrigin(label, index) for label in followed}
    return [found[label] for label in order]


def is_changed(pair: StatePair, names: Mapping[str, str]) -> bool:
    """Return whether a state has another name, place or content of its own."""
    if pair.old is None or pair.new is None or pair.renamed or pair.moved:
        return True
    return not is_same(renamed_targets(pair.old.own, names), pair.new.own)
