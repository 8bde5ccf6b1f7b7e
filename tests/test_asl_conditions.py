"""Choice rules: the 39 operators and how they combine."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.asl.conditions import OPERATORS
from sfn_release.errors import DefinitionError

VAR = sfn.Var("$.x")


def snake(operator: str) -> str:
    words = "".join(f"_{each.lower()}" if each.isupper() else each for each in operator)
    return words.removeprefix("_")


def test_there_are_39_operators() -> None:
    """Five comparisons of three kinds and one of booleans, each with a path, and seven tests."""
    assert len(OPERATORS) == 39


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_every_operator_is_a_method(operator: str) -> None:
    """The method has the operator's name and writes the operator."""
    method = getattr(VAR, snake(operator))
    value: Any = "$.y" if operator.endswith("Path") else "2026-01-31T12:00:00Z"
    (parameter,) = inspect.signature(method).parameters.values()
    condition = method() if parameter.default is True else method(value)
    expected = True if parameter.default is True else value
    assert {"Variable": "$.x", operator: expected} == condition.to_asl()


def test_there_is_no_other_method() -> None:
    """What completion offers is what the language has."""
    public = {name for name in dir(sfn.Var) if not name.startswith("_")} - {"path"}
    operators = {snake(operator) for operator in OPERATORS}
    negated = {name.replace("is_", "is_not_") for name in operators if name.startswith("is_")}
    assert operators | negated == public


@pytest.mark.parametrize("what", ["null", "present", "numeric", "string", "boolean", "timestamp"])
def test_a_test_can_be_negated(what: str) -> None:
    """`is_not_null()` is `is_null(False)`: the same operator with false."""
    condition = getattr(VAR, f"is_not_{what}")()
    assert getattr(VAR, f"is_{what}")(value=False) == condition
    assert {"Variable": "$.x", f"Is{what.capitalize()}": False} == condition.to_asl()


@pytest.mark.parametrize("operator", sorted(each for each in OPERATORS if each.endswith("Path")))
def test_a_path_makes_the_twin_of_an_operator(operator: str) -> None:
    """Only a path value is one: a text that begins with a dollar sign is a text."""
    method = getattr(VAR, snake(operator.removesuffix("Path")))
    assert {"Variable": "$.x", operator: "$.y"} == method(sfn.path("$.y")).to_asl()
    by_name = getattr(VAR, snake(operator))
    assert {"Variable": "$.x", operator: "$.y"} == by_name(sfn.path("$.y")).to_asl()
    if not operator.startswith("Timestamp"):
        literal = {"Variable": "$.x", operator.removesuffix("Path"): "$.y"}
        assert literal == method("$.y").to_asl()


def test_a_variable_is_any_path() -> None:
    """A text, a path value, or a value of the context object."""
    assert sfn.Var(sfn.path("$total")).is_null().variable == "$total"
    assert sfn.Var(sfn.Context.Execution.Input["a"]).is_null().variable == "$$.Execution.Input.a"


def test_a_condition_must_say_how_it_is_written() -> None:
    """`Condition` is abstract: what has no form in the language can't be made."""
    with pytest.raises(TypeError, match="abstract"):
        sfn.Condition()  # type: ignore[abstract]


def test_conditions_of_jsonata_combine_by_functions() -> None:
    """And, or and not are JSONata's own."""
    a, b = sfn.q.input.a > 1, sfn.q("$exists($states.input.b)")
    assert str(sfn.and_(a, b)) == "($states.input.a > 1) and ($exists($states.input.b))"
    assert str(sfn.or_(a, b)) == "($states.input.a > 1) or ($exists($states.input.b))"
    assert str(sfn.not_(b)) == "$not($exists($states.input.b))"
    with pytest.raises(DefinitionError, match="one query language"):
        sfn.and_(a, VAR.is_null())  # type: ignore[call-overload]


def test_conditions_combine_by_operators_and_by_functions() -> None:
    """``&``, ``|``, ``~`` are And, Or, Not."""
    a, b, c = VAR.is_null(), VAR.is_string(), VAR.numeric_equals(1)
    assert sfn.and_(a, b) == (a & b)
    assert sfn.or_(a, b) == (a | b)
    assert sfn.not_(a) == ~a
    null = {"Variable": "$.x", "IsNull": True}
    text = {"Variable": "$.x", "IsString": True}
    one = {"Variable": "$.x", "NumericEquals": 1}
    assert {"Or": [{"And": [null, {"Not": text}]}, one]} == (a & ~b | c).to_asl()
    assert {"And": [null, text, one]} == sfn.and_(a, b, c).to_asl()


def test_a_condition_has_no_truth_when_it_is_written() -> None:
    """`a and b` would silently be `b`."""
    with pytest.raises(TypeError, match="to combine"):
        assert VAR.is_null() and VAR.is_string()  # noqa: PT018 - the point
