"""Write retriers, catchers and the rules of a Choice as Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from sfn_release.asl.error_names import States
from sfn_release.asl.field_types import JSONATA
from sfn_release.authoring.conditions import (
    ChoiceRule,
    Combination,
    Comparison,
    Condition,
    Negation,
)
from sfn_release.authoring.importing.python_syntax import (
    PyCall,
    PyExpression,
    PyItems,
    PyLiteral,
    PyName,
)
from sfn_release.authoring.importing.value_expressions import (
    is_parameter,
    literal,
    number,
    template,
)
from sfn_release.authoring.json_values import asl_key
from sfn_release.authoring.jsonata_values import Jsonata, braced
from sfn_release.authoring.not_given import NOT_GIVEN
from sfn_release.authoring.retry import Catch, Retry


class InexpressibleError(Exception):
    """A state can only be written as `Raw`: a signal to the graph writer."""


Link = Callable[[str], PyExpression]
"""Returns the variable of the state with an id, or the id."""

_RESERVED: Final[Mapping[str, str]] = {
    getattr(States, name): f"sfn.States.{name}" for name in vars(States) if not name.startswith("_")
}
_CAPITALS = re.compile(r"(?<!^)(?=[A-Z])")


def retriers(rules: Sequence[Retry]) -> PyExpression:
    """Return the list of a state's retriers."""
    return PyItems(tuple(_retry(rule) for rule in rules))


def catchers(rules: Sequence[Catch], language: str, link: Link) -> PyExpression:
    """Return the list of a state's catchers."""
    return PyItems(tuple(_catch(rule, language, link) for rule in rules))


def choices(rules: Sequence[ChoiceRule], language: str, link: Link) -> PyExpression:
    """Return the list of a Choice's rules."""
    return PyItems(tuple(_rule(rule, language, link) for rule in rules))


def _retry(rule: Retry) -> PyExpression:
    keywords: list[tuple[str, PyExpression]] = []
    further = dict(rule.extra)
    for name, value in _set_fields(rule):
        if name in ("error_equals", "extra"):
            continue
        if name in ("comment", "jitter_strategy"):
            keywords.append((name, literal(value)))
        elif isinstance(value, int | float) or is_parameter(value):
            keywords.append((name, number(value)))
        else:  # a type checker would refuse it
            further[asl_key(name)] = value
    if further:
        keywords.append(("extra", literal(further)))
    return PyCall("sfn.Retry", (_errors(rule.error_equals),), tuple(keywords))


def _catch(rule: Catch, language: str, link: Link) -> PyExpression:
    keywords = []
    for name, value in _set_fields(rule):
        if name in ("assign", "output"):
            keywords.append((name, template(value, language)))
        elif name in ("result_path", "comment") or (name == "extra" and value):
            keywords.append((name, literal(value)))
    args = (_errors(rule.error_equals), link(str(rule.next)))
    return PyCall("sfn.Catch", args, tuple(keywords))


def _rule(rule: ChoiceRule, language: str, link: Link) -> PyExpression:
    keywords = []
    for name, value in _set_fields(rule):
        if name in ("assign", "output"):
            keywords.append((name, template(value, language)))
        elif name == "comment" or (name == "extra" and value):
            keywords.append((name, literal(value)))
    args = (link(str(rule.next)),)
    if isinstance(rule.condition, bool):
        return PyCall("sfn.ChoiceRule", (PyLiteral(rule.condition), *args), tuple(keywords))
    condition = _condition(rule.condition)
    if isinstance(condition, PyName):
        return PyCall(f"{condition.text}.next_then", args, tuple(keywords))
    return PyCall("next_then", args, tuple(keywords), of=condition)


def _condition(condition: Condition | Jsonata) -> PyExpression:
    match condition:
        case Jsonata():
            tested = template(braced(condition), JSONATA)
            whole = isinstance(tested, PyName) and tested.text.startswith("Context.")
            return PyCall("q", (PyLiteral(str(condition)),)) if whole else tested
        case Comparison(variable, operator, value):
            tested = PyCall("sfn.Var", (literal(variable),))
            only = operator.startswith("Is") and value is True
            open = operator.startswith(("Numeric", "Boolean")) and not operator.endswith("Path")
            given = number(value) if open else literal(value)
            return PyCall(_snake(operator), () if only else (given,), of=tested)
        case Combination("And", conditions):
            return PyCall("sfn.and_", tuple(_condition(condition) for condition in conditions))
        case Combination(_, conditions):
            return PyCall("sfn.or_", tuple(_condition(condition) for condition in conditions))
        case Negation(inner):
            return PyCall("sfn.not_", (_condition(inner),))
        case _:
            raise InexpressibleError


def _set_fields(rule: Any) -> list[tuple[str, Any]]:
    values = [(field.name, getattr(rule, field.name)) for field in fields(rule)]
    return [(name, value) for name, value in values if value is not NOT_GIVEN]


def _errors(errors: str | Sequence[str]) -> PyExpression:
    names = [errors] if isinstance(errors, str) else errors
    if not all(isinstance(name, str) for name in names):
        raise InexpressibleError
    if len(names) == 1 and isinstance(names[0], str):
        return _error(names[0])
    return PyItems(tuple(_error(name) for name in names), tuple=bool(names))


def _error(name: Any) -> PyExpression:
    reserved = _RESERVED.get(name) if isinstance(name, str) else None
    return literal(name) if reserved is None else PyName(reserved)


def _snake(operator: str) -> str:
    return _CAPITALS.sub("_", operator).lower()
