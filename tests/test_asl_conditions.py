"""Choice rules: the 39 operators and how they combine."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.asl.conditions import OPERATORS

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
    assert {snake(operator) for operator in OPERATORS} == public


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
