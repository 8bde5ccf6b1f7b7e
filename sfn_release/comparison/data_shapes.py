"""The known shape of a JSON value, without running anything: the members of an object.

A shape is `UNKNOWN`, `VALUE` (an array or a simple value) or `Members`. Shapes of the two ways into
a state are joined: a member that only one of them has is there, maybe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal

_DEEPEST: Final = 8  # levels of objects inside each other that are known


class Plain(Enum):
    """A shape without members."""

    UNKNOWN = "unknown"
    VALUE = "value"


UNKNOWN: Final = Plain.UNKNOWN
VALUE: Final = Plain.VALUE


@dataclass(frozen=True)
class Members:
    """An object.

    *known* has the shapes of its known members; those in *maybe* can be missing. *rest*: the other
    members are ``none``, whatever the execution's ``input`` has, or ``unknown``.
    """

    known: Mapping[str, Shape] = field(default_factory=dict)
    rest: Literal["none", "input", "unknown"] = "none"
    maybe: frozenset[str] = frozenset()


Shape = Plain | Members

EMPTY: Final = Members()
INPUT: Final = Members(rest="input")
ERROR_OUTPUT: Final = Members({"Error": VALUE, "Cause": VALUE})
"""The data that a Catch passes on."""


def required_shape(schema: Any, depth: int = 0) -> Members:
    """Return the shape of an input: the members that its JSON Schema requires, and others."""
    required = schema.get("required") if isinstance(schema, Mapping) else None
    if depth > _DEEPEST or not isinstance(required, list):
        return INPUT if depth == 0 else Members(rest="unknown")
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    known: dict[str, Shape] = {}
    for name in required:
        inner = properties.get(name)
        is_object = isinstance(inner, Mapping) and inner.get("type") == "object"
        known[str(name)] = required_shape(inner, depth + 1) if is_object else UNKNOWN
    return Members(known, "input" if depth == 0 else "unknown")


def literal(value: Any, depth: int = 0) -> Shape:
    """Return the shape of a constant. A placeholder for a parameter can become any value."""
    if isinstance(value, Mapping):
        if depth > _DEEPEST:
            return UNKNOWN
        return Members({str(key): literal(item, depth + 1) for key, item in value.items()})
    return UNKNOWN if isinstance(value, str) and "${" in value else VALUE


def member_of(shape: Shape, names: Sequence[str]) -> Shape:
    """Return the shape at a path of names."""
    for name in names:
        if not isinstance(shape, Members):
            return UNKNOWN
        shape = shape.known.get(name, UNKNOWN)
    return shape


def with_member(shape: Shape, names: Sequence[str], value: Shape) -> Shape:
    """Return a shape with a value at a path of names, as ResultPath puts it there."""
    if not names:
        return value
    if len(names) > _DEEPEST:
        return UNKNOWN
    before = shape if isinstance(shape, Members) else Members(rest="unknown")
    first, *others = names
    inner = before.known.get(first, Members(rest="unknown"))
    known = {**before.known, first: with_member(inner, others, value)}
    return Members(_shallow(known), before.rest, before.maybe - {first})


def joined(left: Shape, right: Shape) -> Shape:
    """Return the shape of a value that has one shape or the other."""
    if left == right:
        return left
    if not (isinstance(left, Members) and isinstance(right, Members)):
        return UNKNOWN
    rest = left.rest if left.rest == right.rest else "unknown"
    known: dict[str, Shape] = {}
    maybe = {*left.maybe, *right.maybe}
    for name in {**left.known, **right.known}:
        if name in left.known and name in right.known:
            known[name] = joined(left.known[name], right.known[name])
            continue
        here, there = (left, right) if name in left.known else (right, left)
        if there.rest == "none":
            known[name] = here.known[name]
            maybe.add(name)
    return Members(known, rest, frozenset(maybe & known.keys()))


def lost_members(old: Shape, new: Shape, path: str = "$") -> list[str]:
    """Return the paths of members that a value of the *old* shape has, and *new* can lack.

    ``$.*`` stands for all members of the execution's input.
    """
    if not isinstance(old, Members) or new is UNKNOWN:
        return []
    certain = [name for name in old.known if name not in old.maybe]
    if not isinstance(new, Members):
        return [f"{path}.{name}" for name in certain] or (
            [f"{path}.*"] if old.rest == "input" else []
        )
    found = []
    for name in certain:
        if name in new.known and name not in new.maybe:
            found += lost_members(old.known[name], new.known[name], f"{path}.{name}")
        elif name in new.known or new.rest == "none":
            found.append(f"{path}.{name}")
    if old.rest == "input" and new.rest == "none":
        found.append(f"{path}.*")
    return found


def _shallow(known: Mapping[str, Shape], depth: int = 0) -> dict[str, Shape]:
    """Return members whose objects aren't nested too deeply: a loop can nest them without end."""
    found: dict[str, Shape] = {}
    for name, shape in known.items():
        if isinstance(shape, Members) and shape.known:
            found[name] = (
                UNKNOWN
                if depth >= _DEEPEST
                else Members(_shallow(shape.known, depth + 1), shape.rest, shape.maybe)
            )
        else:
            found[name] = shape
    return found
