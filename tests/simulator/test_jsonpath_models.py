"""JSONPath, Choice rules and intrinsic functions, compared with short models of them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sfn_release.asl.operators import OPERATORS
from support.executions import execute, machine

NAMES = st.sampled_from(["a", "b", "é f", "0"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.5, 1.0, "", "a", "B", "2012-10-09T19:00:55Z", "2012-10-09T21:00:55+02:00"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)
STEPS = st.lists(
    st.one_of(NAMES, st.integers(-3, 3), st.just("*"), st.just("..")), min_size=1, max_size=4
)


def pass_through(**fields: Any) -> Any:
    """Return a machine of one Pass state."""
    return machine(P={"Type": "Pass", **fields})


def written(steps: list[str | int]) -> str:
    """Write steps as a path, names in brackets."""
    path = "$"
    for step in steps:
        match step:
            case "*":
                path += "[*]"
            case "..":
                path += "..['a']"
            case str():
                path += f"['{step}']"
            case int():
                path += f"[{step}]"
    return path


def selected(steps: list[str | int], nodes: list[Any]) -> list[Any]:
    """Return what the steps select, one after the other."""
    for step in steps:
        nodes = [found for node in nodes for found in _below(step, node)]
    return nodes


def _below(step: str | int, node: Any) -> Iterator[Any]:
    match step:
        case "*":
            yield from node.values() if isinstance(node, dict) else _items(node)
        case "..":
            if isinstance(node, dict) and "a" in node:
                yield node["a"]
            for inner in node.values() if isinstance(node, dict) else _items(node):
                yield from _below("..", inner)
        case str():
            if isinstance(node, dict) and step in node:
                yield node[step]
        case int():
            items = _items(node)
            if -len(items) <= step < len(items):
                yield items[step]


def _items(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []


@given(JSON, STEPS)
def test_a_path_selects_what_its_steps_select(document: Any, steps: list[str | int]) -> None:
    """A path to one value fails without it; a path to many returns all of them."""
    found = selected(steps, [document])
    outcome = execute(pass_through(InputPath=written(steps)), document)
    if {"*", ".."} & {*map(str, steps)}:
        assert outcome.status == "SUCCEEDED"
        assert sorted(map(json.dumps, outcome.output)) == sorted(map(json.dumps, found))
    elif found:
        assert outcome.output == found[0]
    else:
        assert outcome.error == "States.Runtime"


@given(JSON, st.lists(NAMES, min_size=1, max_size=3), SCALARS)
def test_a_result_is_found_at_its_path(document: Any, names: list[str], result: Any) -> None:
    """ResultPath makes the objects on its way, or fails at a value that is none."""
    path = written([*names])
    outcome = execute(pass_through(Result=result, ResultPath=path), document)
    node = document
    for name in names:
        if node is None:
            node = {}
        if not isinstance(node, dict):
            assert outcome.error == "States.ResultPathMatchFailure"
            return
        node = node.get(name)
    assert selected([*names], [outcome.output]) == [result]
    assert execute(pass_through(InputPath=path), outcome.output).output == result


def model_of(operator: str, left: Any, right: Any) -> bool:
    """Compare two values of the operator's type; values of other types never match."""
    kind = re.match("String|Numeric|Timestamp|Boolean", operator)
    assert kind is not None
    convert = {"String": _text, "Numeric": _number, "Timestamp": _instant, "Boolean": _boolean}
    one, other = convert[kind[0]](left), convert[kind[0]](right)
    if one is None or other is None:
        return False
    sign: int = (one > other) - (one < other)
    match operator.removeprefix(kind[0]).removesuffix("Path"):
        case "Equals":
            return sign == 0
        case "LessThan":
            return sign < 0
        case "GreaterThan":
            return sign > 0
        case "LessThanEquals":
            return sign <= 0
        case "GreaterThanEquals":
            return sign >= 0
        case _:
            raise AssertionError(operator)


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else None


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _instant(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None


COMPARED = sorted(operator for operator in OPERATORS if not re.match("Is|StringMatches", operator))


def rule_holds(rule: dict[str, Any], input: Any) -> bool:
    """Run a Choice with one rule and a Default."""
    choice = {"Type": "Choice", "Choices": [rule | {"Next": "Yes"}], "Default": "No"}
    ends = {"Type": "Pass", "Result": True}, {"Type": "Pass", "Result": False}
    states: dict[str, Any] = {"C": choice}
    states |= {"Yes": ends[0] | {"End": True}, "No": ends[1] | {"End": True}}
    outcome = execute(machine(**states), input)
    assert outcome.status == "SUCCEEDED", outcome.cause
    return bool(outcome.output)


@given(st.sampled_from(COMPARED), JSON, JSON)
def test_a_comparison_agrees_with_its_model(operator: str, left: Any, right: Any) -> None:
    """All operators, with values of all types, given directly and by path."""
    expected: Any = "$.right" if operator.endswith("Path") else right
    rule = {"Variable": "$.left", operator: expected}
    input = {"left": left, "right": right}
    assert rule_holds(rule, input) is model_of(operator, left, right)
    assert rule_holds({"Not": rule}, input) is not model_of(operator, left, right)


@given(JSON, st.booleans())
def test_a_type_is_tested_both_ways(value: Any, expected: bool) -> None:
    """IsNull and the others compare their answer with the rule's value."""
    kinds = {
        "IsNull": value is None,
        "IsString": isinstance(value, str),
        "IsNumeric": _number(value) is not None,
        "IsBoolean": isinstance(value, bool),
        "IsTimestamp": _instant(value) is not None,
        "IsPresent": True,
    }
    for operator, found in kinds.items():
        rule = {"Variable": "$.value", operator: expected}
        assert rule_holds(rule, {"value": value}) is (found is expected)


@given(st.text("ab*\\", max_size=6), st.text("ab*\\", max_size=4))
def test_a_pattern_agrees_with_its_regular_expression(text: str, pattern: str) -> None:
    r"""``*`` matches any text, ``\*`` an asterisk and ``\\`` a backslash."""
    parts = re.findall(r"\\[*\\]|.", pattern)
    model = "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)
    rule = {"Variable": "$", "StringMatches": pattern}
    assert rule_holds(rule, text) is (re.fullmatch(model, text) is not None)


def called(call: str, *arguments: Any) -> Any:
    """Return a call's value. Its ``{0}``, ``{1}`` stand for the arguments."""
    paths = [f"$.args[{number}]" for number in range(len(arguments))]
    state = pass_through(Parameters={"v.$": call.format(*paths)})
    outcome = execute(state, {"args": [*arguments]})
    assert outcome.status == "SUCCEEDED", outcome.cause
    return outcome.output["v"]


@given(JSON)
def test_json_is_read_as_it_is_written(value: Any) -> None:
    """StringToJson and JsonToString, and the two Base64 functions, are each other's reverse."""
    assert called("States.StringToJson(States.JsonToString({0}))", value) == value
    text = json.dumps(value)
    assert called("States.Base64Decode(States.Base64Encode({0}))", text) == text


@given(st.lists(JSON, max_size=6), st.integers(1, 4))
def test_arrays_are_cut_counted_and_searched(items: list[Any], size: int) -> None:
    """Nothing is lost in parts, and every item is contained."""
    parts = called("States.ArrayPartition({0}, {1})", items, size)
    assert [item for part in parts for item in part] == items
    assert called("States.ArrayLength({0})", items) == len(items)
    assert all(called("States.ArrayContains({0}, {1})", items, item) for item in items)
    unique = called("States.ArrayUnique({0})", items)
    assert all(called("States.ArrayContains({0}, {1})", unique, item) for item in items)
    assert called("States.ArrayUnique({0})", unique) == unique


@given(st.floats(-9, 9), st.floats(-9, 9))
def test_numbers_are_rounded_half_up_before_they_are_added(left: float, right: float) -> None:
    """As Java's Math.round does."""
    expected = math.floor(left + 0.5) + math.floor(right + 0.5)
    assert called("States.MathAdd({0}, {1})", left, right) == expected
