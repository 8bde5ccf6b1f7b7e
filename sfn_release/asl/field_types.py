"""The types of the language's fields: text, paths, numbers, timestamps."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sfn_release.asl.placeholders import Typed

FieldType = Callable[[Any], str | None]
"""Checks a value. Returns the words for a right value, or None if this one is right."""

JSONPATH: Final = "JSONPath"
JSONATA: Final = "JSONata"

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def is_open(value: Any, language: str = JSONPATH) -> bool:
    """Whether *value* is known only later: it has a ``${Parameter}``, or is ``{% JSONata %}``."""
    if not isinstance(value, str):
        return False
    return "${" in value or (language == JSONATA and value.startswith("{%"))


def wrong(kind: FieldType, value: Any, language: str = JSONPATH) -> str | None:
    """Return the words for a right *value*, or None if it is right or may become right.

    A ``${Parameter}`` may become anything, unless its type is known (`Typed`).
    """
    if isinstance(value, Typed):
        return None if _may_be(kind, value.type) else kind(_SAMPLES[value.type][0])
    return None if is_open(value, language) else kind(value)


_SAMPLES: Final[Mapping[str, tuple[Any, ...]]] = {
    "string": ("x", "$.x", "$", "2026-01-31T12:00:00Z", "arn:aws:lambda:x", "States.UUID()"),
    "integer": (1, 0, 10, 60, 300, 1000, 100_000),
    "number": (1, 0, 10, 60, 300, 1000, 100_000, 0.5, 1.5),
    "boolean": (True, False),
    "list": (["x"], []),
    "json": ({}, ["x"], "x", 1, True, None),
}


def _may_be(kind: FieldType, type: str) -> bool:
    """Whether a value of *type* may be of *kind*, as far as samples show.

    If no sample of any type fits (the field takes certain words), every value may.
    """
    fits = {name: any(kind(value) is None for value in values) for name, values in _SAMPLES.items()}
    return fits[type] or not any(fits.values())


def type_for(kind: FieldType) -> str:
    """Return the type that a parameter in releases.toml needs for a field of *kind*."""
    if kind(1.5) is None:
        return "number"
    fits = (
        name for name, values in _SAMPLES.items() if any(kind(value) is None for value in values)
    )
    return next(fits, "string")


def text(value: Any) -> str | None:
    """Require a string."""
    return None if isinstance(value, str) else "a string"


def path(value: Any) -> str | None:
    """Require a path into the input, the context object or a variable."""
    return None if _starts(value, "$") else "a path that starts with $"


def pointer(value: Any) -> str | None:
    """Require a JSON Pointer (RFC 6901)."""
    good = value == "" or _starts(value, "/")
    return None if good else "a JSON Pointer: empty, or a path that starts with /"


def path_or_call(value: Any) -> str | None:
    """Require a path or an intrinsic function."""
    good = _starts(value, "$", "States.")
    return None if good else "a path that starts with $, or an intrinsic function"


def path_or_null(value: Any) -> str | None:
    """Require a path or null."""
    return None if value is None or _starts(value, "$") else "a path that starts with $, or null"


def _starts(value: Any, *heads: str) -> bool:
    return isinstance(value, str) and value.startswith(heads)


def boolean(value: Any) -> str | None:
    """Require true or false."""
    return None if isinstance(value, bool) else "true or false"


def array(value: Any) -> str | None:
    """Require an array."""
    return None if isinstance(value, list | tuple) else "an array"


def filled_array(value: Any) -> str | None:
    """Require an array with at least one item."""
    return None if isinstance(value, list | tuple) and value else "an array that is not empty"


def mapping(value: Any) -> str | None:
    """Require an object."""
    return None if isinstance(value, Mapping) else "an object"


def anything(_: Any) -> None:
    """Accept any JSON value."""


def integer(low: int, high: int | None = None) -> FieldType:
    """Require a whole number from *low* to *high*."""
    limits = f"of at least {low}" if high is None else f"from {low} to {high}"

    def kind(value: Any) -> str | None:
        whole = (
            isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        )
        good = whole and value >= low and (high is None or value <= high)
        return None if good else f"a whole number {limits}"

    return kind


def number(low: float, high: float | None = None) -> FieldType:
    """Require a number from *low* to *high*."""
    limits = f"of at least {low:g}" if high is None else f"from {low:g} to {high:g}"

    def kind(value: Any) -> str | None:
        real = isinstance(value, int | float) and not isinstance(value, bool)
        good = real and value >= low and (high is None or value <= high)
        return None if good else f"a number {limits}"

    return kind


def one_of(*words: str) -> FieldType:
    """Require one of *words*."""

    def kind(value: Any) -> str | None:
        return None if isinstance(value, str) and value in words else " or ".join(words)

    return kind


def instant(value: Any) -> str | None:
    """Require an RFC 3339 timestamp in AWS's profile: capital T and Z, with a time zone."""
    wanted = "a string that matches RFC3339, a timestamp such as 2026-01-31T12:00:00Z"
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        return wanted
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", value))
    except ValueError:
        return wanted
    return None
