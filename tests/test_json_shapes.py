"""The shapes of JSON results, as the reference shows them."""

from __future__ import annotations

from typing import Any

import pytest

from docs_reference.json_members import Shape


def lines(*values: Any) -> list[str]:
    shape = Shape()
    for value in values:
        shape.add(value, frozenset({"hello"}))
    return shape.lines()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([{"a": 1}, {"a": None}], ["a: number or null"]),
        ([{"a": [{"b": True}]}], ["a: array of objects", "  b: true or false"]),
        ([{"a": []}, {"a": ["x"]}], ["a: array of texts"]),
        ([{"w": {"hello": {"b": "x"}}}], ["w: object", "  NAME: object", "    b: text"]),
        ([{"r": {"arn:aws:x:1": 1}}], ["r: object", "  NAME: number"]),
        ([{"definition": {"StartAt": "A"}}], ["definition: object"]),
        ([{"deployments": [{"id": "1"}]}], ["deployments: array of records"]),
        ([{"a": 1}, {"b": "x"}], ["a: number", "b: text"]),
    ],
)
def test_results_are_merged_into_one_shape(values: list[Any], expected: list[str]) -> None:
    """Members in order, with every kind that was seen; names from data become NAME."""
    assert lines(*values) == expected
