"""JSON Schemas: which can be used, and the faults of values under them."""

from __future__ import annotations

import socket
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.project.json_schemas import is_date_time, schema_fault, value_faults

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}},
        {"$ref": "#here", "$defs": {"a": {"$anchor": "here"}}},
        {
            "$id": "https://example.com/a",
            "properties": {"x": {"$ref": "/a#/$defs/y"}},
            "$defs": {"y": {}},
        },
        {"$ref": "https://json-schema.org/draft/2020-12/schema"},
        {"$schema": DRAFT_7, "definitions": {"a": {}}, "items": [{"$ref": "#/definitions/a"}]},
        {"const": {"$ref": "nowhere"}},
    ],
)
def test_schemas_that_can_be_used(schema: Any) -> None:
    """References stay inside, or lead to a draft; a constant isn't a reference."""
    assert schema_fault(schema) is None


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ([], "$: a schema is an object, true or false"),
        (None, "$: a schema is an object, true or false"),
        ({"type": "strin"}, "$.type: 'strin' is not valid"),
        ({"properties": {"a b": {"required": "x"}}}, "$.properties[\"a b\"].required: 'x' is not"),
        ({"properties": {"a": {"pattern": "("}}}, "$.properties.a.pattern: '(' is not a 'regex'"),
        ({"$ref": "#/$defs/a"}, "'#/$defs/a' leads nowhere in the schema. Nothing is fetched"),
        ({"$ref": "https://example.com/x.json"}, "'https://example.com/x.json' leads nowhere"),
        ({"$ref": "other.json"}, "'other.json' leads nowhere"),
        (
            {"$schema": "https://json-schema.org/draft/2020-13/schema"},
            'a draft of JSON Schema. Did you mean "https://json-schema.org/draft/2020-12/schema"?',
        ),
        ({"pattern": "a(?!b)"}, "the regular expression /a(?!b)/ has lookarounds"),
        ({"items": {"patternProperties": {r"(a)\1": {}}}}, "back references"),
        ({"$defs": {"a": {"not": {"pattern": "a{1001}"}}}}, "large counts"),
        ({"$schema": 3}, "3 isn't a draft of JSON Schema. Leave it out"),
    ],
)
def test_schemas_that_can_not_be_used(schema: Any, fault: str) -> None:
    """The fault has its JSON path."""
    assert fault in str(schema_fault(schema))


def test_a_deep_schema_is_a_fault() -> None:
    """No traceback."""
    schema: dict[str, Any] = {}
    for _ in range(3000):
        schema = {"not": schema}
    assert schema_fault(schema) == "$: nested too deeply"


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference to another host never opens a connection."""
    monkeypatch.setattr(socket, "socket", pytest.fail)
    schema = {"properties": {"a": {"$ref": "http://127.0.0.1:9/a.json"}}}
    assert schema_fault(schema) is not None


ORDER = {
    "type": "object",
    "required": ["order_id"],
    "properties": {
        "order_id": {"type": ["string", "integer"]},
        "items": {"type": "array", "items": {"properties": {"sku": {"type": "string"}}}},
        "at": {"format": "date-time"},
        "kind": {"enum": ["new", None]},
        "paid": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {
                        "by": {"const": "card"},
                        "amount": {"type": ["number", "null"]},
                    },
                },
                {"type": "string"},
            ]
        },
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        ({"order_id": 1}, []),
        ({"order_id": 1, "items": [{}, {"sku": "a"}], "paid": "cash", "kind": None}, []),
        ([], ["$: expected object, not []"]),
        ({}, ["$: 'order_id' is a required property"]),
        (
            {"order_id": 1, "items": [{"sku": None}], "kind": True},
            [
                "$.items[0].sku: expected string, not null",
                '$.kind: true is not one of "new", null',
            ],
        ),
        ({"order_id": 1, "at": "2026-02-30T00:00:00Z"}, ["$.at: '2026-02-30T00:00:00Z' is not a"]),
        (
            {"order_id": 1, "paid": {"by": "card", "amount": "x"}},
            ['$.paid.amount: expected number or null, not "x"'],
        ),
        ({"order_id": 1, "x": 2}, ["$: Additional properties are not allowed"]),
    ],
)
def test_faults_have_paths(value: Any, faults: list[str]) -> None:
    """All of them, in the order of the paths."""
    found = value_faults(ORDER, value)
    assert len(found) == len(faults)
    assert all(line.startswith(start) for line, start in zip(found, faults, strict=True))


def test_a_deep_value_is_a_fault() -> None:
    """Under a schema that refers to itself."""
    value: list[Any] = []
    for _ in range(3000):
        value = [value]
    assert value_faults({"items": {"$ref": "#"}}, value) == ["$: nested too deeply"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_any_json_as_a_schema_has_a_fault_or_none(schema: Any) -> None:
    """Without a traceback, and a schema without a fault judges any value."""
    if schema_fault(schema) is None:
        value_faults(schema, schema)


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_are_date_times(time: Any) -> None:
    """As RFC 3339 writes them."""
    assert is_date_time(time.isoformat())
    assert not is_date_time(time.isoformat()[:10])


DRAFT_7 = "http://json-schema.org/draft-07/schema"
ENDLESS = "^(a+)+$"
LONG = "a" * 60 + "!"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": ENDLESS}, LONG),
        ({"$schema": f"{DRAFT_7}#", "pattern": ENDLESS}, LONG),
        ({"$schema": f"{DRAFT_7}#", "items": {"$ref": "#"}, "pattern": ENDLESS}, [LONG]),
        ({"items": {"anyOf": [{"pattern": ENDLESS}, False]}}, [LONG]),
        ({"patternProperties": {ENDLESS: False}, "additionalProperties": False}, {LONG: 1}),
        ({"patternProperties": {ENDLESS: True}, "unevaluatedProperties": False}, {LONG: 1}),
        (
            {"allOf": [{"patternProperties": {ENDLESS: {}}}], "unevaluatedProperties": False},
            {LONG: 1},
        ),
        ({"propertyNames": {"pattern": ENDLESS}}, {LONG: 1}),
    ],
)
def test_a_pattern_takes_linear_time(schema: Any, value: Any) -> None:
    """Python's own engine would run for years."""
    assert schema_fault(schema) is None
    assert value_faults(schema, value)


def test_patterns_allow_names() -> None:
    """Also beside the keywords for all other members."""
    for others in ("additionalProperties", "unevaluatedProperties"):
        schema = {"patternProperties": {"^x-": {"type": "integer"}}, others: False}
        assert value_faults(schema, {"x-a": 1}) == []
        assert value_faults(schema, {"x-a": "1"}) == ['$["x-a"]: expected integer, not "1"']
        (fault,) = value_faults(schema, {"x-a": 1, "b": 2})
        assert "'b' was unexpected" in fault
    assert value_faults({"pattern": r"^\d$"}, "\u0663") != []
    assert value_faults({"pattern": "^a$"}, "a\n") != []
    assert value_faults({"pattern": "b"}, "abc\ud800") == []
