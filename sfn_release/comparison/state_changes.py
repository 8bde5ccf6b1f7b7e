"""The changes of one state that is on both sides: its name, its place, and each of its fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sfn_release.comparison.choice_changes import choice_changes
from sfn_release.comparison.field_classes import class_of_field
from sfn_release.comparison.placed_states import PlacedState, inner_bodies
from sfn_release.comparison.retry_changes import (
    catch_effect,
    handles,
    retries_at_least,
    rule_lines,
)
from sfn_release.comparison.semantic_change import UNTOLD, ChangeClass, SemanticChange
from sfn_release.comparison.state_matching import MatchedStates
from sfn_release.release.differences import MISSING, Difference, definition_differences

_NAME_READER: Final = re.compile(
    r"\$states(?!\.\w)|(?:\$\$|\$states\.context)(?:\.State(?:\.Name)?)?(?![\w.])"
)
"""Reads the state's name: by its path, or with all of the context object."""


@dataclass(frozen=True)
class ChangedState:
    """A state before and after, with the surroundings that its changes depend on.

    *names* maps the old names in its scope to the new ones. *old_place* and *new_place* are the
    scopes in words, if they differ. *around* are the Catch fields of the states that it's in: an
    error of it ends the execution if none of them handles it.
    """

    workflow: str
    old: PlacedState
    new: PlacedState
    names: Mapping[str, str]
    old_place: str = ""
    new_place: str = ""
    around: tuple[Any, ...] = field(default=())

    def changes(self) -> Iterator[SemanticChange]:
        """Yield the changes, but no transition that only follows a rename."""
        if self.old.name != self.new.name:
            yield self._renamed()
        if self.old_place:
            yield self._made(
                "moved",
                "results",
                f"moved from {self.old_place} to {self.new_place}",
                "It can get other data there, and its result can go elsewhere.",
                was=self.old.label,
            )
        old, new = renamed_targets(self.old.own, self.names), self.new.own
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from self._fields(old, new)
            yield from self._inner_fields()
        elif not is_same(old, new):
            yield self._made("field", "results", "changed", f"Its meaning {UNTOLD}.")

    def _fields(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[SemanticChange]:
        keys = [
            key
            for key in {**old, **new}
            if not is_same(old.get(key, MISSING), new.get(key, MISSING))
        ]
        if {"Next", "End"} & {*keys}:
            yield self._made(
                "transition",
                "results",
                f"next is {_target(new)}, was {_target(old)}",
                "Executions that go on from it take another path.",
                details=self._details(old, new, "Next", "End"),
            )
        for key in keys:
            if key not in ("Next", "End"):
                yield from self._field(key, old, new)

    def _field(
        self, key: str, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> Iterator[SemanticChange]:
        before, after = old.get(key, MISSING), new.get(key, MISSING)
        details = self._details(old, new, key)
        match key:
            case "Default":
                yield self._default(before, after, details)
            case "Choices":
                yield from self._choices(before, after, details)
            case "Retry":
                yield self._retry(before, after, details)
            case "Catch":
                yield self._catch(before, after, details)
            case "Error" | "ErrorPath" if self.old.type == self.new.type:
                yield self._error(before, after, details)
            case _:
                found = class_of_field(key, self.new.type, before, after)
                yield self._made(
                    found.kind, found.change_class, None, found.reason, details=details
                )

    def _inner_fields(self) -> Iterator[SemanticChange]:
        """Yield a change between the old and the new field of a Map's processor."""
        old, new = (inner_bodies(state.body) for state in (self.old, self.new))
        if old.keys() != new.keys() and old and new:
            text = f"has {', '.join(new)}, had {', '.join(old)}"
            yield self._made("map", "safe", text, "The two fields mean the same.")

    def _renamed(self) -> SemanticChange:
        text = f'state "{self.old.label}" renamed to "{self.new.name}"'
        if _NAME_READER.search(str(self.new.own)):
            found: tuple[ChangeClass, str] = "results", "The state reads its own name."
        else:
            found = "safe", "Only histories, tests and mocks name states."
        change_class, reason = found
        return SemanticChange(
            self.workflow, self.new.label, "renamed", change_class, text, reason, self.old.label
        )

    def _choices(
        self, old: Any, new: Any, details: tuple[Difference, ...]
    ) -> Iterator[SemanticChange]:
        changes = [*choice_changes(old, new)]
        for at, change in enumerate(changes):
            found: ChangeClass = "results" if change.effect else "safe"
            reason = change.effect or "A comment doesn't run."
            shown = details if at == len(changes) - 1 else ()
            yield self._made("choice", found, change.text, reason, details=shown)
        if not changes:
            reason = f"The path of executions {UNTOLD}."
            yield self._made("choice", "results", None, reason, details=details)

    def _default(self, old: Any, new: Any, details: tuple[Difference, ...]) -> SemanticChange:
        text = f"default is {_name(new)}, was {_name(old)}"
        if new is not MISSING:
            reason = "Executions that fit no rule take another path."
            return self._made("choice", "results", text, reason, details=details)
        reason = "An execution that fits no rule fails with States.NoChoiceMatched."
        return self._made("choice", "breaking", text, reason, details=details)

    def _retry(self, old: Any, new: Any, details: tuple[Difference, ...]) -> SemanticChange:
        lines = [*rule_lines(old, new, "retries")]
        if retries_at_least(old, new):
            reason = (
                "Each error is retried at least as often as before."
                " If the task isn't idempotent, more retries can do harm."
            )
            found: tuple[ChangeClass, str] = "safe", reason
        else:
            found = "results", "Some errors are retried less often, or counted together."
        return self._made("retry", found[0], "; ".join(lines) or None, found[1], details=details)

    def _catch(self, old: Any, new: Any, details: tuple[Difference, ...]) -> SemanticChange:
        lines = [*rule_lines(old, new, "catches")]
        if all(value in (MISSING, []) for value in (old, new)):
            return self._made("catch", "safe", "catches nothing", "It caught nothing before.")
        effect = catch_effect(old, new)
        return self._made(
            "catch",
            "results" if effect else "safe",
            "; ".join(lines) or None,
            effect or "A comment doesn't run.",
            details=details,
        )

    def _error(self, old: Any, new: Any, details: tuple[Difference, ...]) -> SemanticChange:
        known = [value if isinstance(value, str) else None for value in (old, new)]
        caught = all(
            any(handles(catchers, name) for catchers in self.around) for name in known if name
        )
        if self.around and caught and any(known):
            found: tuple[ChangeClass, str] = "results", "A Catch around it handles the error."
        else:
            found = "breaking", "Callers that look for the error name see another one."
        return self._made("error", found[0], None, found[1], details=details)

    def _details(
        self, old: Mapping[str, Any], new: Mapping[str, Any], *keys: str
    ) -> tuple[Difference, ...]:
        """Return the differences of some fields, down to the values that differ."""
        sides = (
            {"States": {self.new.label: {key: side[key] for key in keys if key in side}}}
            for side in (old, new)
        )
        return definition_differences(*sides)

    def _made(
        self,
        kind: str,
        change_class: ChangeClass,
        text: str | None,
        reason: str,
        *,
        was: str = "",
        details: tuple[Difference, ...] = (),
    ) -> SemanticChange:
        """Return a change of this state. Without a *text*, its details are the text."""
        if text is not None:
            shown = f'state "{self.new.label}": {text}'
        elif len(details) == 1:
            shown, details = str(details[0]), ()
        else:
            shown = f'state "{self.new.label}": {details_text(details)}'
        return SemanticChange(
            self.workflow, self.new.label, kind, change_class, shown, reason, was, details
        )


def details_text(details: tuple[Difference, ...]) -> str:
    """Return the field that several differences have in common, and how many there are.

    >>> details_text((Difference("A", "Parameters.x", 1, 2), Difference("A", "Parameters.y", 3, 4)))
    'Parameters changed in 2 places'
    """
    heads = dict.fromkeys(
        difference.field.partition(".")[0].partition("[")[0] for difference in details
    )
    return f"{', '.join(heads)} changed in {len(details)} places"


def is_same(old: Any, new: Any) -> bool:
    """Whether two JSON values are equal; true and 1 aren't."""
    if old is new:
        return True
    if isinstance(old, str) or isinstance(new, str):
        return bool(old == new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(is_same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(is_same, old, new))
    return bool(old == new) and isinstance(old, bool) is isinstance(new, bool)


def new_names(matched: MatchedStates) -> dict[str, dict[str, str]]:
    """Return the new names of the renamed states in each old scope, by the scope's label."""
    found: dict[str, dict[str, str]] = {}
    for pair in matched.pairs:
        if pair.old is not None and pair.new is not None and pair.renamed and not pair.moved:
            found.setdefault(pair.old.scope, {})[pair.old.name] = pair.new.name
    return found


def renamed_targets(state: Any, names: Mapping[str, str]) -> Any:
    """Return a state whose transitions have the new *names* of the states that they lead to."""
    if not names or not isinstance(state, Mapping):
        return state
    found = {**state}
    for key in ("Next", "Default"):
        if isinstance(found.get(key), str):
            found[key] = names.get(found[key], found[key])
    for key in ("Choices", "Catch"):
        if isinstance(found.get(key), list):
            found[key] = [
                {**rule, "Next": names.get(rule["Next"], rule["Next"])}
                if isinstance(rule, Mapping) and isinstance(rule.get("Next"), str)
                else rule
                for rule in found[key]
            ]
    return found


def _target(state: Mapping[str, Any]) -> str:
    if "Next" in state:
        return _name(state["Next"])
    return "the end" if state.get("End") is True else "nothing"


def _name(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else "none" if value is MISSING else str(value)
