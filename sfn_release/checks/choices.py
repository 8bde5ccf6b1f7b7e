"""Rules of a Choice: its conditions in both query languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sfn_release.asl.field_types import (
    JSONATA,
    boolean,
    instant,
    is_open,
    path,
    text,
    type_for,
    wrong,
)
from sfn_release.asl.jsonata import CLOSING
from sfn_release.asl.operators import OPERATORS
from sfn_release.checks.definition import Element, ParsedState
from sfn_release.checks.location import Location, entries
from sfn_release.checks.rule import Issue
from sfn_release.checks.shapes import CHOICE_RULE, CONDITION, Shape, shape_of
from sfn_release.text import did_you_mean

_COMBINED = ("And", "Or", "Not")
_KNOWN = frozenset((*OPERATORS, *_COMBINED))
_RULE = frozenset({"Next", "Comment", "Assign", "Output", "Condition", "Variable"})


def conditions_of(state: ParsedState) -> list[Element]:
    """Return the rules of a Choice and the conditions inside them, without recursion."""
    found: list[Element] = []
    for index, rule in entries(state.body.get("Choices")):
        queue = [_condition(CHOICE_RULE, rule, state.place.at("Choices", index), state.language)]
        while queue:
            condition = queue.pop()
            found.append(condition)
            if not condition.shape.keys.isdisjoint(_COMBINED):
                queue += _nested_conditions(condition)
    return found


def _condition(noun: str, body: Any, place: Location, language: str) -> Element:
    keys = tuple(body) if isinstance(body, dict) else None
    return Element(body, place, shape_of(noun, language, keys))


def _nested_conditions(condition: Element) -> Iterator[Element]:
    language = condition.shape.language
    for key in _COMBINED:
        if key in condition.body:
            value, place = condition.body[key], condition.place.at(key)
            if key == "Not":
                yield _condition(CONDITION, value, place, language)
            else:
                for index, item in entries(value):
                    yield _condition(CONDITION, item, place.at(index), language)


def _operators_in(keys: Iterable[str]) -> list[str]:
    """Return the keys that are operators, or should be."""
    return [key for key in keys if key not in _RULE]


def wrong_condition(condition: Element) -> Iterator[Issue]:
    """Report a condition of the wrong type, and operands that its operator can't compare."""
    if not condition.shape.is_object:
        yield Issue(condition.place, f"{condition.shape.noun} must be an object.")
    elif condition.shape.language == JSONATA:
        yield from _jsonata(condition)
    else:
        yield from _operands(condition)


def _jsonata(condition: Element) -> Iterator[Issue]:
    value = condition.body.get("Condition")
    if "Condition" in condition.body and not isinstance(value, bool) and not _in_braces(value):
        yield Issue(condition.place.at("Condition"), "Condition must be true, false or JSONata.")
    yield from _next(condition)


def _in_braces(value: Any) -> bool:
    """Whether it is JSONata, or was meant as such: the rules of `jsonata` look at it then."""
    return is_open(value, JSONATA) or (isinstance(value, str) and value.endswith(CLOSING))


def _next(condition: Element) -> Iterator[Issue]:
    body, place = condition.body, condition.place
    if condition.shape.noun == CHOICE_RULE and "Next" in body and not isinstance(body["Next"], str):
        yield Issue(place.at("Next"), "Next must be a string: the name of a state.")
    for key in ("Next", "Assign", "Output"):
        if condition.shape.noun != CHOICE_RULE and key in body:
            yield Issue(
                place.at(key), f"{key} belongs to the choice rule, not to a condition inside it."
            )


def _operands(condition: Element) -> Iterator[Issue]:
    body, place = condition.body, condition.place
    yield from _next(condition)
    if "Variable" in body and not is_open(body["Variable"]) and path(body["Variable"]):
        yield Issue(place.at("Variable"), f"Variable must be {path(body['Variable'])}.")
    for key in _operators_in(body):
        value = body[key]
        if key in ("And", "Or"):
            if not isinstance(value, list | tuple) or not value:
                message = f"{key} must be a non-empty array."
                yield Issue(place.at(key), message, wanted="list")
        elif key in OPERATORS:
            kind = _kind(key)
            wanted = wrong(kind, value)
            if wanted:
                yield Issue(place.at(key), f"{key} must be {wanted}.", wanted=type_for(kind))


def _kind(operator: str) -> Any:
    if operator.endswith("Path"):
        return path
    if operator.startswith(("Is", "Boolean")):
        return boolean
    if operator.startswith("Timestamp"):
        return instant
    return text if operator.startswith("String") else _number


def _number(value: Any) -> str | None:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return None if real else "a number"


def compares_nothing(shape: Shape) -> bool:
    """Whether a comparison lacks the Variable that it compares."""
    if shape.language == JSONATA or "Variable" in shape.keys:
        return False
    return not OPERATORS.isdisjoint(shape.keys)


def no_variable(condition: Element) -> Iterator[Issue]:
    """Report a comparison without the Variable that it compares."""
    yield Issue(
        condition.place,
        "A comparison needs the field Variable: it is required but was missing.",
    )


def has_unknown_operator(shape: Shape) -> bool:
    """Whether a condition has a key that can't be an operator there."""
    operators = _operators_in(shape.keys)
    return bool(operators) and (shape.language == JSONATA or not _KNOWN.issuperset(operators))


def unknown_operator(condition: Element) -> Iterator[Issue]:
    """Report a comparison operator that doesn't exist."""
    for key in _operators_in(condition.body):
        if condition.shape.language == JSONATA:
            yield Issue(
                condition.place.at(key),
                f"A choice rule in JSONata can't have {key}: it is not supported there.",
                "Write the comparison in Condition.",
            )
        elif key not in _KNOWN:
            near = did_you_mean(key, (*OPERATORS, *_COMBINED))
            yield Issue(condition.place.at(key), f"There is no operator {key}.", near)


def has_not_one_operator(shape: Shape) -> bool:
    """Whether a condition has no operator, or several."""
    if shape.language == JSONATA or not shape.is_object:
        return False
    operators = _operators_in(shape.keys)
    return len(operators) != 1 and _KNOWN.issuperset(operators)


def operator(condition: Element) -> Iterator[Issue]:
    """Report a condition without an operator, or with several."""
    has = ", ".join(_operators_in(condition.body)) or "none"
    yield Issue(condition.place, f"A condition needs exactly one operator; this one has {has}.")
