"""Compares the mocked result of a Task with the model of the called service.

The faults have the words of Step Functions' TestState. It compares the members that the model has,
and ignores all others.
Source: "Mock validation modes" in AWS's developer guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sfn_release.checks.services.botocore_models import Service

_NUMBERS: Final = ("integer", "long", "float", "double")
_TEXTS: Final = ("string", "timestamp", "blob", "character")


class _Part(NamedTuple):
    name: str
    shape: str
    value: Any


def result_fault(
    service: Service, shape: str, result: Any, *, sdk: bool, strict: bool
) -> str | None:
    """Return the first fault of *result*; None if it fits *shape* in the model of *service*.

    A *strict* comparison misses required members too. *sdk* says how the members are spelled: as in
    an SDK integration, or as in an optimized one.
    """
    waiting = [_Part("", shape, result)]
    while waiting:
        part = waiting.pop()
        model = service.shapes[part.shape]
        if part.value is None or model.get("document"):
            continue
        fault = _type_fault(model, part) or _size_fault(model, part)
        if fault is None and strict and model["type"] == "structure":
            fault = _missing(service, part, sdk=sdk)
        if fault:
            return fault
        waiting += reversed([*_inside(service, model, part, sdk=sdk)])
    return None


def _type_fault(model: Mapping[str, Any], part: _Part) -> str | None:
    value, kind = part.value, model["type"]
    if kind in _NUMBERS:
        fits, wanted = isinstance(value, int | float) and not isinstance(value, bool), "a number"
    elif kind in _TEXTS:
        fits, wanted = isinstance(value, str), "a string"
    elif kind == "boolean":
        fits, wanted = isinstance(value, bool), "a boolean"
    elif kind == "list":
        fits, wanted = isinstance(value, list), "an array"
    else:
        fits, wanted = isinstance(value, dict), "an object"
    return None if fits else f"Field '{part.name}' must be {wanted}"


def _size_fault(model: Mapping[str, Any], part: _Part) -> str | None:
    """Compare a number's value, the length of a text or a list, and an enumeration."""
    value, words = part.value, model.get("enum")
    if isinstance(value, bool | dict):
        return None
    if words and value not in words:
        return f"Field '{part.name}' is not an expected value"
    size, noun = (value, "value") if isinstance(value, int | float) else (len(value), "length")
    if size < model.get("min", size):
        return f"Field '{part.name}' is less than the minimum {noun}"
    if size > model.get("max", size):
        return f"Field '{part.name}' exceeds the maximum {noun}"
    return None


def _missing(service: Service, part: _Part, *, sdk: bool) -> str | None:
    spelled = {own: written for written, (own, _) in service.members(part.shape, sdk=sdk).items()}
    for own in service.shapes[part.shape].get("required", ()):
        if spelled[own] not in part.value:
            return f"Required field '{spelled[own]}' is missing"
    return None


def _inside(
    service: Service, model: Mapping[str, Any], part: _Part, *, sdk: bool
) -> Iterator[_Part]:
    """Yield the values in a value, in their order."""
    if model["type"] == "list":
        for item in part.value:
            yield _Part(part.name, model["member"]["shape"], item)
    elif model["type"] == "map":
        for item in part.value.values():
            yield _Part(part.name, model["value"]["shape"], item)
    elif model["type"] == "structure":
        members = service.members(part.shape, sdk=sdk)
        for name, item in part.value.items():
            if name in members:
                yield _Part(name, members[name][1], item)
