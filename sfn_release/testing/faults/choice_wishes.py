"""The values with which a Choice takes each of its ways: for every rule, and for its Default.

A rule that compares with constants says itself which values it wants. A rule that compares two
paths doesn't, and neither does a JSONata expression that isn't made of comparisons.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import Any, Final


class Absent(Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT
"""The value of a member that has to be missing."""

Values = Mapping[str, Any]
"""Wanted values by the path that a rule reads, as it's written."""


@dataclass(frozen=True)
class Wish:
    """*values* with which a Choice goes by the *rule* with that index; None is its Default."""

    rule: int | None
    values: Values


_MOST: Final = 4  # alternatives of a rule
_EARLY, _LATE = "1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
_NO_MATCH: Final = "something else"


def wishes(choice: Mapping[str, Any]) -> Iterator[Wish]:
    """Yield the wishes of a Choice state, a few for each rule, and a few for its Default."""
    rules = [rule for rule in choice.get("Choices", []) if isinstance(rule, Mapping)]
    for index, rule in enumerate(rules):
        for values in _solve(rule, wanted=True):
            yield Wish(index, values)
    for values in _merged([_solve(rule, wanted=False) for rule in rules]):
        yield Wish(None, values)


def read_paths(rule: Mapping[str, Any]) -> list[str]:
    """Return the paths that a rule reads, each once, in their order."""
    return [*dict.fromkeys(_read(rule))]


def path_names(path: str) -> tuple[str, ...]:
    """Return the names of members in a path.

    >>> path_names("$.payment.status"), path_names("$states.input.order['id']")
    (('payment', 'status'), ('order', 'id'))
    """
    names = re.findall(r"[A-Za-z_][\w-]*", path)
    return tuple(names[2:] if names[:1] == ["states"] else names)


def _read(rule: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(rule.get("Condition"), str):
        yield from (found[1] for found in _COMPARISON.finditer(rule["Condition"]))
    if isinstance(rule.get("Variable"), str):
        yield rule["Variable"]
    for key in ("And", "Or"):
        for part in rule.get(key, ()):
            yield from _read(part)
    if isinstance(rule.get("Not"), Mapping):
        yield from _read(rule["Not"])


def _solve(rule: Mapping[str, Any], *, wanted: bool) -> list[Values]:
    """Return values with which a rule holds, or with which it doesn't."""
    if "Condition" in rule:
        return _solve_expression(rule["Condition"], wanted=wanted)
    for key, every in (("And", True), ("Or", False)):
        if key in rule:
            parts = [_solve(part, wanted=wanted) for part in rule[key]]
            return _merged(parts) if wanted is every else _alternatives(parts)
    if "Not" in rule:
        return _solve(rule["Not"], wanted=not wanted)
    path = rule.get("Variable")
    for operator, constant in rule.items():
        if operator in _OPERATORS and isinstance(path, str):
            return [{path: _value(operator, constant, wanted=wanted)}]
    return []


def _alternatives(parts: Sequence[list[Values]]) -> list[Values]:
    return [values for part in parts for values in part][:_MOST]


def _merged(parts: Sequence[list[Values]]) -> list[Values]:
    """Return combinations of one alternative of each part that don't contradict each other."""
    if not parts or not all(parts):
        return []
    found: list[Values] = []
    for chosen in product(*(part[:2] for part in parts[:_MOST])):
        merged: dict[str, Any] = {}
        for values in chosen:
            merged |= values
        found.append(merged)
        if len(found) == _MOST:
            break
    return found


_NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    # what to add to the constant so that the comparison holds, and so that it doesn't
    "Equals": (0, 1),
    "LessThan": (-1, 0),
    "GreaterThan": (1, 0),
    "LessThanEquals": (0, 1),
    "GreaterThanEquals": (0, -1),
}
_KINDS: Final[Mapping[str, tuple[Any, Any]]] = {
    "IsNull": (None, "x"),
    "IsPresent": ("x", ABSENT),
    "IsNumeric": (1, "x"),
    "IsString": ("x", 1),
    "IsBoolean": (True, "x"),
    "IsTimestamp": (_EARLY, "x"),
}
_COMPARED: Final = ("String", "Numeric", "Timestamp")
_OPERATORS: Final = frozenset(
    {f"{kind}{name}" for kind in _COMPARED for name in _NUMBERS}
    | {"BooleanEquals", "StringMatches", *_KINDS}
)


def _value(operator: str, constant: Any, *, wanted: bool) -> Any:
    """Return a value with which a comparison holds, or doesn't."""
    if operator in _KINDS:
        return _KINDS[operator][0 if wanted is (constant is True) else 1]
    if operator == "BooleanEquals":
        return constant if wanted else not constant
    if operator == "StringMatches":
        return str(constant).replace("*", "x") if wanted else _NO_MATCH
    kind = next(kind for kind in _COMPARED if operator.startswith(kind))
    return _stepped(kind, constant, _NUMBERS[operator.removeprefix(kind)][0 if wanted else 1])


def _stepped(kind: str, constant: Any, step: int) -> Any:
    """Return the constant, or a value that comes before or after it."""
    if kind == "Numeric" and isinstance(constant, int | float):
        return constant + step
    if not step or kind == "Numeric":
        return constant
    if kind == "Timestamp":
        return _LATE if step > 0 else _EARLY
    return f"{constant}~" if step > 0 else ""


_COMPARISON: Final = re.compile(
    r"(\$?[A-Za-z_][\w.$]*)\s*(!=|<=|>=|=|<|>)\s*"
    r"(\"[^\"]*\"|'[^']*'|-?\d+(?:\.\d+)?|true\b|false\b|null\b)"
)
_BARE: Final = re.compile(r"\{%\s*(\$?[A-Za-z_][\w.$]*)\s*%\}")
_SIGNS: Final = {
    "=": "Equals",
    "!=": "Equals",
    "<": "LessThan",
    ">": "GreaterThan",
    "<=": "LessThanEquals",
    ">=": "GreaterThanEquals",
}


def _solve_expression(expression: Any, *, wanted: bool) -> list[Values]:
    """Return values for a JSONata Condition, from the comparisons with constants in it."""
    if not isinstance(expression, str):
        return []
    bare = _BARE.fullmatch(expression)
    if bare:
        return [{bare[1]: wanted}]
    found: list[Values] = [
        {path: _constant(sign, text, wanted)} for path, sign, text in _comparisons(expression)
    ]
    if re.search(r"\band\b", expression) and wanted:
        return _merged([[values] for values in found])
    return found[:_MOST] if wanted else _merged([[values] for values in found])


def _comparisons(expression: str) -> Iterator[tuple[str, str, str]]:
    for comparison in _COMPARISON.finditer(expression):
        yield comparison[1], comparison[2], comparison[3]


def _constant(sign: str, text: str, wanted: bool) -> Any:
    value = text[1:-1] if text[0] in "\"'" else json.loads(text)
    holds = wanted if sign != "!=" else not wanted
    if isinstance(value, bool):
        return value if holds else not value
    if isinstance(value, str):
        return _value(f"String{_SIGNS[sign]}", value, wanted=holds)
    return None if value is None else _value(f"Numeric{_SIGNS[sign]}", value, wanted=holds)
