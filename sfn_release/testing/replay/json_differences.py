"""Finds the first place where two JSON values differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.canonical import member


@dataclass(frozen=True)
class Missing:
    """Stands for a member or an item that isn't there."""


MISSING = Missing()
_OBJECT = (dict, Mapping)  # most are dicts, and an abstract class is slow to ask


@dataclass(frozen=True)
class Apart:
    """The first place where two values differ: its JSON path *at*, and both values there."""

    at: str
    left: Any
    right: Any


def first_apart(left: Any, right: Any, at: str = "$") -> Apart | None:
    """Return the first place where two JSON values differ; None if they are equal.

    The order of an object's members doesn't count. Numbers are equal by value (1 and 1.0); true and
    1 are not.
    """
    if isinstance(left, _OBJECT) and isinstance(right, _OBJECT):
        return _first_member(left, right, at)
    if isinstance(left, list) and isinstance(right, list):
        return _first_item(left, right, at)
    if isinstance(left, bool) or isinstance(right, bool):
        return None if left is right else Apart(at, left, right)
    return None if left == right else Apart(at, left, right)


def _first_member(left: Mapping[str, Any], right: Mapping[str, Any], at: str) -> Apart | None:
    for key, value in left.items():
        other = right.get(key, MISSING)
        found = None if value is other else first_apart(value, other, member(at, key))
        if found:
            return found
    for key, value in right.items():
        if key not in left:
            return Apart(member(at, key), MISSING, value)
    return None


def _first_item(left: list[Any], right: list[Any], at: str) -> Apart | None:
    for index, value in enumerate(left):
        other = right[index] if index < len(right) else MISSING
        found = first_apart(value, other, f"{at}[{index}]")
        if found:
            return found
    extra = right[len(left) :]
    return Apart(f"{at}[{len(left)}]", MISSING, extra[0]) if extra else None
