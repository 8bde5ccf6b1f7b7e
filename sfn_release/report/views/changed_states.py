"""The states that differ between two definitions, with their JSON before and after. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sfn_release.comparison.placed_states import PlacedState
from sfn_release.comparison.semantic_change import SemanticChange
from sfn_release.comparison.state_changes import new_names
from sfn_release.comparison.state_matching import StatePair, matched_states
from sfn_release.comparison.state_origins import is_changed
from sfn_release.report.paths import state_anchor
from sfn_release.report.views.line_differences import LinePair, line_differences
from sfn_release.report.views.shown_json import indented

StateChange = Literal["added", "removed", "changed"]

SIGNS: Final[Mapping[StateChange, str]] = {"added": "+", "removed": "−", "changed": "~"}
_EMPTY: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True)
class ChangedState:
    """A state that was added, removed or changed.

    *label* is its new label, of a removed state the old one; *was* is the former label of a state
    that was renamed or moved. *lines* are its JSON on both sides, without the states inside of it.
    """

    label: str
    anchor: str
    kind: StateChange
    was: str
    changes: tuple[SemanticChange, ...]
    lines: tuple[LinePair, ...]

    @property
    def sign(self) -> str:
        """A sign for its kind, so that no colour is needed."""
        return SIGNS[self.kind]


def changed_states(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    changes: Sequence[SemanticChange] = (),
) -> tuple[ChangedState, ...]:
    """Return the states that differ, in the order of the new definition, removed ones last.

    A state whose transitions only follow a renamed state doesn't differ.
    """
    of_state: dict[str, list[SemanticChange]] = {}
    for change in changes:
        of_state.setdefault(change.state, []).append(change)
    matched = matched_states(old or _EMPTY, new or _EMPTY)
    names = new_names(matched)
    return tuple(
        _changed(pair, of_state.get((pair.new or pair.old).label, ()))  # type: ignore[union-attr]  # each pair has a side
        for pair in matched.pairs
        if is_changed(pair, names.get(pair.old.scope, {}) if pair.old else {})
    )


def setting_lines(old: Any, new: Any) -> tuple[LinePair, ...]:
    """Return the parts of two declarations beside their states, line by line; none if equal."""
    texts = [indented(_settings(side)) if side is not None else "" for side in (old, new)]
    return line_differences(*texts) if texts[0] != texts[1] else ()


def compared_anchor(number: int, label: str) -> str:
    """Return the anchor of a state in the part of a page about its *number*-th workflow."""
    return f"w{number}-{state_anchor(label)}"


def _changed(pair: StatePair, changes: Sequence[SemanticChange]) -> ChangedState:
    kind: StateChange = (
        "added" if pair.old is None else "removed" if pair.new is None else "changed"
    )
    label = (pair.new or pair.old).label  # type: ignore[union-attr]  # each pair has a side
    was = pair.old.label if pair.old and pair.new and pair.old.label != label else ""
    lines = line_differences(*(_text(side) for side in (pair.old, pair.new)))
    return ChangedState(label, state_anchor(label), kind, was, tuple(changes), lines)


def _text(state: PlacedState | None) -> str:
    return "" if state is None else indented({state.name: state.own})


def _settings(declaration: Any) -> dict[str, Any]:
    rest = {key: value for key, value in declaration.definition.items() if key != "States"}
    names = ("type", "role", "logging", "tracing", "encryption", "tags")
    settings: Iterator[tuple[str, Any]] = ((name, getattr(declaration, name)) for name in names)
    return {**{name: value for name, value in settings if value not in (None, {})}, **rest}
