"""Checks that a definition has the shape that the simulator reads, before anything runs.

It doesn't validate the definition: `sfn_release.checks` does. If you run an unchecked definition,
you get a failed execution that names the place, instead of a Python error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sfn_release.canonical import member

FieldTest = Callable[[Any], bool]

_HUGE = 1e15  # larger than any count or time


def shape_fault(definition: Any) -> str | None:
    """Return the reason why *definition* can't be run, with its place; None if it can."""
    if not isinstance(definition, Mapping):
        return "The definition is not a JSON object."
    pending: list[tuple[str, Any]] = [("$", definition)]
    while pending:
        path, machine = pending.pop()
        if not isinstance(machine, Mapping) or not isinstance(machine.get("States"), Mapping):
            return f"{path} is not an object with States."
        fault = _fault(path, machine, _MACHINE)
        if fault:
            return fault
        for name, state in machine["States"].items():
            at = member(f"{path}.States", name)
            fault = _fault(at, state, _STATE) or _nested_fault(at, state)
            if fault:
                return fault
            pending.extend(_scopes(at, state))
    return None


def _scopes(at: str, state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the machines inside a state."""
    yield from (
        (f"{at}.Branches[{index}]", branch)
        for index, branch in enumerate(state.get("Branches", []))
    )
    yield from (
        (f"{at}.{field}", state[field]) for field in ("ItemProcessor", "Iterator") if field in state
    )


def _nested_fault(at: str, state: Mapping[str, Any]) -> str | None:
    """Check the objects inside a state's lists and objects."""
    for field, fields in _INSIDE.items():
        if field not in state:
            continue
        found = state[field]
        items = found if isinstance(found, list) else [found]
        for index, item in enumerate(items):
            where = f"{at}.{field}[{index}]" if isinstance(found, list) else f"{at}.{field}"
            fault = _fault(where, item, fields)
            if fault is None and field in ("Retry", "Catch") and "ErrorEquals" not in item:
                fault = f"{where} has no ErrorEquals."
            if fault is None and field == "Choices":
                fault = _rule_fault(where, item)
            if fault:
                return fault
    return None


def _rule_fault(path: str, rule: Any) -> str | None:
    """Check a Choice rule and the rules in it."""
    pending = [(path, rule)]
    while pending:
        at, part = pending.pop()
        if not isinstance(part, Mapping):
            return f"{at} is not an object."
        for field in ("And", "Or"):
            if field in part:
                if not isinstance(part[field], list):
                    return f"{at}.{field} is not a list of rules."
                pending.extend((f"{at}.{field}[{i}]", inner) for i, inner in enumerate(part[field]))
        if "Not" in part:
            pending.append((f"{at}.Not", part["Not"]))
        elif not {"And", "Or", "Condition"} & {*part} and not isinstance(part.get("Variable"), str):
            return f"{at} has no Variable."
    return None


def _fault(path: str, value: Any, fields: Mapping[str, FieldTest]) -> str | None:
    """Return the first known field of an object that has a wrong type, as a sentence."""
    if not isinstance(value, Mapping):
        return f"{path} is not an object."
    for field, found in value.items():
        test = fields.get(field)
        if test is not None and not test(found):
            return f"{path}.{field} is of a wrong type."
    return None


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
    return isinstance(value, Mapping)


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
    "ItemBatcher": {"MaxItemsPerBatch": _computed, "MaxInputBytesPerBatch": _computed},
}
