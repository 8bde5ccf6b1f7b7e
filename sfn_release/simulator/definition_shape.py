"""Checks that a definition has the shape that the simulator reads, before anything runs.

It doesn't validate the definition: `sfn_release.checks` does. If you run an unchecked definition,
you get a failed execution that names the place, instead of a Python error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sfn_release.canonical import member

FieldTest = Callable[[Any], bool]

_HUGE = 1e15  # larger than any count or time
_OBJECT = (dict, Mapping)  # a dict is known at once
_SCOPES = frozenset(("Branches", "ItemProcessor", "Iterator"))
_COMPOSED = frozenset(("And", "Or", "Not"))


_Place = tuple[str | int, ...]
"""The keys that lead to a value. They are written for a fault only."""


def shape_fault(definition: Any) -> str | None:
    """Return the reason why *definition* can't be run, with its place; None if it can."""
    if not isinstance(definition, _OBJECT):
        return "The definition is not a JSON object."
    pending: list[tuple[_Place, Any]] = [((), definition)]
    while pending:
        place, machine = pending.pop()
        if not isinstance(machine, _OBJECT) or not isinstance(machine.get("States"), _OBJECT):
            return f"{_written(place)} is not an object with States."
        fault = _fault(place, machine, _MACHINE)
        if fault:
            return fault
        for name, state in machine["States"].items():
            at = (*place, "States", name)
            fault = _fault(at, state, _STATE) or _nested_fault(at, state)
            if fault:
                return fault
            for field in _SCOPES & state.keys():
                inner = state[field]
                pending += (
                    [((*at, field, index), branch) for index, branch in enumerate(inner)]
                    if field == "Branches"
                    else [((*at, field), inner)]
                )
    return None


def _nested_fault(at: _Place, state: Mapping[str, Any]) -> str | None:
    """Check the objects inside a state's lists and objects."""
    for field in _INSIDE.keys() & state.keys():
        found, fields, needed = state[field], _INSIDE[field], _NEEDED.get(field)
        items: list[tuple[_Place, Any]] = (
            [((*at, field, index), item) for index, item in enumerate(found)]
            if isinstance(found, list)
            else [((*at, field), found)]
        )
        for place, item in items:
            fault = _fault(place, item, fields)
            if fault is None and needed and needed not in item:
                fault = f"{_written(place)} has no {needed}."
            if fault is None and field in ("ItemReader", "ResultWriter"):
                fault = _configuration_fault(place, item)
            if fault is None and field == "Choices":
                fault = _rule_fault(place, item)
            if fault:
                return fault
    return None


def _configuration_fault(place: _Place, part: Mapping[str, Any]) -> str | None:
    """Check the configuration inside an ItemReader or a ResultWriter."""
    for field in _CONFIGURATIONS.keys() & part.keys():
        fault = _fault((*place, field), part[field], _CONFIGURATIONS[field])
        if fault:
            return fault
    return None


def _rule_fault(place: _Place, rule: Any) -> str | None:
    """Check a Choice rule and the rules in it."""
    pending = [(place, rule)]
    while pending:
        at, part = pending.pop()
        if not isinstance(part, _OBJECT):
            return f"{_written(at)} is not an object."
        composed = _COMPOSED & part.keys()
        if not composed and "Condition" not in part and not isinstance(part.get("Variable"), str):
            return f"{_written(at)} has no Variable."
        for field in composed:
            inner = part[field]
            if field == "Not":
                pending.append(((*at, field), inner))
            elif isinstance(inner, list):
                pending += [((*at, field, index), each) for index, each in enumerate(inner)]
            else:
                return f"{_written(at)}.{field} is not a list of rules."
    return None


def _fault(place: _Place, value: Any, fields: Mapping[str, FieldTest]) -> str | None:
    """Return the first known field of an object that has a wrong type, as a sentence."""
    if not isinstance(value, _OBJECT):
        return f"{_written(place)} is not an object."
    for field, found in value.items():
        test = fields.get(field)
        if test is not None and not test(found):
            return f"{_written(place)}.{field} is of a wrong type."
    return None


def _written(place: _Place) -> str:
    """Return a place as a JSON path."""
    path = "$"
    for key in place:
        path = f"{path}[{key}]" if isinstance(key, int) else member(path, key)
    return path


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _nullable(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _HUGE


def _computed(value: Any) -> bool:  # JSONata may compute it
    return _number(value) or _text(value)


def _list(value: Any) -> bool:
    return isinstance(value, list)


def _object(value: Any) -> bool:
    return isinstance(value, _OBJECT)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_MACHINE: Mapping[str, FieldTest] = {
    "StartAt": _text,
    "QueryLanguage": _text,
    "TimeoutSeconds": _number,
    "ProcessorConfig": _object,
}

_STATE: Mapping[str, FieldTest] = {
    **dict.fromkeys(("Type", "QueryLanguage", "Next", "Default", "Resource", "Label"), _text),
    **dict.fromkeys(("InputPath", "OutputPath", "ResultPath", "Error", "Cause"), _nullable),
    **dict.fromkeys(("Branches", "Choices", "Retry", "Catch"), _list),
    **dict.fromkeys(
        (
            "Credentials",
            "ItemBatcher",
            "ItemReader",
            "ItemProcessor",
            "Iterator",
            "ResultWriter",
        ),
        _object,
    ),
    **dict.fromkeys(
        (
            "TimeoutSeconds",
            "HeartbeatSeconds",
            "MaxConcurrency",
            "ToleratedFailureCount",
            "ToleratedFailurePercentage",
        ),
        _computed,
    ),
    "Assign": _object,
}

_INSIDE: Mapping[str, Mapping[str, FieldTest]] = {
    "Retry": {
        "ErrorEquals": _texts,
        "MaxAttempts": _number,
        "IntervalSeconds": _number,
        "BackoffRate": _number,
        "MaxDelaySeconds": _number,
    },
    "Catch": {"ErrorEquals": _texts, "Next": _text, "ResultPath": _nullable, "Assign": _object},
    "Choices": {"Next": _text, "Assign": _object},
    "ItemReader": {"Resource": _text, "ReaderConfig": _object},
    "ResultWriter": {"Resource": _text, "WriterConfig": _object},
    "ItemBatcher": {"MaxItemsPerBatch": _computed, "MaxInputBytesPerBatch": _computed},
}

_NEEDED: Mapping[str, str] = {
    "Retry": "ErrorEquals",
    "Catch": "ErrorEquals",
    "ItemReader": "Resource",
}

_CONFIGURATIONS: Mapping[str, Mapping[str, FieldTest]] = {
    "ReaderConfig": {
        **dict.fromkeys(("InputType", "ManifestType", "Transformation", "ItemsPointer"), _text),
        **dict.fromkeys(("CSVHeaderLocation", "CSVDelimiter"), _text),
        "CSVHeaders": _texts,
    },
    "WriterConfig": dict.fromkeys(("Transformation", "OutputType"), _text),
}
