"""The keys of a ``*.tests.toml``: each with its type, its rule and an example."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from math import isfinite
from typing import Any, get_args

from sfn_release.project import value_rules
from sfn_release.project.toml_document import Expected
from sfn_release.project.value_rule import said
from sfn_release.simulator import ExecutionStatus

MINIMUM = 'It needs at least:\n    [[test]]\n    name = "an order is confirmed"'

FORMS = ("_json", "_file")
"""The endings of keys whose value is JSON text, or the name of a JSON file beside the tests."""

_EXAMPLES = {
    "_json": """input_json = '{"coupon": null}'""",
    "_file": 'input_file = "paid-order.json"',
}


@said({}, unsaid="JSON has no dates and times, no infinity and no NaN.")
def json_value(value: Any) -> str | None:
    """Return why a value of TOML is no JSON value; None if it is one."""
    match value:
        case Mapping():
            return next(filter(None, map(json_value, value.values())), None)
        case list():
            return next(filter(None, map(json_value, value)), None)
        case datetime() | date() | time():
            return f'JSON has no dates. Write a string:  "{value.isoformat()}"'
        case float() if not isfinite(value):
            return f"JSON has no {value}."
        case _:
            return None


@said({}, unsaid="A regular expression of Python.")
def _pattern(value: str) -> str | None:
    try:
        re.compile(value)
    except re.error as error:
        return f"It isn't a regular expression: {error}."
    return None


@said({"anyOf": [{"type": "array"}, {"type": "integer", "minimum": 0}]})
def _calls(value: Any) -> str | None:
    """Return why a value can't be the expected calls of a state."""
    if isinstance(value, list):
        return json_value(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return None
    return "It must be a list with the arguments of each call, or the number of calls."


def _json_key(name: str, plain: Expected) -> dict[str, Expected]:
    """Return the key of a JSON value in its three forms."""
    return {name: plain} | {
        f"{name}{form}": Expected(str, example=example.replace("input", name, 1))
        for form, example in _EXAMPLES.items()
    }


_VALUE = Expected(object, json_value)
_TABLE = Expected(dict, others=_VALUE)
_STATES = Expected(dict, others=Expected(object, _calls), example='calls = { "Tell Customer" = 1 }')
_EXPECT: Mapping[str, Expected] = {
    "status": Expected(str, value_rules.one_of(*get_args(ExecutionStatus)), 'status = "SUCCEEDED"'),
    **_json_key("output", _VALUE),
    **_json_key("output_contains", _VALUE),
    "error": Expected(str, example='error = "CardDeclined"'),
    "cause": Expected(str, example='cause = "The bank has declined the payment."'),
    "cause_matches": Expected(str, _pattern, 'cause_matches = "declined"'),
    "path": Expected(list, example='path = ["Charge", "Is It Paid"]', items=Expected(str)),
    **_json_key("calls", _STATES),
    **_json_key("calls_contain", _STATES),
}
_TEST: Mapping[str, Expected] = {
    "name": Expected(str, value_rules.text, 'name = "an order is confirmed"'),
    "workflow": Expected(str, value_rules.text, 'workflow = "orders"'),
    **_json_key("input", _VALUE),
    **_json_key("mocks", _TABLE),
    "test_case": Expected(str, value_rules.text, 'test_case = "HappyPath"'),
    "start_at": Expected(str, value_rules.text, 'start_at = "Charge"'),
    "until": Expected(str, value_rules.text, 'until = "Is It Paid"'),
    **_json_key("variables", _TABLE),
    "started_at": Expected(object, example="started_at = 2026-01-01T00:00:00Z"),
    "strict": Expected(bool, example="strict = true"),
    "check_input": Expected(bool, example="check_input = false"),
    "expect": Expected(dict, keys=_EXPECT, example="[test.expect]"),
}

TEST = Expected(dict, keys=_TEST, example="[[test]]", needs=("name",))
"""One test."""

TESTS_FILE = Expected(
    dict,
    keys={
        "workflow": Expected(str, value_rules.text, 'workflow = "orders"'),
        "strict": Expected(bool, example="strict = true"),
        "test": Expected(list, example="[[test]]"),
    },
)
"""A whole file; each test is checked by itself."""
