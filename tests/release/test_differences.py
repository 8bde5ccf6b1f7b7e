"""Differences of two declarations, by state and field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.declaration import Declaration
from sfn_release.release.differences import MISSING, Difference, differences
from support.values import JSON

TASK = {"Type": "Task", "Resource": "arn", "TimeoutSeconds": 30, "End": True}
INNER = {"StartAt": "Charge", "States": {"Charge": TASK}}


def declare(states: Any, **members: Any) -> Declaration:
    return Declaration("orders", {"StartAt": "A", "States": states}, **members)


def told(old: Any, new: Any) -> list[str]:
    """Return the differences of two sets of states, as people read them."""
    return [str(difference) for difference in differences(declare(old), declare(new))]


CASES = {
    "a field changed": (
        {"A": TASK},
        {"A": {**TASK, "TimeoutSeconds": 60}},
        ['state "A": TimeoutSeconds 30 → 60'],
    ),
    "a field added": (
        {"A": TASK},
        {"A": {**TASK, "Comment": "x"}},
        ['state "A": Comment "x" added'],
    ),
    "a field removed": (
        {"A": {**TASK, "Comment": None}},
        {"A": TASK},
        ['state "A": Comment null removed'],
    ),
    "states added and removed": (
        {"A": TASK, "B": TASK},
        {"A": TASK, "C": TASK},
        ['state "B" removed', 'state "C" added'],
    ),
    "deep inside": (
        {"A": {**TASK, "Parameters": {"x": [1, {"y z": 2}]}}},
        {"A": {**TASK, "Parameters": {"x": [1, {"y z": 3}]}}},
        ['state "A": Parameters.x[1]["y z"] 2 → 3'],
    ),
    "a list of another length": (
        {"A": {**TASK, "Retry": [{}]}},
        {"A": {**TASK, "Retry": [{}, {"ErrorEquals": ["x"]}]}},
        ['state "A": Retry [{}] → [{}, {"ErrorEquals": ["x"]}]'],
    ),
    "true is not 1": (
        {"A": {**TASK, "x": 1}},
        {"A": {**TASK, "x": True}},
        ['state "A": x 1 → true'],
    ),
    "2.0 is 2": ({"A": {**TASK, "x": 2.0}}, {"A": {**TASK, "x": 2}}, []),
    "order does not matter": ({"A": TASK, "B": TASK}, {"B": TASK, "A": TASK}, []),
    "inside a map": (
        {"Each": {"Type": "Map", "ItemProcessor": INNER}},
        {
            "Each": {
                "Type": "Map",
                "ItemProcessor": {"StartAt": "Charge", "States": {"Charge": {**TASK, "End": 0}}},
            }
        },
        ['state "Each › Charge": End true → 0'],
    ),
    "inside a branch": (
        {"Both": {"Type": "Parallel", "Branches": [INNER, INNER]}},
        {"Both": {"Type": "Parallel", "Branches": [INNER, {**INNER, "StartAt": "X"}]}},
        ['state "Both › branch 2": StartAt "Charge" → "X"'],
    ),
    "a branch more": (
        {"Both": {"Type": "Parallel", "Branches": [INNER]}},
        {"Both": {"Type": "Parallel", "Branches": [INNER, INNER]}},
        [
            'state "Both › branch 2": StartAt "Charge" added',
            'state "Both › branch 2 › Charge" added',
        ],
    ),
    "long values that differ at their ends": (
        {"A": {**TASK, "Resource": f"arn:{'x' * 80}:shipping-eu"}},
        {"A": {**TASK, "Resource": f"arn:{'x' * 80}:shipping-us"}},
        ['state "A": Resource …xxxxxxxxxx:shipping-eu" → …xxxxxxxxxx:shipping-us"'],
    ),
    "long values that differ at their starts": (
        {"A": {**TASK, "Comment": f"a{'x' * 80}"}},
        {"A": {**TASK, "Comment": f"b{'x' * 80}"}},
        [f'state "A": Comment "a{"x" * 57}… → "b{"x" * 57}…'],
    ),
    "a long value": (
        {"A": {**TASK, "Comment": "x" * 100}},
        {"A": TASK},
        [f'state "A": Comment "{"x" * 58}… removed'],
    ),
}


@pytest.mark.parametrize(("old", "new", "lines"), CASES.values(), ids=list(CASES))
def test_what_changed_is_told_by_state_and_field(old: Any, new: Any, lines: list[str]) -> None:
    """The names of the scopes around a state are in its name."""
    assert told(old, new) == lines


def test_settings_are_compared_too() -> None:
    """Type, role, logging, tracing, encryption and tags: all that a release freezes."""
    old = declare({}, role="arn:a", tags={"team": "x"})
    new = declare({}, role="arn:b", tags={"cost": "y"}, type="EXPRESS", logging={"level": "ALL"})
    assert [str(difference) for difference in differences(old, new)] == [
        'type "STANDARD" → "EXPRESS"',
        'role "arn:a" → "arn:b"',
        'logging null → {"level": "ALL"}',
        'tags.team "x" removed',
        'tags.cost "y" added',
    ]


def test_a_workflow_may_be_on_one_side_only() -> None:
    """Missing on both sides isn't a difference."""
    one = declare({})
    assert [str(item) for item in differences(None, one)] == ["workflow added"]
    assert [str(item) for item in differences(one, None)] == ["workflow removed"]
    assert differences(None, None) == ()


def test_the_json_form_leaves_out_what_is_not_there() -> None:
    """So that null differs from a missing value."""
    assert Difference("A", "Comment", MISSING, None).to_json() == {
        "state": "A",
        "field": "Comment",
        "kind": "added",
        "new": None,
    }


STATES = st.dictionaries(st.sampled_from(["A", "B"]), st.dictionaries(st.text(max_size=3), JSON))


@given(STATES, STATES)
def test_there_are_differences_just_when_digests_differ(old: Any, new: Any) -> None:
    """Comparing the other way round gives the reverse."""
    one, other = declare(old), declare(new)
    found = differences(one, other)
    assert (found == ()) == (one.digest == other.digest)
    back = {(item.state, item.field, item.kind) for item in differences(other, one)}
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert back == {(item.state, item.field, turned[item.kind]) for item in found}


def test_the_name_is_no_difference() -> None:
    """Both sides are the same workflow, under any name in the environment."""
    assert differences(declare({}), replace(declare({}), name="other", source="x")) == ()
