"""The first place where two JSON values differ."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from sfn_release.testing.replay.json_differences import MISSING, Apart, first_apart
from support.values import JSON


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([], []),
        (None, None),
    ],
)
def test_equal_values(left: Any, right: Any) -> None:
    """Numbers are equal by value, and the order of members doesn't count."""
    assert first_apart(left, right) is None


@pytest.mark.parametrize(
    ("left", "right", "apart"),
    [
        (True, 1, Apart("$", True, 1)),
        (0, False, Apart("$", 0, False)),
        ("1", 1, Apart("$", "1", 1)),
        ({}, [], Apart("$", {}, [])),
        ({}, None, Apart("$", {}, None)),
        ({"a": [{"b": True}]}, {"a": [{"b": 1}]}, Apart("$.a[0].b", True, 1)),
        ({"a": None}, {}, Apart("$.a", None, MISSING)),
        ({}, {"a": None}, Apart("$.a", MISSING, None)),
        ([1, 2], [1], Apart("$[1]", 2, MISSING)),
        ([1], [1, 2], Apart("$[1]", MISSING, 2)),
        ({"a b": 1}, {"a b": 2}, Apart('$["a b"]', 1, 2)),
    ],
)
def test_the_first_place_is_named(left: Any, right: Any, apart: Apart) -> None:
    """With both values there; a missing member isn't null, and true isn't 1."""
    found = first_apart(left, right)
    assert found is not None
    assert (found.at, found.left, found.right) == (apart.at, apart.left, apart.right)
    assert (type(found.left), type(found.right)) == (type(apart.left), type(apart.right))


@given(JSON)
def test_a_value_is_equal_to_its_copy(value: Any) -> None:
    """Whatever it is."""
    assert first_apart(value, json.loads(json.dumps(value))) is None


@given(JSON, JSON)
def test_both_sides_are_alike(left: Any, right: Any) -> None:
    """If one side differs from the other, so does the other from it."""
    assert (first_apart(left, right) is None) == (first_apart(right, left) is None)
