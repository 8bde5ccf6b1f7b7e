"""Checks requests against the API's shapes, which it reads from botocore's service model.

botocore's clients check names, types and minima before they send. The service checks these again,
because other clients don't, and it checks maxima, patterns and enumerations. Messages are AWS's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sfn_release.local_service.api import api_errors
from sfn_release.local_service.api.api_shapes import ApiShape, request_shapes
from sfn_release.local_service.api.supported_members import supported_members

MemberCheck = Callable[[Any, str, list[str]], None]
"""Appends the faults of a value at a path to a list; raises for a wrong JSON type."""

_JSON_TYPES = {
    str: "STRING_VALUE",
    bool: "BOOLEAN_VALUE",
    int: "NUMBER_VALUE",
    float: "NUMBER_VALUE",
    list: "START_ARRAY",
    dict: "START_OBJECT",
    type(None): "NULL",
}
# AWS lists enumerations in the order of a Java set, which can't be derived from the model. This
# order is recorded; the others are in the model's order.
_ENUM_ORDER = {
    "ExecutionStatus": [
        *("SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE"),
        *("ABORTED", "FAILED", "RUNNING"),
    ],
}
# Patterns in Java's dialect, and how Python writes them.
_PATTERNS = {r"\p{ASCII}*": r"[\x00-\x7f]*"}
_SHOWN = 1200  # characters of a refused value in its message


@dataclass(frozen=True)
class ApiModel:
    """The shapes of all requests, by operation. A shape's check is made at its first use."""

    shapes: Mapping[str, ApiShape]
    _checks: dict[str, MemberCheck]  # by shape

    def request(self, operation: str, body: bytes) -> dict[str, Any]:
        """Return the request in *body*, validated. Null members count as absent.

        Raises SerializationException and ValidationException.
        """
        try:
            value = json.loads(body or b"{}")
            if b"\\u" in body:  # half of a surrogate pair is valid JSON, but not valid text
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise api_errors.serialization("The request body is not valid JSON.") from None
        if not isinstance(value, dict):
            raise api_errors.serialization("Start of structure or map found where not expected.")
        failures: list[str] = []
        _check(self.shapes[operation], self._checks)(value, "", failures)
        if failures:
            raise api_errors.constraint(failures)
        return {name: member for name, member in value.items() if member is not None}


@cache
def load() -> ApiModel:
    """Read botocore's model of Step Functions, once in a process."""
    return ApiModel(request_shapes(), {})


def _check(shape: ApiShape, known: dict[str, MemberCheck]) -> MemberCheck:
    """Return the check of *shape*; *known* caches the checks by shape name."""
    if shape.name not in known:  # no request shape contains itself
        known[shape.name] = _MAKERS.get(shape.type_name, _scalar)(shape, known)
    return known[shape.name]


def _structure(shape: ApiShape, known: dict[str, MemberCheck]) -> MemberCheck:
    members = {name: _check(member, known) for name, member in shape.members.items()}
    unsupported = members.keys() - supported_members(shape.name)
    required = shape.required

    def check(value: Any, path: str, failures: list[str]) -> None:
        if not isinstance(value, dict):
            raise _wrong_type(value, "structure")
        for name in required:
            if value.get(name) is None:
                at = f"{path}.{name}" if path else name
                failures.append(
                    f"Value null at '{at}' failed to satisfy constraint: Member must not be null"
                )
        for name, member in value.items():
            if member is not None and name in unsupported:
                raise api_errors.unsupported(f"{path}.{name}" if path else name)
            if member is not None and name in members:
                members[name](member, f"{path}.{name}" if path else name, failures)

    return check


def _list(shape: ApiShape, known: dict[str, MemberCheck]) -> MemberCheck:
    member_check = _check(shape.member, known)
    limits = _limits(shape)
    item = shape.member

    def check(value: Any, path: str, failures: list[str]) -> None:
        if not isinstance(value, list):
            raise _wrong_type(value, "list")
        shown = _Shown(lambda: f"[{', '.join(_java(member, item) for member in value)}]")
        _measure(len(value), shown, path, failures, "length", limits)
        for number, member in enumerate(value, 1):
            if member is not None:
                member_check(member, f"{path}.{number}.member", failures)
            else:
                failures.append(
                    f"Value null at '{path}.{number}.member' failed to satisfy constraint:"
                    " Member must not be null"
                )

    return check


