"""The language's fields: which state has which, and what each may hold.

Source: the states-language specification and AWS's developer guide, "Amazon States Language".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sfn_release.asl import intrinsics, paths

Kind = Callable[[Any], str | None]
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


def text(value: Any) -> str | None:
    """Want a string."""
    return None if isinstance(value, str) else "a string"


def path(value: Any) -> str | None:
    """Want a path into the input, the context object or a variable."""
    return None if _starts(value, "$") else "a path that starts with $"


def path_or_call(value: Any) -> str | None:
    """Want a path or an intrinsic function."""
    good = _starts(value, "$", "States.")
    return None if good else "a path that starts with $, or an intrinsic function"


def path_or_null(value: Any) -> str | None:
    """Want a path or null."""
    return None if value is None or _starts(value, "$") else "a path that starts with $, or null"


def reference_or_null(value: Any) -> str | None:
    """Want a path to a single place that can be written to, or null."""
    if value is None:
        return None
    good = _starts(value, "$") and not _starts(value, "$$")
    if good and paths.problem(value) is None:  # else it is `unreadable`
        good = paths.problem(value, reference=True) is None
    return None if good else "a path to one place, or null"


def unreadable(kind: Kind, value: Any) -> str | None:
    """Say what looks wrong with the syntax of a path or a call of the right *kind*.

    Step Functions reads more than the specification has (``[?(@.lang == es)]``), so that this is a
    doubt, not a refusal.
    """
    if kind not in (path, path_or_call, path_or_null, reference_or_null) or value is None:
        return None
    return intrinsics.problem(value) if intrinsics.is_call(value) else paths.problem(value)


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


def integer(low: int, high: int | None = None) -> Kind:
    """Want a whole number from *low* to *high*."""
    limits = f"of at least {low}" if high is None else f"from {low} to {high}"

    def kind(value: Any) -> str | None:
        whole = (
            isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        )
        good = whole and value >= low and (high is None or value <= high)
        return None if good else f"a whole number {limits}"

    return kind


def number(low: float, high: float | None = None) -> Kind:
    """Want a number from *low* to *high*."""
    limits = f"of at least {low:g}" if high is None else f"from {low:g} to {high:g}"

    def kind(value: Any) -> str | None:
        real = isinstance(value, int | float) and not isinstance(value, bool)
        good = real and value >= low and (high is None or value <= high)
        return None if good else f"a number {limits}"

    return kind


def one_of(*words: str) -> Kind:
    """Want one of *words*."""

    def kind(value: Any) -> str | None:
        return None if isinstance(value, str) and value in words else " or ".join(words)

    return kind


def instant(value: Any) -> str | None:
    """Want an RFC 3339 timestamp in the profile that AWS takes: capital T and Z, a zone."""
    wanted = "an RFC 3339 timestamp such as 2026-01-31T12:00:00Z"
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        return wanted
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", value))
    except ValueError:
        return wanted
    return None


_COMMON: Mapping[str, Kind] = {
    "Type": text,
    "Comment": text,
    "QueryLanguage": one_of(JSONPATH, JSONATA),
}
_STEP: Mapping[str, Kind] = {"Next": text, "End": boolean, "Assign": mapping}
_DATA: Mapping[str, Kind] = {
    "InputPath": path_or_null,
    "OutputPath": path_or_null,
    "Output": anything,
}
_WORK: Mapping[str, Kind] = {
    "Parameters": anything,
    "Arguments": anything,
    "ResultSelector": mapping,
    "ResultPath": reference_or_null,
    "Retry": array,
    "Catch": array,
}

FIELDS: Final[Mapping[str, Mapping[str, Kind]]] = {
    "Pass": {
        **_COMMON,
        **_STEP,
        **_DATA,
        "Parameters": anything,
        "Result": anything,
        "ResultPath": reference_or_null,
    },
    "Task": {
        **_COMMON,
        **_STEP,
        **_DATA,
        **_WORK,
        "Resource": text,
        "Credentials": mapping,
        "TimeoutSeconds": integer(1, MAX_SECONDS),
        "TimeoutSecondsPath": path,
        "HeartbeatSeconds": integer(1, MAX_SECONDS),
        "HeartbeatSecondsPath": path,
    },
    "Choice": {
        **_COMMON,
        **_DATA,
        "Assign": mapping,
        "Choices": filled_array,
        "Default": text,
    },
    "Wait": {
        **_COMMON,
        **_STEP,
        **_DATA,
        "Seconds": integer(0, MAX_SECONDS),
        "Timestamp": instant,
        "SecondsPath": path,
        "TimestampPath": path,
    },
    "Succeed": {**_COMMON, **_DATA},
    "Fail": {
        **_COMMON,
        "Error": text,
        "ErrorPath": path_or_call,
        "Cause": text,
        "CausePath": path_or_call,
    },
    "Parallel": {**_COMMON, **_STEP, **_DATA, **_WORK, "Branches": filled_array},
    "Map": {
        **_COMMON,
        **_STEP,
        **_DATA,
        **_WORK,
        "ItemProcessor": mapping,
        "Iterator": mapping,
        "ItemsPath": path,
        "Items": anything,
        "ItemSelector": anything,
        "ItemReader": mapping,
        "ItemBatcher": mapping,
        "ResultWriter": mapping,
        "MaxConcurrency": integer(0),
        "MaxConcurrencyPath": path,
        "ToleratedFailureCount": integer(0),
        "ToleratedFailureCountPath": path,
        "ToleratedFailurePercentage": number(0, 100),
        "ToleratedFailurePercentagePath": path,
        "Label": text,
    },
}
"""The fields of each type of state, in both query languages."""

KNOWN: Final = frozenset(key for fields in FIELDS.values() for key in fields)
"""Every field that a state can have."""

ROOT: Final[Mapping[str, Kind]] = {
    "Comment": text,
    "QueryLanguage": one_of(JSONPATH, JSONATA),
    "StartAt": text,
    "States": mapping,
    "TimeoutSeconds": integer(1, MAX_SECONDS),
    "Version": text,
}
INNER: Final[Mapping[str, Kind]] = {
    **{key: ROOT[key] for key in ("Comment", "QueryLanguage", "StartAt", "States")},
    "ProcessorConfig": mapping,
}

ONLY_JSONPATH: Final = frozenset(
    (
        *("InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath"),
        *("ItemsPath", "SecondsPath", "TimestampPath", "ErrorPath", "CausePath"),
        *("TimeoutSecondsPath", "HeartbeatSecondsPath", "MaxConcurrencyPath"),
        *("ToleratedFailureCountPath", "ToleratedFailurePercentagePath"),
    )
)
ONLY_JSONATA: Final = frozenset({"Arguments", "Output", "Items"})

NEEDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "Task": (("Resource",),),
    "Choice": (("Choices",),),
    "Wait": (("Seconds", "Timestamp", "SecondsPath", "TimestampPath"),),
    "Parallel": (("Branches",),),
    "Map": (("ItemProcessor", "Iterator"),),
}
"""Of each group a state has exactly one."""

TWINS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "Task": (
        ("TimeoutSeconds", "TimeoutSecondsPath"),
        ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ),
    "Fail": (("Error", "ErrorPath"), ("Cause", "CausePath")),
    "Map": (
        ("MaxConcurrency", "MaxConcurrencyPath"),
        ("ToleratedFailureCount", "ToleratedFailureCountPath"),
        ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
        ("ItemSelector", "Parameters"),
    ),
}
"""Of each pair a state has at most one."""

RETRIER: Final[Mapping[str, Kind]] = {
    "ErrorEquals": filled_array,
    "IntervalSeconds": integer(1, MAX_SECONDS),
    "MaxAttempts": integer(0, MAX_SECONDS),
    "BackoffRate": number(1),
    "MaxDelaySeconds": integer(1, MAX_SECONDS),
    "JitterStrategy": one_of("FULL", "NONE"),
    "Comment": text,
}
CATCHER: Final[Mapping[str, Kind]] = {
    "ErrorEquals": filled_array,
    "Next": text,
    "ResultPath": reference_or_null,
    "Output": anything,
    "Assign": mapping,
    "Comment": text,
}
