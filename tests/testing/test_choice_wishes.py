"""The values with which the rules of a Choice hold, and with which they don't."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sfn_release.asl.paths import PathNotFoundError
from sfn_release.simulator.languages.choice import holds
from sfn_release.testing.faults.choice_wishes import ABSENT, Values, path_names, wishes

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


NEVER_FALSE = ("StringLessThan", "StringGreaterThanEquals")  # there's no text before ""


def numbered(rule: Any, count: Iterator[int]) -> Any:
    """Return a rule whose comparisons read variables of their own."""
    if isinstance(rule, list):
        return [numbered(part, count) for part in rule]
    if not isinstance(rule, dict):
        return rule
    named = {"Variable": f"$.v{next(count)}"} if "Variable" in rule else {}
    return {key: numbered(part, count) for key, part in rule.items()} | named


@given(RULES.map(lambda rule: numbered(rule, itertools.count())))
def test_a_rule_holds_with_the_values_that_it_wants(rule: dict[str, Any]) -> None:
    """And with the values for the Default it doesn't, whatever it's made of."""
    text = str(rule)
    if any(name in text for name in NEVER_FALSE):
        return
    for wish in wishes({"Choices": [{**rule, "Next": "A"}], "Default": "B"}):
        filled = dict.fromkeys(variables(rule), 0) | dict(wish.values)
        assert applies(rule, filled) is (wish.rule == 0)


def test_a_path_is_read_by_its_names() -> None:
    """In both languages."""
    assert path_names("$.a['b c'].d[0]") == ("a", "b", "c", "d")
    assert path_names("$states.input.a.b") == ("a", "b")
    assert path_names("$order.id") == ("order", "id")
