"""States and scopes that came, went or changed their order, and the fields of scopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sfn_release.authoring.diagrams.captions import detail
from sfn_release.comparison.field_classes import class_of_field
from sfn_release.comparison.placed_states import PlacedScope, PlacedState
from sfn_release.comparison.semantic_change import ChangeClass, SemanticChange
from sfn_release.comparison.state_changes import ChangedState, details_text, is_same, new_names
from sfn_release.comparison.state_matching import MatchedStates, StatePair, matched_states
from sfn_release.release.differences import MISSING, Difference, definition_differences
from sfn_release.text import count


def definition_changes(
    workflow: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[SemanticChange]:
    """Yield the changes between two definitions, by scope and state."""
    yield from _Structure(workflow, matched_states(old, new)).changes()


@dataclass(frozen=True)
class _Structure:
    workflow: str
    matched: MatchedStates

    def changes(self) -> Iterator[SemanticChange]:
        """Yield the changes: of scopes, then of states in the order of the new definition."""
        for old, new in self.matched.scopes:
            if old is not None and new is not None:
                yield from self._scope(old, new)
        for pair in self.matched.pairs:
            if pair.old is not None and pair.new is not None:
                yield from self._branches(pair.old, pair.new)
                yield from self._changed(pair, pair.old, pair.new).changes()
            elif pair.new is not None and pair.new.scope not in self._new_labels:
                yield self._came_or_went("added", pair.new)
            elif pair.old is not None and pair.old.scope not in self._old_labels:
                yield self._came_or_went("removed", pair.old)

    @cached_property
    def _new_labels(self) -> set[str]:
        """The labels of scopes inside of added states, whose text covers them."""
        return _inside(pair.new for pair in self.matched.pairs if pair.old is None)

    @cached_property
    def _old_labels(self) -> set[str]:
        return _inside(pair.old for pair in self.matched.pairs if pair.new is None)

    @cached_property
    def _places(self) -> tuple[dict[PlacedState, PlacedScope], dict[PlacedState, PlacedScope]]:
        old, new = (
            {state: scope for scope in side if scope is not None for state in scope.states}
            for side in zip(*self.matched.scopes, strict=True)
        )
        return old, new

    @cached_property
    def _catches(self) -> dict[str, tuple[Any, ...]]:
        """The Catch fields around the states of each new scope, by the scope's label."""
        found: dict[str, tuple[Any, ...]] = {"": ()}
        waiting = [
            scope for _, scope in self.matched.scopes if scope is not None and not scope.label
        ]
        for scope in waiting:
            for state in scope.states:
                own = state.body.get("Catch") if isinstance(state.body, Mapping) else None
                for inner in state.inner:
                    found[inner.label] = (*found[scope.label], own)
                    waiting.append(inner)
        return found

    def _changed(self, pair: StatePair, old: PlacedState, new: PlacedState) -> ChangedState:
        before, after = self._places[0][old], self._places[1][new]
        places = (before.title, after.title) if pair.moved else ("", "")
        return ChangedState(
            self.workflow,
            old,
            new,
            self._names.get(before.label, {}),
            *places,
            self._catches[new.scope],
        )

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        return new_names(self.matched)

    def _scope(self, old: PlacedScope, new: PlacedScope) -> Iterator[SemanticChange]:
        """Yield changes of a scope's own fields: StartAt, and settings of the definition."""
        names = self._names.get(old.label, {})
        for key in {**old.body, **new.body}:
            before, after = old.body.get(key, MISSING), new.body.get(key, MISSING)
            if key == "States" and isinstance(before, Mapping) and isinstance(after, Mapping):
                continue
            if key == "StartAt" and isinstance(before, str):
                before = names.get(before, before)
            if is_same(before, after):
                continue
            details = _scope_details(new, key, before, after)
            where = f'state "{new.label}": ' if new.label else ""
            if key == "StartAt":
                text = f"{where}starts at {_name(after)}, was {_name(before)}"
                who = "Executions that reach it" if new.label else "Executions"
                yield self._made(new.label, "start", "results", text, f"{who} take another path.")
                continue
            found = class_of_field(key, "", before, after)
            text = str(details[0]) if len(details) == 1 else f"{where}{details_text(details)}"
            yield SemanticChange(
                self.workflow,
                new.label,
                found.kind,
                found.change_class,
                text,
                found.reason,
                details=details if len(details) > 1 else (),
            )

    def _branches(self, old: PlacedState, new: PlacedState) -> Iterator[SemanticChange]:
        """Yield changes of the scopes inside of a state: branches added, removed, exchanged."""
        partners = {scope: origin for origin, scope in self.matched.scopes if scope is not None}
        kept = [origin for scope in new.inner if (origin := partners[scope]) is not None]
        order = [old.inner.index(origin) for origin in kept if origin in old.inner]
        reason = "The array of results has another length, or another order."
        for scope in new.inner:
            if partners[scope] is None:
                text = f'state "{new.label}": {scope.title} added'
                yield self._made(new.label, "added", "results", text, reason)
        for scope in old.inner:
            if scope not in kept:
                text = f'state "{new.label}": {scope.title} removed'
                yield self._made(new.label, "removed", "results", text, reason)
        if order != sorted(order):
            text = f'state "{new.label}": its branches have another order'
            yield self._made(new.label, "moved", "results", text, reason)

    def _came_or_went(self, kind: str, state: PlacedState) -> SemanticChange:
        words = [state.type, detail(state.body) if isinstance(state.body, Mapping) else ""]
        inside = sum(len(scope.states) for scope in state.inner)
        words += [f"with {count(inside, 'state')} inside"] if inside else []
        about = ", ".join(word for word in words if word)
        text = f'state "{state.label}" {kind}' + (f" ({about})" if about else "")
        if kind == "added":
            reason = "Executions that reach it do more than before."
        else:
            reason = "Executions that reached it do less than before."
        return self._made(state.label, kind, "results", text, reason)

    def _made(
        self, state: str, kind: str, change_class: ChangeClass, text: str, reason: str
    ) -> SemanticChange:
        return SemanticChange(self.workflow, state, kind, change_class, text, reason)


def _scope_details(scope: PlacedScope, key: str, old: Any, new: Any) -> tuple[Difference, ...]:
    if not scope.label:
        return definition_differences(_field(key, old), _field(key, new)) or (
            Difference("", key, old, new),
        )
    sides = ({"States": {scope.label: _field(key, value)}} for value in (old, new))
    return definition_differences(*sides)


def _field(key: str, value: Any) -> dict[str, Any]:
    return {} if value is MISSING else {key: value}


def _inside(states: Any) -> set[str]:
    """Return the labels of all scopes inside of *states*."""
    waiting = [scope for state in states for scope in state.inner]
    for scope in waiting:
        waiting += (inner for state in scope.states for inner in state.inner)
    return {scope.label for scope in waiting}


def _name(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else "none" if value is MISSING else str(value)
