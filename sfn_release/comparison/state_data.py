"""Follows data through one state, as far as we can read its fields: in JSONPath and JSONata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.asl import paths
from sfn_release.asl.jsonata import is_jsonata
from sfn_release.asl.path_steps import PathNames
from sfn_release.checks.path_expressions import read
from sfn_release.comparison.data_shapes import (
    EMPTY,
    ERROR_OUTPUT,
    UNKNOWN,
    VALUE,
    Members,
    Shape,
    literal,
    member_of,
    with_member,
)

_PASSING: Final = frozenset({"Pass", "Wait", "Choice", "Succeed"})
_PLAIN_INPUT = re.compile(r"\{%\s*\$states\.input((?:\.[A-Za-z_]\w*)*)\s*%\}")
_PATH_FIELDS: Final = (
    *("ItemsPath", "SecondsPath", "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath"),
    *("MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"),
    *("ErrorPath", "CausePath"),
)
_TEMPLATES: Final = ("Parameters", "ItemSelector", "ItemReader", "ItemBatcher", "ResultWriter")
_JSONATA_FIELDS: Final = (
    *("Arguments", "Output", "Items", "Seconds", "Timestamp", "ItemSelector", "Error", "Cause"),
    *("TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency"),
)


def effective_input(state: Mapping[str, Any], raw: Shape, *, jsonata: bool) -> Shape:
    """Return the data that the fields of a state read."""
    return raw if jsonata else _filtered(state.get("InputPath", "$"), raw)


def inner_input(state: Mapping[str, Any], raw: Shape, *, jsonata: bool) -> Shape:
    """Return the data that the scopes inside of a Parallel or Map begin with."""
    data = effective_input(state, raw, jsonata=jsonata)
    if state.get("Type") == "Parallel":
        key = "Arguments" if jsonata else "Parameters"
        return _computed(state[key], data, jsonata=jsonata) if key in state else data
    for key in ("ItemSelector", "Parameters"):
        if key in state and "ItemBatcher" not in state:
            return _computed(state[key], data, jsonata=jsonata)
    return UNKNOWN


def output(state: Mapping[str, Any], raw: Shape, *, jsonata: bool) -> Shape:
    """Return the data that goes to the next state."""
    kind = state.get("Type")
    data = effective_input(state, raw, jsonata=jsonata)
    if jsonata:
        if "Output" in state:
            return _jsonata(state["Output"], data, result=kind == "Task")
        return data if kind in _PASSING else VALUE if kind == "Parallel" else UNKNOWN
    if kind in ("Pass", "Task", "Parallel", "Map"):
        data = _placed(state.get("ResultPath", "$"), raw, _result(state, data))
    return _filtered(state.get("OutputPath", "$"), data)


def caught_output(catcher: Mapping[str, Any], raw: Shape, *, jsonata: bool) -> Shape:
    """Return the data that a catcher passes on."""
    if jsonata:
        return _jsonata(catcher["Output"], raw) if "Output" in catcher else ERROR_OUTPUT
    return _placed(catcher.get("ResultPath", "$"), raw, ERROR_OUTPUT)


def rule_output(rule: Mapping[str, Any], own: Shape, raw: Shape, *, jsonata: bool) -> Shape:
    """Return the data that a Choice passes on by a rule; *own* without one."""
    return _jsonata(rule["Output"], raw) if jsonata and "Output" in rule else own


def needed_members(state: Mapping[str, Any], raw: Shape, *, jsonata: bool) -> Iterator[str]:
    """Yield the paths in the execution's input that a state can't run without: ``order.id``.

    They are members that nothing before the state has set, and that it reads by a plain path.
    """
    for names in _read_paths(state, jsonata=jsonata):
        if isinstance(raw, Members) and raw.rest == "input" and names and names[0] not in raw.known:
            yield ".".join(names)


def tested_members(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths whose presence a Choice tests, so that they may be missing elsewhere."""
    waiting: list[Any] = [state.get("Choices")]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "IsPresent" in value:
                yield ".".join(_names(value.get("Variable")))
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _read_paths(state: Mapping[str, Any], *, jsonata: bool) -> Iterator[tuple[str, ...]]:
    if jsonata:
        for text in _texts([state.get(key) for key in _JSONATA_FIELDS]):
            found = _PLAIN_INPUT.fullmatch(text)
            if found and found[1]:
                yield tuple(found[1].split(".")[1:])
        return
    inside = state.get("InputPath", "$")
    if inside != "$":
        yield _names(inside)
        return
    for key in _PATH_FIELDS:
        yield from _paths_of(state.get(key))
    for key in _TEMPLATES:
        yield from _template_paths(state.get(key))
    if state.get("Type") in _PASSING:
        yield _names(state.get("OutputPath"))
    yield from _variables(state.get("Choices"))


