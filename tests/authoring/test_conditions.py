"""Choice rules: the 39 operators and how they combine."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.asl.operators import OPERATORS
from sfn_release.errors import DefinitionError

VAR = sfn.Var("$.x")


def snake(operator: str) -> str:
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operator)
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
    """Completion offers exactly the operators of the language."""
    public = {name for name in dir(sfn.Var) if not name.startswith("_")} - {"path"}
    operators = {snake(operator) for operator in OPERATORS}
    negated = {name.replace("is_", "is_not_") for name in operators if name.startswith("is_")}
    assert operators | negated | {"is_in"} == public


@pytest.mark.parametrize("what", ["null", "present", "numeric", "string", "boolean", "timestamp"])
def test_a_test_can_be_negated(what: str) -> None:
    """`is_not_null()` is `is_null(False)`: the same operator with false."""
    condition = getattr(VAR, f"is_not_{what}")()
    assert getattr(VAR, f"is_{what}")(value=False) == condition
    assert {"Variable": "$.x", f"Is{what.capitalize()}": False} == condition.to_asl()


@pytest.mark.parametrize("operator", sorted(name for name in OPERATORS if name.endswith("Path")))
def test_a_path_makes_the_twin_of_an_operator(operator: str) -> None:
    """Only a path value selects the path operator; a text with a dollar sign is a text."""
    method = getattr(VAR, snake(operator.removesuffix("Path")))
    assert {"Variable": "$.x", operator: "$.y"} == method(sfn.path("$.y")).to_asl()
    by_name = getattr(VAR, snake(operator))
    assert {"Variable": "$.x", operator: "$.y"} == by_name(sfn.path("$.y")).to_asl()
    if not operator.startswith("Timestamp"):
        literal = {"Variable": "$.x", operator.removesuffix("Path"): "$.y"}
        assert literal == method("$.y").to_asl()


def test_a_variable_is_any_path() -> None:
    """A variable is a text, a path value, or a value of the context object."""
    assert sfn.Var(sfn.path("$total")).is_null().variable == "$total"
    assert sfn.Var(sfn.Context.Execution.Input["a"]).is_null().variable == "$$.Execution.Input.a"


def test_a_condition_must_say_how_it_is_written() -> None:
    """`Condition` is abstract: you can't make one without an operator."""
    with pytest.raises(TypeError, match="abstract"):
        sfn.Condition()  # type: ignore[abstract]


def test_conditions_of_jsonata_combine_by_functions() -> None:
    """JSONata has its own and, or and not."""
    a, b = sfn.q.input.a > 1, sfn.q("$exists($states.input.b)")
    assert str(sfn.and_(a, b)) == "($states.input.a > 1) and ($exists($states.input.b))"
    assert str(sfn.or_(a, b)) == "($states.input.a > 1) or ($exists($states.input.b))"
    assert str(sfn.not_(b)) == "$not($exists($states.input.b))"
    with pytest.raises(DefinitionError, match="two query languages"):
        sfn.and_(a, VAR.is_null())  # type: ignore[call-overload]


def test_conditions_combine_by_operators_and_by_functions() -> None:
    """``&``, ``|`` and ``~`` write And, Or and Not."""
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
    """`a and b` would silently mean `b`, so it is an error."""
    with pytest.raises(TypeError, match="combine conditions with"):
        assert VAR.is_null() and VAR.is_string()  # noqa: PT018 - the point


# -- Python's operators ---------------------------------------------------------------------------

some: Any = VAR  # a type checker finds these mistakes before
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (VAR == "a", {"StringEquals": "a"}),
        (VAR < "$.y", {"StringLessThan": "$.y"}),
        (VAR == 1, {"NumericEquals": 1}),
        (VAR <= 1.5, {"NumericLessThanEquals": 1.5}),
        (VAR > 0, {"NumericGreaterThan": 0}),
        (VAR == True, {"BooleanEquals": True}),  # noqa: E712 - a bool isn't a number
        (VAR == False, {"BooleanEquals": False}),  # noqa: E712
        (VAR == None, {"IsNull": True}),  # noqa: E711
        (VAR != None, {"IsNull": False}),  # noqa: E711
        (VAR >= NOON, {"TimestampGreaterThanEquals": "2026-01-31T12:00:00Z"}),
        (5 < VAR, {"NumericGreaterThan": 5}),  # noqa: SIM300 - the other way round
        ("a" == VAR, {"StringEquals": "a"}),  # noqa: SIM300
    ],
)
def test_an_operator_takes_the_type_of_the_constant(
    condition: sfn.Condition, expected: dict[str, Any]
) -> None:
    """The operator depends on the constant: a text, number, bool, timestamp or null."""
    assert {"Variable": "$.x", **expected} == condition.to_asl()


def test_unequal_is_not_equal() -> None:
    """The language has no operator for inequality, so Not is written."""
    equal = {"Variable": "$.x", "StringEquals": "a"}
    assert {"Not": equal} == (VAR != "a").to_asl()


def test_one_of_several_values() -> None:
    """Several values are an Or, and one value is a single rule."""
    one, two = ({"Variable": "$.x", "StringEquals": text} for text in "ab")
    null = {"Variable": "$.x", "IsNull": True}
    assert {"Or": [one, two, null]} == VAR.is_in("a", "b", None).to_asl()
    assert one == VAR.is_in("a").to_asl()
    with pytest.raises(DefinitionError, match="no value"):
        VAR.is_in()


@pytest.mark.parametrize(
    ("compare", "method"),
    [
        (lambda: some == sfn.path("$.y"), r"\.numeric_equals_path\("),
        (lambda: some != sfn.Context.Execution.Name, r"\.string_equals_path\("),
        (lambda: some <= sfn.Var("$.y"), r"\.numeric_less_than_equals_path\("),
        (lambda: some > sfn.parameter("Limit"), r"\.numeric_greater_than\("),
        (lambda: some == sfn.q.input.a, "query languages"),
        (lambda: some.is_in(["a", "b"]), r"is_in\(\*values\)"),
        (lambda: some < True, "no operator"),
        (lambda: some < None, "no operator"),
        (lambda: some == {}, "no operator"),
        (lambda: some < datetime(2026, 1, 31), "time zone"),  # noqa: DTZ001 - the point
        (lambda: (some == 1) & some, "not a condition"),
    ],
)
def test_a_value_without_an_operator_is_refused(compare: Callable[[], object], method: str) -> None:
    """The error names the method to use instead."""
    with pytest.raises(DefinitionError) as caught:
        compare()
    assert re.search(method, f"{caught.value.message} {caught.value.fix}")


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: bool(some == 1), "use & | ~"),
        (lambda: 1 < some < 3, r"\(1 < x\) & \(x < 3\)"),
        (lambda: some in ("a", "b"), "is_in"),
        (lambda: "a" in some, "is_in"),
        (lambda: not some, "compare it"),
        (lambda: some == "a" & some == "b", "parentheses"),
        (lambda: some == 1 | some == 2, "parentheses"),
    ],
)
def test_python_cannot_decide_a_condition(use: Callable[[], object], message: str) -> None:
    """A mistake that Python would silently accept raises an error."""
    with pytest.raises(TypeError, match=message):
        use()


def test_a_variable_can_be_a_key() -> None:
    """A variable works as the key of a dict."""
    other = sfn.Var("$.x")
    assert {VAR: 1, other: 2}[VAR] == 1
