"""The rules of a JSONPath Choice state: 39 comparisons, And, Or and Not."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from sfn_release.asl.paths import PathNotFoundError
from sfn_release.simulator.timestamps import parse_instant

Resolve = Callable[[str], Any]
"""Returns the value at a path, or raises PathNotFoundError."""


def holds(rule: Mapping[str, Any], resolve: Resolve) -> bool:
    """Return whether a rule holds. It doesn't when a value has another type than the operator's.

    Raises PathNotFoundError with the path's text when a path has no value, except IsPresent's.
    """
    if "And" in rule:
        return all(holds(part, resolve) for part in rule["And"])
    if "Or" in rule:
        return any(holds(part, resolve) for part in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], resolve)
    return _compares(rule, resolve)


def _compares(rule: Mapping[str, Any], resolve: Resolve) -> bool:
    """Return whether a rule with a Variable and one operator holds."""
    for name, expected in rule.items():
        if name == "IsPresent":
            return _is_present(rule["Variable"], resolve) is expected
        if name in _KINDS:
            return _KINDS[name](_read(rule["Variable"], resolve)) is expected
        if name.removesuffix("Path") in _COMPARISONS:
            compare = _COMPARISONS[name.removesuffix("Path")]
            left = _read(rule["Variable"], resolve)
            right = _read(expected, resolve) if name.endswith("Path") else expected
            return compare(left, right)
    return False


def _read(path: str, resolve: Resolve) -> Any:
    try:
        return resolve(path)
    except PathNotFoundError as error:
        raise PathNotFoundError(path) from error


def _is_present(path: str, resolve: Resolve) -> bool:
    try:
        resolve(path)
    except PathNotFoundError:
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> Any:
    return value if _is_number(value) else None


def _text(value: Any) -> Any:
    # Java compares texts by UTF-16 unit.
    return value.encode("utf-16-be", "surrogatepass") if isinstance(value, str) else None


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _compared(
    convert: Callable[[Any], Any], compare: Callable[[Any, Any], bool]
) -> Callable[[Any, Any], bool]:
    """Return a comparison of two values. *convert* returns None for a value of another type."""

    def test(left: Any, right: Any) -> bool:
        one, other = convert(left), convert(right)
        return one is not None and other is not None and compare(one, other)

    return test


def _matches(value: Any, pattern: Any) -> bool:
    r"""Match ``*`` with any text; ``\*`` and ``\\`` stand for themselves."""
    if not isinstance(value, str) or not isinstance(pattern, str):
        return False
    first, *rest = _pieces(pattern)
    if not rest:
        return value == first
    if not value.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1]:
        found = value.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(value) - at >= len(rest[-1]) and value.endswith(rest[-1])


def _pieces(pattern: str) -> list[str]:
    """Split a pattern at its asterisks."""
    pieces = [""]
    for part in re.findall(r"\\[*\\]|.", pattern, re.DOTALL):
        if part == "*":
            pieces.append("")
        else:
            pieces[-1] += part[-1]
    return pieces


_ORDERS = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    **{
        f"{kind}{name}": _compared(convert, compare)
        for kind, convert in (("String", _text), ("Numeric", _number), ("Timestamp", parse_instant))
        for name, compare in _ORDERS.items()
    },
    "BooleanEquals": _compared(_boolean, operator.eq),
    "StringMatches": _matches,
}

_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: isinstance(value, str),
    "IsNumeric": _is_number,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: parse_instant(value) is not None,
}
