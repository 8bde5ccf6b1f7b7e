"""What a field of the language may hold: texts, paths, numbers, instants."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sfn_release.asl.placeholders import Typed

FieldType = Callable[[Any], str | None]
"""Says what a value should have been, None when it is."""

JSONPATH: Final = "JSONPath"
JSONATA: Final = "JSONata"

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
MAX_SECONDS: Final = 99_999_999


def is_open(value: Any, language: str = JSONPATH) -> bool:
    """Whether *value* is known only later: it holds a ``${Parameter}``, or is ``{% JSONata %}``."""
    if not isinstance(value, str):
        return False
    return "${" in value or (language == JSONATA and value.startswith("{%"))


def wrong(kind: FieldType, value: Any, language: str = JSONPATH) -> str | None:
    """Say what a *value* should have been by *kind*, None when it is, or may become that.

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
    """Whether a value of *type* may be of *kind*, so far as samples show it.

    Where no sample of any type is (a field that takes certain words), nothing is known.
    """
    fits = {name: any(kind(one) is None for one in them) for name, them in _SAMPLES.items()}
    return fits[type] or not any(fits.values())


def type_for(kind: FieldType) -> str:
    """Return the type of parameter, in releases.toml, whose values can be of *kind*."""
    if kind(1.5) is None:
        return "number"
    fits = (name for name, them in _SAMPLES.items() if any(kind(one) is None for one in them))
    return next(fits, "string")


def text(value: Any) -> str | None:
    """Want a string."""
    return None if isinstance(value, str) else "a string"


def path(value: Any) -> str | None:
    """Want a path into the input, the context object or a variable."""
    return None if _starts(value, "$") else "a path that starts with $"


def pointer(value: Any) -> str | None:
    """Want a JSON Pointer (RFC 6901)."""
    good = value == "" or _starts(value, "/")
    return None if good else "a JSON Pointer: empty, or a path that starts with /"


def path_or_call(value: Any) -> str | None:
    """Want a path or an intrinsic function."""
    good = _starts(value, "$", "States.")
    return None if good else "a path that starts with $, or an intrinsic function"


def path_or_null(value: Any) -> str | None:
    """Want a path or null."""
    return None if value is None or _starts(value, "$") else "a path that starts with $, or null"


def _starts(value: Any, *heads: str) -> bool:
    return isinstance(value, str) and value.startswith(heads)


def boolean(value: Any) -> str | None:
    """Want true or false."""
    return None if isinstance(value, bool) else "true or false"


def array(value: Any) -> str | None:
    """Want an array."""
    return None if isinstance(value, list | tuple) else "an array"


def filled_array(value: Any) -> str | None:
    """Want an array that is not empty."""
    return None if isinstance(value, list | tuple) and value else "an array that is not empty"


def mapping(value: Any) -> str | None:
    """Want an object."""
    return None if isinstance(value, Mapping) else "an object"


def anything(_: Any) -> None:
    """Take any JSON value."""


def integer(low: int, high: int | None = None) -> FieldType:
    """Want a whole number from *low* to *high*."""
    limits = f"of at least {low}" if high is None else f"from {low} to {high}"

    def kind(value: Any) -> str | None:
        whole = (
            isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        )
        good = whole and value >= low and (high is None or value <= high)
        return None if good else f"a whole number {limits}"

    return kind


def number(low: float, high: float | None = None) -> FieldType:
    """Want a number from *low* to *high*."""
    limits = f"of at least {low:g}" if high is None else f"from {low:g} to {high:g}"

    def kind(value: Any) -> str | None:
        real = isinstance(value, int | float) and not isinstance(value, bool)
        good = real and value >= low and (high is None or value <= high)
        return None if good else f"a number {limits}"

    return kind


def one_of(*words: str) -> FieldType:
    """Want one of *words*."""

    def kind(value: Any) -> str | None:
        return None if isinstance(value, str) and value in words else " or ".join(words)

    return kind


def instant(value: Any) -> str | None:
    """Want an RFC 3339 timestamp in the profile that AWS takes: capital T and Z, a zone."""
    wanted = "a string that matches RFC3339, a timestamp such as 2026-01-31T12:00:00Z"
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        return wanted
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", value))
    except ValueError:
        return wanted
    return None
