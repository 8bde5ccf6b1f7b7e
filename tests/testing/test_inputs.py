"""Inputs that hypothesis makes from a JSON Schema."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from sfn_release.errors import NotFoundError, UsageError
from sfn_release.project.json_schemas import schema_fault, value_faults
from sfn_release.testing import inputs, inputs_from
from sfn_release.testing.schemas.schema_numbers import SchemaNumbers

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
ITEM = {
    "type": "object",
    "required": ["sku", "quantity"],
    "properties": {
        "sku": {"type": "string", "minLength": 1, "maxLength": 20},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 99},
    },
    "additionalProperties": False,
}
SCHEMAS: dict[str, Any] = {
    "anything": True,
    "an order": {
        "type": "object",
        "required": ["order_id", "items"],
        "properties": {
            "order_id": {"type": "string", "pattern": "^[0-9]{1,9}$"},
            "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}},
            "email": {"type": "string", "format": "email"},
        },
        "$defs": {"item": ITEM},
    },
    "a tree": {
        "type": "object",
        "required": ["value"],
        "properties": {
            "value": {"type": "integer"},
            "children": {"type": "array", "items": {"$ref": "#"}},
        },
        "additionalProperties": False,
    },
    "a list in a list": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#"}}]},
    "one of two": {
        "oneOf": [
            {
                "type": "object",
                "required": ["kind", "card"],
                "properties": {"kind": {"const": "card"}, "card": {"pattern": "^[0-9]{16}$"}},
            },
            {
                "type": "object",
                "required": ["kind", "iban"],
                "properties": {"kind": {"const": "bank"}, "iban": {"minLength": 15}},
            },
        ]
    },
    "one of two that overlap": {"oneOf": [{"type": "integer"}, {"multipleOf": 2}]},
    "all of several": {
        "allOf": [
            {"type": "object", "required": ["a"]},
            {"properties": {"a": {"type": "integer", "multipleOf": 5}}},
            {"properties": {"a": {"minimum": 3, "exclusiveMaximum": 11}}},
        ]
    },
    "formats": {
        "type": "array",
        "prefixItems": [
            {"type": "string", "format": format}
            for format in ("date", "date-time", "uuid", "ipv4", "ipv6", "regex", "uri", "x")
        ],
        "minItems": 8,
        "items": False,
    },
    "a map": {
        "type": "object",
        "patternProperties": {"^x-": {"type": "string"}},
        "additionalProperties": {"type": "integer"},
        "propertyNames": {"maxLength": 10},
        "minProperties": 2,
        "maxProperties": 5,
    },
    "a condition": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": ["a", "b"]}},
        "if": {"properties": {"kind": {"const": "a"}}},
        "then": {"required": ["x"], "properties": {"x": {"type": "integer"}}},
        "else": {"required": ["y"]},
    },
    "not some": {"type": ["string", "integer", "null"], "not": {"enum": ["", 0]}},
    "a set": {
        "type": "array",
        "uniqueItems": True,
        "minItems": 3,
        "maxItems": 5,
        "items": {"enum": ["a", "b", "c", "d", "e", "f"]},
        "contains": {"const": "a"},
    },
    "dependent members": {
        "type": "object",
        "properties": {"card": {"type": "string"}, "billing": {"type": "string"}},
        "dependentRequired": {"card": ["billing"]},
        "unevaluatedProperties": False,
    },
    "a part of a whole": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "cents": {"type": "number", "multipleOf": 0.25, "minimum": 0},
    "draft 7": {
        "$schema": DRAFT_7,
        "definitions": {"a": {"type": "integer", "minimum": 3}},
        "type": "array",
        "items": [{"$ref": "#/definitions/a"}],
        "additionalItems": {"type": "string"},
        "minItems": 1,
    },
    "draft 4": {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "number",
        "minimum": 0,
        "exclusiveMinimum": True,
        "maximum": 10,
    },
    "no type": {"properties": {"a": {"type": "string"}}, "minimum": 3, "maxLength": 2},
    "no more than this": {"const": {"a": [1, None]}},
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_input_fits_its_schema(name: str) -> None:
    """And it is JSON that an execution takes."""
    schema = SCHEMAS[name]
    seen = set()

    @settings(max_examples=25, deadline=None, database=None)
    @given(inputs_from(schema))
    def fits(value: Any) -> None:
        seen.add(json.dumps(value, allow_nan=False).encode())
        assert value_faults(schema, value) == []

    fits()
    assert len(seen) > 1 or name == "no more than this"


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(st.data())
def test_any_schema_without_a_fault_has_a_strategy(data: st.DataObject) -> None:
    """Schemas from the meta-schema itself: a value fits, or there is none."""
    keywords = {
        "type": st.sampled_from(["string", "integer", "number", "array", "object", "null"]),
        "enum": st.lists(st.integers(0, 3) | st.just("a"), min_size=1, max_size=3),
        "minimum": st.integers(-5, 5),
        "maxLength": st.integers(0, 5),
        "minItems": st.integers(0, 2),
        "required": st.lists(st.sampled_from("ab"), unique=True),
        "pattern": st.sampled_from(["^a+$", "[0-9]"]),
    }
    flat = st.fixed_dictionaries({}, optional=keywords)
    nested = st.recursive(
        flat,
        lambda inner: st.fixed_dictionaries(
            {},
            optional={
                **keywords,
                "items": inner,
                "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
                "additionalProperties": inner | st.booleans(),
                "anyOf": st.lists(inner, min_size=1, max_size=2),
                "allOf": st.lists(inner, min_size=1, max_size=2),
                "not": flat,
            },
        ),
        max_leaves=4,
    )
    schema = data.draw(nested)
    assert schema_fault(schema) is None
    value = data.draw(inputs_from(schema))
    assert value_faults(schema, value) == []


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (SCHEMAS["an order"], lambda value: "email" in value),
        (ITEM, lambda value: value["quantity"] == 99),
        (SCHEMAS["one of two"], lambda value: "iban" in value),
        (SCHEMAS["a tree"], lambda value: bool(value.get("children"))),
        ({"type": "number"}, lambda value: isinstance(value, float)),
        (SCHEMAS["a map"], lambda value: any(name.startswith("x-") for name in value)),
    ],
)
def test_what_a_schema_allows_is_found(schema: Any, found: Callable[[Any], bool]) -> None:
    """Optional members, the bounds, and the other branch."""
    unshrunk = settings(phases=[Phase.generate], database=None, max_examples=500)
    assert found(find(inputs_from(schema), found, settings=unshrunk))


def test_inputs_shrink_to_simple_ones() -> None:
    """A failure shows the smallest input."""
    assert find(inputs_from(ITEM), lambda value: value["quantity"] > 7) == {
        "sku": "0",
        "quantity": 8,
    }


@pytest.mark.parametrize(
    "schema", [False, {"enum": [1], "type": "string"}, {"type": "null", "not": {}}]
)
def test_a_schema_that_nothing_fits_has_no_inputs(schema: Any) -> None:
    """Hypothesis says so."""
    with pytest.raises(Unsatisfiable):
        find(inputs_from(schema), lambda _: True, settings=settings(max_examples=20))


def test_a_faulty_schema_is_an_error() -> None:
    """With the JSON path."""
    with pytest.raises(UsageError, match="can't be used") as raised:
        inputs_from({"type": "objct"})
    assert raised.value.why.startswith("$.type:")


def test_inputs_of_a_workflow(tmp_path: Path) -> None:
    """By the project around a folder."""
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "pay.json").write_text('{"const": {"a": 1}}')
    (tmp_path / "releases.toml").write_text(
        '[project]\nname = "shop"\n[workflows.pay]\ninput_schema = "pay.json"\n'
    )
    assert find(inputs("pay", folder=tmp_path), lambda _: True) == {"a": 1}
    with pytest.raises(NotFoundError, match="pya has no input schema") as raised:
        inputs("pya", folder=tmp_path)
    assert raised.value.fix == 'Did you mean "pay"?'


def test_the_project_around_the_calling_file_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From whatever folder you run pytest."""
    monkeypatch.chdir(tmp_path)
    assert find(inputs("orders"), lambda _: True) == {}


