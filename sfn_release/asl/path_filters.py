"""The comparisons of path filters: ``[?(@.price < 10)]``, ``in``, ``=~`` and others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sfn_release.asl.path_patterns import PathPattern

ABSENT = object()
"""The value of a path in a filter that selects nothing. It equals nothing, not even null."""


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(left: Any, right: Any) -> bool:
        numbers = _is_number(left) and _is_number(right)
        texts = isinstance(left, str) and isinstance(right, str)
        return (numbers or texts) and compare(left, right)

    return test


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(left: Any, right: Any) -> bool:
    alike = type(left) is type(right) or (_is_number(left) and _is_number(right))
    return alike and left == right


def _among(item: Any, values: Any) -> bool:
    return isinstance(values, list) and any(_same(item, value) for value in values)


def _all_in(items: Any, values: Any) -> bool:
    return isinstance(items, list) and all(_among(item, values) for item in items)


def _any_in(items: Any, values: Any) -> bool:
    return isinstance(items, list) and any(_among(item, values) for item in items)


def _matches(value: Any, pattern: Any) -> bool:
    if isinstance(value, PathPattern):
        value, pattern = pattern, value
    return isinstance(value, str) and isinstance(pattern, PathPattern) and pattern.matches(value)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return _among(right, left)


def _sized(value: Any) -> bool:
    return isinstance(value, list | str)


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "=~": _matches,
    "in": _among,
    "nin": lambda item, values: not _among(item, values),
    "subsetof": _all_in,
    "anyof": _any_in,
    "noneof": lambda items, values: not _any_in(items, values),
    "contains": _contains,
    "size": lambda value, size: _sized(value) and len(value) == size,
    "empty": lambda value, empty: _sized(value) and (not value) is empty,
}