def _variables(choices: Any) -> Iterator[tuple[str, ...]]:
    """Yield the paths that the rules of a Choice compare."""
    waiting: list[Any] = [choices]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from _paths_of(value.get("Variable"))
            for key, item in value.items():
                if key.endswith("Path") and isinstance(item, str):
                    yield from _paths_of(item)
            waiting += (item for item in value.values() if isinstance(item, Mapping | list))
        elif isinstance(value, list):
            waiting += value


def _template_paths(template: Any) -> Iterator[tuple[str, ...]]:
    waiting: list[Any] = [template]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                if str(key).endswith(".$"):
                    yield from _paths_of(item)
                else:
                    waiting.append(item)
        elif isinstance(value, list):
            waiting += value


def _paths_of(text: Any) -> Iterator[tuple[str, ...]]:
    """Yield the names of each plain path of the data in a path or an intrinsic function."""
    for path in read(text).paths if isinstance(text, str) else ():
        if path.root == "$" and path.definite:
            yield _leading_names(path)


def _leading_names(path: paths.Path) -> tuple[str, ...]:
    found: list[str] = []
    for step in path.steps:
        if not isinstance(step, PathNames) or len(step.names) != 1:
            break
        found.append(step.names[0])
    return tuple(found)


def _names(text: Any) -> tuple[str, ...]:
    return next(_paths_of(text), ())


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _result(state: Mapping[str, Any], data: Shape) -> Shape:
    kind = state.get("Type")
    if kind == "Pass":
        if "Result" in state:
            return literal(state["Result"])
        return (
            _computed(state["Parameters"], data, jsonata=False) if "Parameters" in state else data
        )
    result = VALUE if kind == "Parallel" else UNKNOWN
    if "ResultSelector" in state:
        return _computed(state["ResultSelector"], result, jsonata=False)
    return result


def _filtered(path: Any, data: Shape) -> Shape:
    return EMPTY if path is None else _at(path, data)


def _placed(path: Any, raw: Shape, result: Shape) -> Shape:
    if path is None:
        return raw
    names = _reference(path)
    return UNKNOWN if names is None else with_member(raw, names, result)


def _at(path: Any, data: Shape) -> Shape:
    names = _reference(path)
    return UNKNOWN if names is None else member_of(data, names)


def _reference(text: Any) -> tuple[str, ...] | None:
    """Return the names of a path that has nothing else; None for any other path."""
    found = read(text) if isinstance(text, str) else None
    if found is None or not isinstance(found.tree, paths.Path) or found.tree.root != "$":
        return None
    names = _leading_names(found.tree)
    return names if len(names) == len(found.tree.steps) else None


def _computed(template: Any, data: Shape, *, jsonata: bool) -> Shape:
    if jsonata:
        return _jsonata(template, data)
    if not isinstance(template, dict):
        return literal(template)
    known: dict[str, Shape] = {}
    for key, value in template.items():
        if str(key).endswith(".$"):
            known[str(key)[:-2]] = _at(value, data)
        else:
            known[str(key)] = _computed(value, data, jsonata=False)
    return Members(known)


def _jsonata(value: Any, data: Shape, *, result: bool = False) -> Shape:  # noqa: ARG001 - as AWS
    if isinstance(value, dict):
        return Members({str(key): _jsonata(item, data) for key, item in value.items()})
    if is_jsonata(value):
        found = _PLAIN_INPUT.fullmatch(value)
        return member_of(data, found[1].split(".")[1:]) if found else UNKNOWN
    return literal(value)