def test_without_hypothesis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It's not installed with sfn-release."""
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(UsageError, match="need hypothesis") as raised:
        inputs_from({})
    assert raised.value.fix == "Run:  pip install 'sfn-release[testing]'"


LIMITS = st.integers(-9, 9) | st.floats(-9, 9).map(lambda number: round(number, 1))
BOUNDS = st.dictionaries(
    st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), LIMITS
)


@given(st.lists(BOUNDS, max_size=3), st.sampled_from(["integer", "number"]), st.data())
def test_numbers_keep_their_bounds_without_a_check(
    parts: list[dict[str, Any]], type: str, data: st.DataObject
) -> None:
    """A draw that has to be repeated often ends in an error of hypothesis."""
    numbers = SchemaNumbers(st)
    drawn = numbers.integers(parts) if type == "integer" else numbers.numbers(parts)
    if drawn.is_empty:
        assert not any(value_faults({"allOf": parts}, number) == [] for number in range(-9, 10))
        return
    number = data.draw(drawn)
    assert value_faults({"type": type, "allOf": parts}, number) == []


def test_types_that_a_schema_allows_without_meaning_them_are_drawn_too() -> None:
    """``properties`` alone says nothing of values that aren't objects."""
    drawn = inputs_from({"properties": {"a": {"type": "string"}}})
    assert find(drawn, lambda value: not isinstance(value, dict)) is None


@pytest.mark.parametrize(
    "bounds",
    [
        {"minimum": 0, "exclusiveMaximum": 0},
        {"exclusiveMinimum": 10**400},
        {"maximum": -0.0, "minimum": 0},
        {"minimum": 10**400},
    ],
)
def test_bounds_at_the_edge_are_no_error_of_hypothesis(bounds: dict[str, Any]) -> None:
    """A branch without a value leaves the other one."""
    drawn = inputs_from({"anyOf": [{"type": "number", **bounds}, {"type": "null"}]})
    assert find(drawn, lambda value: value is None) is None
