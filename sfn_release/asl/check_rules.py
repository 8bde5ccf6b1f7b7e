"""Checks of the rules inside a state: choices, retriers, catchers, payload templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.asl.conditions import OPERATORS
from sfn_release.asl.fields import CATCHER, RETRIER
from sfn_release.asl.finding import nearest
from sfn_release.asl.kinds import JSONATA, is_open, path, path_or_call
from sfn_release.asl.report import Place
from sfn_release.asl.retry import States

_COMBINED = ("And", "Or", "Not")
_RULE = frozenset({"Next", "Comment", "Assign", "Output", "Condition", "Variable"})


def check_choices(body: Mapping[str, Any], language: str, place: Place) -> None:
    """Report what is wrong with the rules of a Choice."""
    for index, rule in _entries(body.get("Choices")):
        here = place.at("Choices", index)
        if not isinstance(rule, Mapping):
            here.error("wrong-value", "A choice rule must be an object.")
            continue
        if not isinstance(rule.get("Next"), str):
            here.missing("A choice rule", "Next")
        if language == JSONATA:
            if "Condition" not in rule:
                here.missing("A choice rule in JSONata", "Condition")
        else:
            _check_condition(rule, here)


def _check_condition(rule: Mapping[str, Any], place: Place) -> None:
    """Check a rule and the rules inside it, without recursion: people nest them deeply."""
    queue: list[tuple[Any, Place, bool]] = [(rule, place, True)]
    while queue:
        condition, here, outermost = queue.pop()
        if not isinstance(condition, Mapping):
            here.error("wrong-value", "A condition must be an object.")
            continue
        if not outermost and "Next" in condition:
            here.at("Next").error("transition", "Only the outermost rule of a Choice has a Next.")
        tests = [key for key in condition if key not in _RULE]
        known = [key for key in tests if key in OPERATORS or key in _COMBINED]
        for key in tests:
            if key not in known:
                near = nearest(key, (*OPERATORS, *_COMBINED))
                here.at(key).error("unknown-operator", f"There is no operator {key}.", near)
        if len(known) != 1 and len(tests) == len(known):
            has = "none" if not known else ", ".join(known)
            here.error("operator", f"A condition has exactly one operator; this has {has}.")
        for key in known:
            queue.extend(_inside(condition, key, here))


def _inside(
    condition: Mapping[str, Any], key: str, place: Place
) -> Iterator[tuple[Any, Place, bool]]:
    value = condition[key]
    if key == "Not":
        yield value, place.at(key), False
    elif key in _COMBINED:
        if not isinstance(value, list | tuple) or not value:
            place.at(key).error("wrong-value", f"{key} must be an array that is not empty.")
        for index, each in _entries(value):
            yield each, place.at(key, index), False
    elif "Variable" not in condition:
        place.missing("A comparison", "Variable")
    elif not is_open(condition["Variable"]):
        place.at("Variable").check_value("Variable", path, condition["Variable"])


def check_errors(body: Mapping[str, Any], language: str, place: Place) -> None:
    """Report what is wrong with Retry and Catch."""
    for key, known, what in (("Retry", RETRIER, "A retrier"), ("Catch", CATCHER, "A catcher")):
        rules = list(_entries(body.get(key)))
        for index, rule in rules:
            here = place.at(key, index)
            if not isinstance(rule, Mapping):
                here.error("wrong-value", f"{what} must be an object.")
                continue
            here.check_fields(rule, known, what, language)
            for needed in ("ErrorEquals", "Next") if key == "Catch" else ("ErrorEquals",):
                if needed not in rule:
                    here.missing(what, needed)
            _check_names(rule.get("ErrorEquals"), index == len(rules) - 1, here.at("ErrorEquals"))


def _check_names(names: Any, last: bool, place: Place) -> None:
    for index, name in _entries(names):
        if not isinstance(name, str):
            place.at(index).error("wrong-value", "An error name must be a string.")
    if isinstance(names, list | tuple) and States.ALL in names and (len(names) > 1 or not last):
        place.error(
            "catch-all",
            f"{States.ALL} must stand alone, in the last rule of its list.",
            "Rules after it would never be tried.",
        )


def check_template(value: Any, place: Place) -> None:
    """Report keys of a payload template that end in ``.$`` and do not hold a path."""
    queue: list[tuple[Any, Place]] = [(value, place)]
    while queue:
        node, here = queue.pop()
        if isinstance(node, Mapping):
            for key, item in node.items():
                if not key.endswith(".$"):
                    queue.append((item, here.at(key)))
                elif not is_open(item):
                    here.at(key).check_value(key, path_or_call, item)
        else:
            queue.extend((item, here.at(index)) for index, item in _entries(node))


def _entries(value: Any) -> Iterator[tuple[int, Any]]:
    if isinstance(value, list | tuple):
        yield from enumerate(value)