def _map(shape: ApiShape, known: dict[str, MemberCheck]) -> MemberCheck:
    value_check = _check(shape.value, known)

    def check(value: Any, path: str, failures: list[str]) -> None:
        if not isinstance(value, dict):
            raise _wrong_type(value, "map")
        for key, member in value.items():
            value_check(member, f"{path}.{key}.value", failures)

    return check


def _string(shape: ApiShape, _: dict[str, MemberCheck]) -> MemberCheck:
    limits = _limits(shape)
    sensitive = bool(shape.metadata.get("sensitive"))
    choices = _ENUM_ORDER.get(shape.name) or shape.choices
    written = shape.metadata.get("pattern")
    pattern = re.compile(_PATTERNS.get(written, written)) if written else None

    def check(value: Any, path: str, failures: list[str]) -> None:
        if not isinstance(value, str):
            raise _wrong_type(value, "String")
        shown = None if sensitive else value
        _measure(len(value), shown, path, failures, "length", limits)
        if choices and value not in choices:
            failures.append(
                f"{_refused_member(shown, path)} Member must satisfy enum value set:"
                f" [{', '.join(choices)}]"
            )
        if pattern and not pattern.fullmatch(value):
            failures.append(
                f"{_refused_member(shown, path)} Member must satisfy regular expression pattern:"
                f" {written}"
            )

    return check


def _number(shape: ApiShape, _: dict[str, MemberCheck]) -> MemberCheck:
    limits = _limits(shape)
    whole = shape.type_name in ("integer", "long")

    def check(value: Any, path: str, failures: list[str]) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _wrong_type(value, shape.type_name.capitalize())
        if whole and isinstance(value, float) and not value.is_integer():
            raise _wrong_type(value, shape.type_name.capitalize())
        _measure(value, value, path, failures, "value", limits)

    return check


def _boolean(_shape: ApiShape, _: dict[str, MemberCheck]) -> MemberCheck:
    def check(value: Any, _path: str, _failures: list[str]) -> None:
        if not isinstance(value, bool):
            raise _wrong_type(value, "Boolean")

    return check


def _scalar(_shape: ApiShape, _: dict[str, MemberCheck]) -> MemberCheck:
    """Return a check that accepts everything, for types that our requests don't have."""

    def check(_value: Any, _path: str, _failures: list[str]) -> None:
        return

    return check


_MAKERS: dict[str, Callable[[ApiShape, dict[str, MemberCheck]], MemberCheck]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
}


def _limits(shape: ApiShape) -> tuple[float | None, float | None]:
    return shape.metadata.get("min"), shape.metadata.get("max")


def _measure(
    size: float,
    shown: Any,
    path: str,
    failures: list[str],
    noun: str,
    limits: tuple[float | None, float | None],
) -> None:
    least, most = limits
    if least is not None and size < least:
        failures.append(
            f"{_refused_member(shown, path)} Member must have {noun} greater than or equal to"
            f" {least}"
        )
    if most is not None and size > most:
        failures.append(
            f"{_refused_member(shown, path)} Member must have {noun} less than or equal to {most}"
        )


def _refused_member(shown: Any, path: str) -> str:
    """Name a refused member; *shown* is its value, None if the model marks it as sensitive."""
    if shown is None:
        return f"Value at '{path}' failed to satisfy constraint:"
    return f"Value '{str(shown)[:_SHOWN]}' at '{path}' failed to satisfy constraint:"


@dataclass(frozen=True)
class _Shown:
    """A value whose text is built only when a message needs it."""

    text: Callable[[], str]

    def __str__(self) -> str:
        return self.text()


def _java(value: Any, shape: ApiShape) -> str:
    """Write a list's member as AWS's messages do: members in the model's order."""
    if isinstance(value, dict):
        members = [f"{name}={value[name]}" for name in shape.members if name in value]
        return f"{shape.name}({', '.join(members)})"
    return str(value)


def _wrong_type(value: Any, wanted: str) -> api_errors.ApiError:
    found = _JSON_TYPES.get(type(value), "VALUE")
    return api_errors.serialization(f"{found} can not be converted to {wanted}")
