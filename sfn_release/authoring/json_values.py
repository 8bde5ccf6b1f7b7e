"""Python values as JSON: fresh copies, timestamps, and the language's names of attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sfn_release.asl.placeholders import Parameter
from sfn_release.errors import DefinitionError


@cache
def asl_key(attribute: str) -> str:
    """Return the language's name for a Python attribute.

    >>> asl_key("timeout_seconds_path")
    'TimeoutSecondsPath'
    """
    return "".join(word.capitalize() for word in attribute.split("_"))


def plain(value: Any) -> Any:
    """Return *value* as fresh dicts and lists, so that callers can't change a definition."""
    if isinstance(value, Mapping):
        return plain_object(value)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return timestamp(value)
    return str(value) if isinstance(value, Parameter) else value


def plain_object(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return *value* as a fresh dict of fresh dicts and lists."""
    return {key: plain(item) for key, item in value.items()}


def copied(value: Any) -> Any:
    """Return *value* with its own dicts and lists. Values of other types aren't copied."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [copied(item) for item in value]
    return value


def timestamp(value: str | datetime) -> str:
    """Return the RFC 3339 text of an aware datetime. A string stays as it is.

    Raises DefinitionError for a datetime without a time zone.
    """
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        raise DefinitionError(f"{value} has no time zone.", fix="Give it one: tzinfo=UTC.")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
