"""The values with which the rules of a Choice hold, and with which they don't."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.asl.paths import PathNotFoundError
from sfn_release.simulator.languages.choice import holds
from sfn_release.testing.faults.choice_wishes import ABSENT, Values, Wish, path_names, wishes

CONSTANTS = {
    "String": st.text(max_size=3),
    "Numeric": st.integers(-5, 5) | st.floats(-5, 5).map(lambda value: round(value, 2)),
    "Timestamp": st.sampled_from(["2026-01-01T00:00:00Z", "2001-02-03T04:05:06Z"]),
}
OPERATORS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
KINDS = ("IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp")


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a comparison of a variable that no other comparison has."""
    name = "$.v"
    kind = draw(st.sampled_from([*CONSTANTS, "Boolean", "Is", "Match"]))
    if kind == "Boolean":
        return {"Variable": name, "BooleanEquals": draw(st.booleans())}
    if kind == "Is":
        return {"Variable": name, draw(st.sampled_from(KINDS)): draw(st.booleans())}
    if kind == "Match":
        return {"Variable": name, "StringMatches": draw(st.sampled_from(["a*", "*.log", "x"]))}
    return {"Variable": name, f"{kind}{draw(st.sampled_from(OPERATORS))}": draw(CONSTANTS[kind])}


RULES = st.recursive(
    comparisons(),
    lambda rules: (
        st.lists(rules, min_size=1, max_size=3).map(lambda parts: {"And": parts})
        | st.lists(rules, min_size=1, max_size=3).map(lambda parts: {"Or": parts})
        | rules.map(lambda part: {"Not": part})
    ),
    max_leaves=4,
)


def applies(rule: dict[str, Any], values: Values) -> bool:
    """Return whether a rule holds for *values*; a comparison without a value doesn't."""

    def resolve(path: str) -> Any:
        if values.get(path, ABSENT) is ABSENT:
            raise PathNotFoundError(path)
        return values[path]

    return holds(rule, resolve)


def variables(rule: Any) -> list[str]:
    """Return the variables of a rule."""
    if isinstance(rule, list):
        return [name for part in rule for name in variables(part)]
    if not isinstance(rule, dict):
        return []
    own = [rule["Variable"]] if "Variable" in rule else []
    return own + [name for part in rule.values() for name in variables(part)]


def named(rule: Any, names: Iterator[str]) -> Any:
    """Return a rule whose comparisons read the variables *names*, one after the other."""
    if isinstance(rule, list):
        return [named(part, names) for part in rule]
    if not isinstance(rule, dict):
        return rule
    own = {"Variable": next(names)} if "Variable" in rule else {}
    return {key: named(part, names) for key, part in rule.items()} | own


@given(st.lists(RULES, min_size=1, max_size=3), st.integers(1, 9))
def test_the_first_rule_that_holds_with_the_values_of_a_wish_is_the_wished_one(
    rules: list[dict[str, Any]], variety: int
) -> None:
    """Whatever the rules are made of, and whether or not they read the same variables."""
    names = itertools.cycle([f"$.v{number}" for number in range(variety)])
    rules = named(rules, names)
    choices = [{**rule, "Next": "A"} for rule in rules]
    for wish in wishes({"Choices": choices, "Default": "B"}):
        read = rules if wish.rule is None else rules[: wish.rule + 1]
        if not set(variables(read)) <= wish.values.keys():
            continue  # the rest depends on the data that is there
        held = [index for index, rule in enumerate(read) if applies(rule, wish.values)]
        assert held[:1] == ([] if wish.rule is None else [wish.rule])


def test_one_value_is_found_that_suits_several_comparisons() -> None:
    """Whatever their order; and no rule before takes it."""
    present = {"Variable": "$.n", "IsPresent": True}
    above, below = ({"Variable": "$.n", f"Numeric{name}Than": 5} for name in ("Greater", "Less"))
    for rule in ({"And": [present, above]}, {"And": [above, present]}):
        assert Wish(0, {"$.n": 6}) in wishes({"Choices": [rule]})
    near = {"Variable": "$.n", "NumericGreaterThan": 1}
    assert Wish(1, {"$.n": 5}) in wishes({"Choices": [above, near]})
    assert Wish(1, {"$.n": 5}) in wishes({"Choices": [below, near]})
    assert list(wishes({"Choices": [above, above]})) == [
        Wish(0, {"$.n": 6}),
        Wish(None, {"$.n": 5}),
    ]


def test_a_pattern_may_have_escaped_asterisks() -> None:
    """They stand for themselves."""
    rule = {"Variable": "$.a", "StringMatches": r"a\*\\b*"}
    assert Wish(0, {"$.a": r"a*\bx"}) in wishes({"Choices": [rule]})


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("$states.input.n > 5 and $states.input.n < 9", {"$states.input.n": 6}),
        ("$a = 'x' or b != null", {"$a": "x"}),
        ("b != null", {"b": "x"}),
        ("$ok", {"$ok": True}),
        ("$exists($a)", None),
    ],
)
def test_comparisons_in_a_condition_are_read(condition: str, values: Values | None) -> None:
    """A condition without one has no wish."""
    found = [*wishes({"Choices": [{"Condition": f"{{% {condition} %}}"}]})]
    assert found[:1] == ([] if values is None else [Wish(0, values)])


def test_a_path_is_read_by_its_names() -> None:
    """In both languages."""
    assert path_names("$.a['b c'].d[0]") == ("a", "b", "c", "d")
    assert path_names("$states.input.a.b") == ("a", "b")
    assert path_names("$order.id") == ("order", "id")
