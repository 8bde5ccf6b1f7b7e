"""Rules of versions and aliases, in the names of called functions and state machines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.asl.field_types import is_open
from sfn_release.checks.definition import ParsedState
from sfn_release.checks.location import Location
from sfn_release.checks.rule import Issue
from sfn_release.checks.task_calls import Callee

_FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]*:[0-9]*:function:(?P<name>[A-Za-z0-9_-]+)"
    r"(?::(?P<version>.*))?",
    re.DOTALL,
)
_MACHINE = re.compile(
    r"arn:aws[a-z-]*:states:[a-z0-9-]*:[0-9]*:stateMachine:(?P<name>[^:]+)(?::(?P<version>.*))?",
    re.DOTALL,
)
_SHORT = re.compile(
    r"(?:[a-z]{2}(?:-[a-z]+)+-[0-9]:)?(?:[0-9]{12}:)?(?:function:)?(?P<name>[A-Za-z0-9_.-]+)(?::(?P<version>.*))?",
    re.DOTALL,
)
"""A function's name without an ARN: the model of Lambda's Invoke, ``FunctionName``."""

_OF_FUNCTION = re.compile(r"\$LATEST(\.PUBLISHED)?|[A-Za-z0-9_-]{1,128}")
"""Source: the model of Lambda's Invoke, ``Qualifier``, and of CreateAlias, ``Name``."""
_OF_MACHINE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
"""Source: the model of CreateStateMachineAlias, ``name``."""
_LATEST: Final = (None, "$LATEST")
_NAMED_BY: Final = ("FunctionName", "StateMachineArn")
_LATER: Final = "${}"
"""Stands for a version that is only known when the Task runs."""


def callees_of(state: ParsedState) -> list[Callee]:
    """Return the functions and state machines that a Task calls by a constant name."""
    found: list[Callee] = []
    resource = state.resource
    if resource is not None and resource.call is None and not resource.is_open:
        found += _parsed(resource.text, state.place.at("Resource"), {}, state.language)
    parameters = state.body.get(state.arguments_field)
    if isinstance(parameters, dict):
        for name in _NAMED_BY:
            value = parameters.get(name)
            if isinstance(value, str) and not is_open(value, state.language):
                place = state.place.at(state.arguments_field, name)
                found += _parsed(value, place, parameters, state.language)
    return found


def _parsed(
    value: str, place: Location, parameters: Mapping[str, Any], language: str
) -> Iterator[Callee]:
    function, machine = _FUNCTION.fullmatch(value), _MACHINE.fullmatch(value)
    named = place.keys[-1] == "FunctionName" and not value.startswith("arn:")
    short = _SHORT.fullmatch(value) if named else None
    if function or short:
        found = function or short
        version = found["version"] if found else None
        qualifier = parameters.get("Qualifier", _LATER if "Qualifier.$" in parameters else None)
        by_arn = function is not None
        yield Callee("function", version, place, language, qualifier, by_arn)
    elif machine:
        yield Callee("state machine", machine["version"], place, language)


def is_unpinned(callee: Callee) -> bool:
    """Whether an ARN names a function or a state machine without a version or an alias."""
    return callee.by_arn and callee.version in _LATEST and callee.qualifier in _LATEST


def unpinned(callee: Callee) -> Iterator[Issue]:
    """Report a function or state machine called without a version or an alias."""
    if is_unpinned(callee):
        kind = callee.kind
        yield Issue(
            callee.place,
            f"This calls the {kind} without a version, so a rollback restores the workflow but"
            f" not the {kind}'s {'code' if kind == 'function' else 'definition'}.",
            "Name a version or an alias. Use a ${Parameter} if it differs by environment.",
        )


def qualifier(callee: Callee) -> Iterator[Issue]:
    """Report an invalid version or alias."""
    allowed = _OF_FUNCTION if callee.kind == "function" else _OF_MACHINE
    if callee.version is not None and not allowed.fullmatch(callee.version):
        yield _malformed(callee.kind, callee.version, callee.place)
    apart = callee.qualifier
    if not isinstance(apart, str) or is_open(apart, callee.language):
        return
    place = Location((*callee.place.keys[:-1], "Qualifier"), callee.place.state)
    if not allowed.fullmatch(apart):
        yield _malformed(callee.kind, apart, place)
    elif callee.version not in (None, apart):
        message = (
            f"The Qualifier {apart!r} differs from the one in FunctionName, {callee.version!r}."
        )
        yield Issue(place, message, "Remove one of them.")


def _malformed(kind: str, version: str, place: Location) -> Issue:
    fix = (
        "Use a version number (7), an alias (letters, digits, - and _) or $LATEST."
        if kind == "function"
        else "Use a version number (7) or an alias (letters, digits, -, _ and .)."
    )
    return Issue(place, f"{version!r} is not a valid version or alias of a {kind}.", fix)
