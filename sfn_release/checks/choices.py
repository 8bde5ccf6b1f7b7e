"""Rules of a Choice: its conditions in both query languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sfn_release.asl.field_types import (
    JSONATA,
    JSONPATH,
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
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.rule import Issue, Location, entries
from sfn_release.text import did_you_mean

_COMBINED = ("And", "Or", "Not")
_RULE = frozenset({"Next", "Comment", "Assign", "Output", "Condition", "Variable"})


class ParsedCondition(NamedTuple):
    """A condition of a rule, of any type. *outermost* is the one that has the Next."""

    body: Any
    place: Location
    outermost: bool

    @property
    def tests(self) -> list[str]:
        """The keys that are operators, or should be."""
        return [key for key in self.body if key not in _RULE]


def conditions(state: ParsedState) -> Iterator[ParsedCondition]:
    """Yield the rules of a Choice and the conditions inside them, without recursion."""
    for index, rule in entries(state.body.get("Choices")):
        queue = [ParsedCondition(rule, state.place.at("Choices", index), outermost=True)]
        while queue:
            condition = queue.pop()
            yield condition
            if not isinstance(condition.body, dict):
                continue
            for key in _COMBINED:
                value, place = condition.body.get(key), condition.place.at(key)
                if key == "Not" and key in condition.body:
                    queue.append(ParsedCondition(value, place, outermost=False))
                elif key != "Not":
                    queue += [ParsedCondition(one, place.at(i), False) for i, one in entries(value)]


def wrong_condition(document: ParsedDefinition) -> Iterator[Issue]:
    """Report conditions of the wrong type, and of operands that their operator can't compare."""
    for state in document.of_type("Choice"):
        for condition in conditions(state):
            if not isinstance(condition.body, dict):
                what = "A choice rule" if condition.outermost else "A condition"
                yield Issue(condition.place, f"{what} must be an object.")
            elif state.language == JSONATA:
                yield from _jsonata(condition)
            else:
                yield from _operands(condition)


def _jsonata(condition: ParsedCondition) -> Iterator[Issue]:
    value = condition.body.get("Condition")
    if "Condition" in condition.body and not isinstance(value, bool) and not _in_braces(value):
        yield Issue(condition.place.at("Condition"), "Condition must be true, false or JSONata.")
    yield from _next(condition)


def _in_braces(value: Any) -> bool:
    """Whether it is JSONata, or was meant as such: the rules of `jsonata` look at it then."""
    return is_open(value, JSONATA) or (isinstance(value, str) and value.endswith(CLOSING))


def _next(condition: ParsedCondition) -> Iterator[Issue]:
    body, place = condition.body, condition.place
    if condition.outermost and "Next" in body and not isinstance(body["Next"], str):
        yield Issue(place.at("Next"), "Next must be a string, the id of a state.")
    for key in ("Next", "Assign", "Output"):
        if not condition.outermost and key in body:
            yield Issue(place.at(key), f"Only the outermost rule of a Choice has {key}.")


def _operands(condition: ParsedCondition) -> Iterator[Issue]:
    body, place = condition.body, condition.place
    yield from _next(condition)
    if "Variable" in body and not is_open(body["Variable"]) and path(body["Variable"]):
        yield Issue(place.at("Variable"), f"Variable must be {path(body['Variable'])}.")
    for key in condition.tests:
        value = body[key]
        if key in ("And", "Or"):
            if not isinstance(value, list | tuple) or not value:
                message = f"{key} must be an array that is not empty."
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


def no_variable(document: ParsedDefinition) -> Iterator[Issue]:
    """Report comparisons that do not say what they compare."""
    for state in document.of_type("Choice"):
        for condition in conditions(state) if state.language == JSONPATH else ():
            body = condition.body
            if isinstance(body, dict) and "Variable" not in body and OPERATORS & body.keys():
                yield Issue(
                    condition.place,
                    "A comparison needs the field Variable: it is required but was missing.",
                )


def unknown_operator(document: ParsedDefinition) -> Iterator[Issue]:
    """Report comparison operators that do not exist."""
    for state in document.of_type("Choice"):
        for condition in conditions(state):
            if not isinstance(condition.body, dict):
                continue
            for key in condition.tests:
                if state.language == JSONATA:
                    yield Issue(
                        condition.place.at(key),
                        f"A choice rule in JSONata has no {key}: it is not supported there.",
                        "Write the comparison as its Condition.",
                    )
                elif key not in OPERATORS and key not in _COMBINED:
                    near = did_you_mean(key, (*OPERATORS, *_COMBINED))
                    yield Issue(condition.place.at(key), f"There is no operator {key}.", near)


def operator(document: ParsedDefinition) -> Iterator[Issue]:
    """Report conditions without an operator, or with several."""
    for state in document.of_type("Choice"):
        for condition in conditions(state) if state.language == JSONPATH else ():
            if not isinstance(condition.body, dict):
                continue
            tests = condition.tests
            known = [key for key in tests if key in OPERATORS or key in _COMBINED]
            if len(known) != 1 and len(tests) == len(known):
                has = ", ".join(known) or "none"
                message = f"A condition has exactly one operator; this has {has}."
                yield Issue(condition.place, message)
