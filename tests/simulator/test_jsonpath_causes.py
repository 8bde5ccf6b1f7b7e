"""JSONPath fields that select nothing: the outcome, and the cause in AWS's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.executions import execute, machine

INPUT = {"number": 1, "items": [1, 2], "none": None, "deep": {"a": {}}}
WRITTEN = json.dumps(INPUT, separators=(",", ":"))
ENTERED = "An error occurred while executing the state 'P' (entered at the event id #2). "


def fields(**fields: Any) -> Any:
    """Return the outcome of a Pass state with *fields*."""
    return execute(machine(P={"Type": "Pass", **fields}), INPUT)


@pytest.mark.parametrize(
    "path", ["$.nope", "$.nope.deep", "$.number.x", "$.none.x", "$.items.x", "$.items[5].x"]
)
def test_a_template_names_its_field_and_the_input(path: str) -> None:
    """A path in a payload template that selects nothing ends the execution."""
    outcome = fields(Parameters={"inner": {"v.$": path}})
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert outcome.cause == (
        f"{ENTERED}The JSONPath '{path}' specified for the field 'v.$' could not be found in the"
        f" input '{WRITTEN}'"
    )


@pytest.mark.parametrize("path", ["$.items[2]", "$.items[999999999999]", "$.items[-3]"])
def test_an_index_past_the_end_is_null_in_a_template(path: str) -> None:
    """A payload template takes a missing element for null; other fields don't."""
    assert fields(Parameters={"v.$": path}).output == {"v": None}
    assert fields(InputPath=path).error == "States.Runtime"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.items[*].x", []),
        ("$.items[5:]", []),
        ("$..nope", []),
        ("$.items[?(@ > 9)]", []),
        ("$.none", None),
    ],
)
def test_a_path_to_many_values_may_select_none(path: str, found: Any) -> None:
    """A wildcard, slice, descent or filter selects an empty array, and null is a value."""
    assert fields(Parameters={"v.$": path}).output == {"v": found}
    assert fields(InputPath=path).output == found


def test_a_path_into_the_context_object_names_the_context_object() -> None:
    """The cause shows what was searched."""
    cause = str(fields(Parameters={"v.$": "$$.Execution.Nope"}).cause)
    assert "The JSONPath '$$.Execution.Nope' specified for the field 'v.$'" in cause
    assert '"StateMachine":{"Id":' in cause


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("States.Format('{}',$.nope)", "$.nope"),
        ("States.Format('{} {}', $.number, $.deep.b.c)", "$.deep.b.c"),
        ("States.Format('{}', States.ArrayGetItem($.nope, 0))", "$.nope"),
        ("States.ArrayLength($.items[5])", "$.items[5]"),
        ("States.Format('{}', $$.Nope.Deep)", "$.Nope.Deep"),
        ("States.Format($.nope, 1)", "$.nope"),
    ],
)
def test_an_intrinsic_function_names_itself_whole(call: str, problem: str) -> None:
    """The cause quotes the outermost call, the argument, and the state's input."""
    outcome = fields(Parameters={"v.$": call})
    assert outcome.error == "States.Runtime"
    assert outcome.cause == (
        f"{ENTERED}The function '{call}' had the following error: The JsonPath argument for the"
        f" field '{problem}' could not be found in the input '{WRITTEN}'"
    )


def test_an_intrinsic_function_shows_what_is_no_array() -> None:
    """An index into another value has the message of the path library."""
    outcome = fields(Parameters={"v.$": "States.Format('{}', $.deep[0])"})
    assert str(outcome.cause).endswith(
        "the following error: Filter: [0] can only be applied to arrays. Current context is: {a={}}"
    )


def test_a_wrong_argument_inside_names_the_whole_call() -> None:
    """A call inside another fails as States.IntrinsicFailure, which quotes the outer one."""
    call = "States.Format('{}', States.ArrayGetItem($.items, 7))"
    outcome = fields(Parameters={"v.$": call})
    assert outcome.error == "States.IntrinsicFailure"
    assert f"The function '{call}' had the following error: " in str(outcome.cause)


@pytest.mark.parametrize("field", ["InputPath", "OutputPath"])
@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("$.nope", "No results for path: $['nope']"),
        ("$.nope.x", "Missing property in path $['nope']"),
        ("$.items[5]", "No results for path: $['items'][5]"),
        ("$.items[5].length()", "No results for path: $['items'][5].length()"),
        ("$.number[0]", "Filter: [0] can only be applied to arrays. Current context is: 1"),
        ("$.none[0]", "The path $['none'] is null"),
    ],
)
def test_a_path_field_has_the_path_library_s_words(field: str, path: str, problem: str) -> None:
    """InputPath and OutputPath say where the path ends."""
    outcome = fields(**{field: path})
    assert outcome.error == "States.Runtime"
    assert outcome.cause == f"{ENTERED}Invalid path '{path}' : {problem}"
