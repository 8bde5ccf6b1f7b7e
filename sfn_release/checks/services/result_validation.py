"""Compares the mocked result of a Task with the model of the called service.

The faults have the words of Step Functions' TestState.
Source: "Mock validation modes" in AWS's developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from sfn_release.checks.services.botocore_models import Service

FaultKind = Literal["type", "time", "enum", "size", "required", "unknown"]

_NUMBERS: Final = ("integer", "long", "float", "double")
_TEXTS: Final = ("string", "timestamp", "blob", "character")
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?)?", re.ASCII
)


class _Part(NamedTuple):
    keys: tuple[str | int, ...]
    name: str
    shape: str
    value: Any


class ResultFault(NamedTuple):
    """One fault in a result.

    *keys* lead to the faulty value, whose shape in the model is *shape*. For a required or an
    unknown member, they lead to the structure. *name* is the nearest member's. *words* are those of
    TestState, "" for a fault that TestState doesn't look for: an unknown member, and a time that
    isn't written as ISO 8601.
    """

    kind: FaultKind
    keys: tuple[str | int, ...]
    name: str
    shape: str
    value: Any
    words: str = ""


def result_fault(
    service: Service, shape: str, result: Any, *, sdk: bool, strict: bool
) -> str | None:
    """Return the first fault of *result* in TestState's words; None if it fits *shape*.

    A *strict* comparison misses required members too. *sdk* says how the members are spelled: as in
    an SDK integration, or as in an optimized one. Members that the model doesn't have are ignored.
    """
    for fault in result_faults(service, shape, result, sdk=sdk):
        if fault.words and (strict or fault.kind != "required"):
            return fault.words
    return None


def result_faults(service: Service, shape: str, result: Any, *, sdk: bool) -> Iterator[ResultFault]:
    """Yield every fault of *result*, in the order of its members. Null fits everywhere."""
    waiting = [_Part((), "", shape, result)]
    while waiting:
        part = waiting.pop()
        model = service.shapes[part.shape]
        if part.value is None or model.get("document"):
            continue
        misfit = _type_fault(model, part)
        if misfit:
            yield misfit
            continue
        yield from _value_faults(model, part)
        if model["type"] == "structure":
            yield from _member_faults(service, part, sdk=sdk)
        waiting += reversed([*_inside(service, model, part, sdk=sdk)])


def _type_fault(model: Mapping[str, Any], part: _Part) -> ResultFault | None:
    value, kind = part.value, model["type"]
    if kind in _NUMBERS:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind in _TEXTS:
        fits = isinstance(value, str)
    elif kind == "boolean":
        fits = isinstance(value, bool)
    elif kind == "list":
        fits = isinstance(value, list)
    else:
        fits = isinstance(value, dict)
    words = f"Field '{part.name}' must be {json_type(model)}"
    return None if fits else _fault("type", part, words)


def json_type(model: Mapping[str, Any]) -> str:
    """Return the JSON type of a shape's values, with its article."""
    kind = model["type"]
    if kind in _NUMBERS:
        return "a number"
    if kind in _TEXTS:
        return "a string"
    return {"boolean": "a boolean", "list": "an array"}.get(kind, "an object")


def _value_faults(model: Mapping[str, Any], part: _Part) -> Iterator[ResultFault]:
    """Compare a number's value, the length of a text or a list, an enumeration, and a time."""
    value, words = part.value, model.get("enum")
    if isinstance(value, bool | dict):
        return
    if words and value not in words:
        yield _fault("enum", part, f"Field '{part.name}' is not an expected value")
    size, noun = (value, "value") if isinstance(value, int | float) else (len(value), "length")
    if size < model.get("min", size):
        yield _fault("size", part, f"Field '{part.name}' is less than the minimum {noun}")
    if size > model.get("max", size):
        yield _fault("size", part, f"Field '{part.name}' exceeds the maximum {noun}")
    if model["type"] == "timestamp" and not _TIME.fullmatch(value):
        yield _fault("time", part)


def _fault(kind: FaultKind, part: _Part, words: str = "") -> ResultFault:
    return ResultFault(kind, part.keys, part.name, part.shape, part.value, words)


def _member_faults(service: Service, part: _Part, *, sdk: bool) -> Iterator[ResultFault]:
    """Compare the names of a structure's members."""
    members = service.members(part.shape, sdk=sdk)
    spelled = {own: written for written, (own, _) in members.items()}
    for own in service.shapes[part.shape].get("required", ()):
        name = spelled[own]
        if name not in part.value:
            words = f"Required field '{name}' is missing"
            yield ResultFault("required", part.keys, name, part.shape, part.value, words)
    for name in part.value:
        if name not in members:
            yield ResultFault("unknown", part.keys, name, part.shape, part.value)


def _inside(
    service: Service, model: Mapping[str, Any], part: _Part, *, sdk: bool
) -> Iterator[_Part]:
    """Yield the values in a value, in their order."""
    keys = part.keys
    if model["type"] == "list":
        for index, item in enumerate(part.value):
            yield _Part((*keys, index), part.name, model["member"]["shape"], item)
    elif model["type"] == "map":
        for key, item in part.value.items():
            yield _Part((*keys, key), part.name, model["value"]["shape"], item)
    elif model["type"] == "structure":
        members = service.members(part.shape, sdk=sdk)
        for name, item in part.value.items():
            if name in members:
                yield _Part((*keys, name), name, members[name][1], item)
