"""Checks the arguments of `simulate`, before a run: a slip of a test isn't a failure of a task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sfn_release.asl.quotas import MAX_DATA_BYTES, data_size
from sfn_release.errors import UsageError
from sfn_release.text import did_you_mean, shorten

_NAME: Final = (str, type(None)), "the name of a state"
_FLAG: Final = (bool,), "True or False"
_KINDS: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "mocks": ((object,), "a dictionary"),  # `answers_of` checks it
    "start_at": _NAME,
    "until": _NAME,
    "variables": ((Mapping,), "a dictionary of values by the names of variables"),
    "started_at": ((datetime, str), "a datetime, or its ISO 8601 text"),
    "seed": ((int, str), "a number or a text"),
    "name": ((str,), "a text"),
    "strict": _FLAG,
    "check_input": _FLAG,
}


def refuse_faulty_conditions(conditions: Mapping[str, Any]) -> None:
    """Raise UsageError for an unknown argument of `simulate`, or a value of another type."""
    for name, value in conditions.items():
        if name not in _KINDS:
            raise UsageError(
                f"simulate() has no argument {name!r}.",
                why=f"Its conditions are: {', '.join(_KINDS)}.",
                fix=did_you_mean(name, _KINDS),
            )
        types, wanted = _KINDS[name]
        if not isinstance(value, types):
            raise UsageError(f"{name} must be {wanted}, not {_shown(value)}.")
        if isinstance(value, str):
            _refuse_lone_surrogates(name, value)
    json_copy(conditions.get("variables", {}), "variables")


def refuse_faulty_parameters(parameters: Any) -> None:
    """Raise UsageError for parameters that aren't JSON values by their names."""
    if parameters is None:
        return
    if not isinstance(parameters, Mapping) or not all(isinstance(key, str) for key in parameters):
        raise UsageError(
            f"parameters must be a dictionary of values by their names, not {_shown(parameters)}."
        )
    json_copy(parameters, "parameters")


def checked_input(value: Any) -> Any:
    """Return a copy of an input that Step Functions takes. Raises UsageError."""
    copied = json_copy(value, "input")
    size = data_size(json.dumps(copied, ensure_ascii=False, separators=(",", ":")))
    if size > MAX_DATA_BYTES:
        raise UsageError(
            f"The input has {size:,} bytes, and Step Functions takes {MAX_DATA_BYTES:,} at most.",
            fix="Put the data into S3, and pass its bucket and key.",
        )
    return copied


def instant(given: datetime | str) -> datetime:
    """Return a start time; one without an offset is in UTC. Raises UsageError."""
    try:
        at = datetime.fromisoformat(given) if isinstance(given, str) else given
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{given!r} isn't a time.", fix='For example: started_at="2026-01-01T00:00:00Z"'
        ) from error


def json_copy(value: Any, name: str) -> Any:
    """Return a copy of a JSON value. Raises UsageError for any other value."""
    try:
        written = dict(value) if isinstance(value, Mapping) else value
        return json.loads(json.dumps(written, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"The test's {name} can't be written as JSON: {error}.") from error


def _refuse_lone_surrogates(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{name} isn't a text of Unicode: {value!r}.") from error


def _shown(value: Any) -> str:
    return shorten(repr(value))
