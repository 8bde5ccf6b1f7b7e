"""How two declarations of a workflow differ, by state and field. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Protocol

from sfn_release.canonical import member

_SETTINGS = ("type", "role", "logging", "tracing", "encryption", "tags")
_BRIEF = 60  # characters of a value in a line for people
_BEFORE = 20  # of them, equal ones shown before the difference


DifferenceKind = Literal["added", "removed", "changed"]


class ComparableWorkflow(Protocol):
    """A side of a comparison: a declaration, or its form in an environment."""

    @property
    def name(self) -> str:
        """The name, shown when the other side is missing."""

    @property
    def definition(self) -> Mapping[str, Any]:
        """The definition."""


class Missing(Enum):
    """Stands for a value that one side doesn't have; None would be JSON's null."""

    MISSING = "(none)"


MISSING = Missing.MISSING


@dataclass(frozen=True)
class Difference:
    """One difference between an old and a new declaration.

    *state* is the state's name, with the names around it in nested scopes (``Each › branch 1 ›
    Charge``), or empty for the whole workflow. *field* is the field's path inside the
    state, or empty when the whole state was added or removed. *old* and *new* are JSON values, or
    MISSING.
    """

    state: str
    field: str
    old: Any
    new: Any

    @property
    def kind(self) -> DifferenceKind:
        """Which side has a value: only new (added), only old (removed), or both (changed)."""
        if self.old is MISSING:
            return "added"
        return "removed" if self.new is MISSING else "changed"

    def __str__(self) -> str:
        where = f'state "{self.state}"' if self.state else ""
        if not self.field:
            return f"{where or 'workflow'} {self.kind}"
        match self.kind:
            case "added":
                change = f"{self.field} {_brief(self.new)} added"
            case "removed":
                change = f"{self.field} {_brief(self.old)} removed"
            case "changed":
                change = f"{self.field} {' → '.join(_sides(self.old, self.new))}"
        return f"{where}: {change}" if where else change

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; a side without a value is left out."""
        sides = {"old": self.old, "new": self.new}
        return {
            "state": self.state,
            "field": self.field,
            "kind": self.kind,
            **{name: value for name, value in sides.items() if value is not MISSING},
        }


def differences(
    old: ComparableWorkflow | None, new: ComparableWorkflow | None
) -> tuple[Difference, ...]:
    """Return how *new* differs from *old*; None stands for a missing workflow."""
    if old is None or new is None:
        there = [MISSING if side is None else side.name for side in (old, new)]
        return () if old is new else (Difference("", "", there[0], there[1]),)
    found: list[Difference] = []
    for name in _SETTINGS:
        found += _values("", name, getattr(old, name), getattr(new, name))
    return (*found, *definition_differences(old.definition, new.definition))


def definition_differences(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """Return how one definition differs from another, by state and field."""
    return tuple(_scopes("", old, new))


def _scopes(prefix: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare two scopes: objects with StartAt and States."""
    for key in _keys(old, new):
        if key != "States":
            yield from _values(prefix.removesuffix(" › "), key, _get(old, key), _get(new, key))
    before, after = _mapping(old.get("States")), _mapping(new.get("States"))
    for name in _keys(before, after):
        yield from _states(prefix + name, _get(before, name), _get(after, name))


def _states(state: str, old: Any, new: Any) -> Iterator[Difference]:
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        if old != new:
            yield Difference(state, "", old, new)
        return
    for key in _keys(old, new):
        one, other = _get(old, key), _get(new, key)
        if key in {"ItemProcessor", "Iterator"} and _are_scopes(one, other):
            yield from _scopes(f"{state} › ", one, other)
        elif key == "Branches" and _are_scopes(*_list(one), *_list(other)):
            for index in range(max(len(one), len(other))):
                left = one[index] if index < len(one) else {}
                right = other[index] if index < len(other) else {}
                yield from _scopes(f"{state} › branch {index + 1} › ", left, right)
        else:
            yield from _values(state, key, one, other)


def _values(state: str, field: str, old: Any, new: Any) -> Iterator[Difference]:
    """Compare two JSON values down to the leaves that differ."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in _keys(old, new):
            yield from _values(state, member(field, key), _get(old, key), _get(new, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _values(state, f"{field}[{index}]", before, after)
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):
        yield Difference(state, field, old, new)


def _keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [*old, *(key for key in new if key not in old)]


def _get(value: Mapping[str, Any], key: str) -> Any:
    return value.get(key, MISSING)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [None]


def _are_scopes(*values: Any) -> bool:
    return all(isinstance(value, Mapping) for value in values)


def _text(value: Any) -> str:
    return str(value.value) if isinstance(value, Missing) else json.dumps(value, ensure_ascii=False)


def _brief(value: Any) -> str:
    return _cut(_text(value), 0)


def _sides(old: Any, new: Any) -> tuple[str, str]:
    """Return both values as text, long ones cut so that the difference is visible."""
    one, other = _text(old), _text(new)
    if max(len(one), len(other)) <= _BRIEF:
        return one, other
    pairs = enumerate(zip(one, other, strict=False))
    alike = next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
    start = alike - _BEFORE if alike > _BRIEF - _BEFORE else 0
    return _cut(one, start), _cut(other, start)


def _cut(text: str, start: int) -> str:
    head = "…" if start else ""
    room = _BRIEF - len(head)
    rest = text[start:]
    return head + (rest if len(rest) <= room else rest[: room - 1] + "…")
