"""The release that last changed each state of each form of a workflow, followed forward. Pure.

`comparison.state_origins` answers for one definition, from the newest back. A report shows every
form, so each form takes its origins from the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_release.comparison.placed_states import placed_scope, scopes_of
from sfn_release.comparison.state_matching import matched_states
from sfn_release.comparison.state_origins import is_changed


@dataclass(frozen=True)
class StateChangedIn:
    """The release *version* brought a state its present form; *former* is its label before."""

    version: str
    former: str | None = None


Origins = Mapping[str, StateChangedIn]


def origins_of_forms(
    forms: Sequence[tuple[str, Any]], before: Origins | None = None
) -> Iterator[Origins]:
    """Yield the origins of each form's states by label.

    *forms* are versions with their definitions, the oldest first. *before* are the origins under a
    former name of the workflow; then the first form is the last one under that name.
    """
    known, old = before, None
    for version, definition in forms:
        known = next_origins(version, old, definition, known or {})
        old = definition
        yield known


def next_origins(version: str, old: Any, new: Any, known: Origins) -> Origins:
    """Return the origins of the states of *new*, which *version* brought.

    *known* are those of the definition *old* before it; None for none.
    """
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        body = new if isinstance(new, Mapping) else {}
        labels = [state.label for scope in scopes_of(placed_scope(body)) for state in scope.states]
        return {label: StateChangedIn(version) for label in labels}
    pairs = [pair for pair in matched_states(old, new).pairs if pair.new]
    names = {pair.old.name: pair.new.name for pair in pairs if pair.old and pair.new}
    found: dict[str, StateChangedIn] = {}
    for pair in pairs:
        if pair.new is None:
            continue
        if pair.old is not None and not is_changed(pair, names) and pair.old.label in known:
            found[pair.new.label] = known[pair.old.label]
        else:
            elsewhere = pair.old is not None and (pair.renamed or pair.moved)
            former = pair.old.label if pair.old is not None and elsewhere else None
            found[pair.new.label] = StateChangedIn(version, former)
    return found
