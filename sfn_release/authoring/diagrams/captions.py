"""Describe a state or a condition of a picture in few words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from sfn_release.asl.partitions import known_arn

LONGEST: Final = 90  # characters of a label; a name has 80 at most
_ATTEMPTS: Final = 3  # the States Language's default
_DEEPEST = 8  # And, Or and Not inside each other
_SIGNS: Final = {
    "Equals": "=",
    "LessThan": "<",
    "GreaterThan": ">",
    "LessThanEquals": "<=",
    "GreaterThanEquals": ">=",
}
_COMPARISON = re.compile(
    r"(?:String|Numeric|Timestamp|Boolean)(?P<how>(?:Less|Greater)Than(?:Equals)?|Equals)(?:Path)?"
)
_IS = re.compile(r"Is(?P<what>Null|Present|Numeric|String|Boolean|Timestamp)")
_ARN = re.compile(r"arn:[^:]*:(?P<service>[^:]*):[^:]*:[^:]*:(?P<rest>.*)", re.DOTALL)
_JSONATA = re.compile(r"\{%\s*(.*?)\s*%\}", re.DOTALL)


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return *text* on one line, cut off if it is long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def detail(state: Mapping[str, Any]) -> str:
    """Return what a state does, beside its type: the resource, the time, the error.

    >>> detail({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"})
    'lambda:invoke'
    """
    match state.get("Type"):
        case "Task":
            return _resource(state.get("Resource"))
        case "Wait":
            return _wait(state)
        case "Fail":
            return _first(state, "Error", "ErrorPath")
        case "Map":
            items = _first(state, "ItemsPath", "Items")
            return f"each of {items}" if items else "each item"
        case _:
            return ""


def retries(state: Mapping[str, Any]) -> str:
    """Return which errors a state retries, and how often.

    >>> retries({"Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 2}]})
    'States.Timeout up to 2×'
    """
    retriers = state.get("Retry")
    found = []
    for retrier in retriers if isinstance(retriers, list | tuple) else ():
        if isinstance(retrier, Mapping):
            names = retrier.get("ErrorEquals")
            names = names if isinstance(names, list | tuple) else ["…"]
            attempts = retrier.get("MaxAttempts", _ATTEMPTS)
            found.append(f"{', '.join(map(str, names))} up to {_value(attempts)}×")
    return "; ".join(found)


def condition(rule: Any, depth: int = 0) -> str:
    """Return what a choice rule tests.

    >>> condition({"Variable": "$.total", "NumericGreaterThan": 100})
    '$.total > 100'
    """
    if not isinstance(rule, Mapping) or depth > _DEEPEST:
        return "…"
    if "Condition" in rule:
        return _value(rule["Condition"])
    for operator in ("And", "Or"):
        if isinstance(rule.get(operator), list | tuple):
            parts = [condition(part, depth + 1) for part in rule[operator]]
            joined = f" {operator.lower()} ".join(parts)
            return f"({joined})" if depth and len(parts) > 1 else joined
    if "Not" in rule:
        return f"not ({condition(rule['Not'], depth + 1)})"
    variable = _value(rule.get("Variable", "?"))
    for operator, value in rule.items():
        if test := _tested(operator, value):
            return f"{variable} {test}"
    return variable


def _tested(operator: str, value: Any) -> str:
    shown = _value(value) if operator.endswith("Path") else json.dumps(value, ensure_ascii=False)
    if found := _COMPARISON.fullmatch(operator):
        return f"{_SIGNS[found['how']]} {shown}"
    if operator == "StringMatches":
        return f"matches {shown}"
    if found := _IS.fullmatch(operator):
        return f"is {'not ' if value is False else ''}{found['what'].lower()}"
    return ""


def _resource(resource: Any) -> str:
    if not isinstance(resource, str):
        return ""
    found = _ARN.fullmatch(known_arn(resource))
    if found is None:
        return resource
    service, rest = found["service"], found["rest"]
    if service == "states" and not rest.startswith("activity:"):
        return rest
    return rest if service == "states" else f"{service}:{rest}"


def _wait(state: Mapping[str, Any]) -> str:
    seconds = state.get("Seconds")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        return f"{seconds} s"
    return _first(state, "Seconds", "Timestamp", "SecondsPath", "TimestampPath")


def _first(state: Mapping[str, Any], *keys: str) -> str:
    return next((_value(state[key]) for key in keys if key in state), "")


def _value(value: Any) -> str:
    """Return a path, an expression without its brackets, or JSON."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    found = _JSONATA.fullmatch(value)
    return found[1] if found else value
