"""Rules of the functions and state machines that Tasks call by name: their versions and aliases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sfn_release.asl.field_types import JSONATA, is_open
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.integrations import resource_of
from sfn_release.checks.rule import Issue, Location

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
"""A function's name where no ARN is needed: the model of Lambda's Invoke, ``FunctionName``."""

_OF_FUNCTION = re.compile(r"\$LATEST(\.PUBLISHED)?|[A-Za-z0-9_-]{1,128}")
"""Source: the model of Lambda's Invoke, ``Qualifier``, and of CreateAlias, ``Name``."""
_OF_MACHINE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
"""Source: the model of CreateStateMachineAlias, ``name``."""
_LATEST: Final = (None, "$LATEST")
_LATER: Final = "${}"
"""A version that is known when the Task runs: open, as a parameter of the environment is."""


class _Called(NamedTuple):
    """A function or state machine that a Task calls, and the version or alias that it names."""

    state: ParsedState
    kind: str
    version: str | None
    place: Location
    qualifier: Any = None
    """The parameter ``Qualifier``, which names the version apart."""
    whole: bool = True
    """Whether it is named by an ARN."""


def _called(document: ParsedDefinition) -> Iterator[_Called]:
    for state in document.of_type("Task"):
        resource = resource_of(state.body)
        if isinstance(resource, str) and not is_open(resource):
            yield from _one(state, resource, state.place.at("Resource"), {})
        key = "Arguments" if state.language == JSONATA else "Parameters"
        parameters = state.body.get(key)
        given: Mapping[str, Any] = parameters if isinstance(parameters, dict) else {}
        for name in ("FunctionName", "StateMachineArn"):
            value = given.get(name)
            if isinstance(value, str) and not is_open(value, state.language):
                yield from _one(state, value, state.place.at(key, name), given)


def _one(
    state: ParsedState, value: str, place: Location, given: Mapping[str, Any]
) -> Iterator[_Called]:
    function, machine = _FUNCTION.fullmatch(value), _MACHINE.fullmatch(value)
    named = place.keys[-1] == "FunctionName" and not value.startswith("arn:")
    short = _SHORT.fullmatch(value) if named else None
    if function or short:
        found = function or short
        version = found["version"] if found else None
        apart = given.get("Qualifier", _LATER if "Qualifier.$" in given else None)
        yield _Called(state, "function", version, place, apart, function is not None)
    elif machine:
        yield _Called(state, "state machine", machine["version"], place)


def unpinned_calls(document: ParsedDefinition) -> Iterator[tuple[_Called, Location]]:
    """Yield the functions and state machines called by an ARN without a version or an alias."""
    for one in document.once(_called):
        if one.whole and one.version in _LATEST and one.qualifier in _LATEST:
            yield one, one.place


def unpinned(document: ParsedDefinition) -> Iterator[Issue]:
    """Report functions and state machines called without a version or an alias."""
    for one, place in document.once(unpinned_calls):
        yield Issue(
            place,
            f"This calls the {one.kind} without a version, so a rollback restores the workflow but"
            f" not the {one.kind}'s {'code' if one.kind == 'function' else 'definition'}.",
            "Name a version or an alias, in a ${Parameter} where environments differ.",
        )


def qualifier(document: ParsedDefinition) -> Iterator[Issue]:
    """Report versions and aliases that can't be any."""
    for one in document.once(_called):
        allowed = _OF_FUNCTION if one.kind == "function" else _OF_MACHINE
        if one.version is not None and not allowed.fullmatch(one.version):
            yield _malformed(one.kind, one.version, one.place)
        apart = one.qualifier
        if not isinstance(apart, str) or is_open(apart, one.state.language):
            continue
        place = Location((*one.place.keys[:-1], "Qualifier"), one.place.state)
        if not allowed.fullmatch(apart):
            yield _malformed(one.kind, apart, place)
        elif one.version not in (None, apart):
            message = f"The Qualifier {apart!r} is not the one in FunctionName, {one.version!r}."
            yield Issue(place, message, "Remove one of the two.")


def _malformed(kind: str, version: str, place: Location) -> Issue:
    fix = (
        "Use a version number (7), an alias (letters, digits, - and _) or $LATEST."
        if kind == "function"
        else "Use a version number (7) or an alias (letters, digits, -, _ and .)."
    )
    return Issue(place, f"{version!r} can't be a version or an alias of a {kind}.", fix)
