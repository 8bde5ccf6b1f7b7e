"""The first test that `import` and `adopt` write for a workflow."""

from __future__ import annotations

import tomllib
from typing import Any

from sfn_release.operations.scaffold.first_test import first_test

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}


def written(state: dict[str, Any]) -> dict[str, Any]:
    """Return the test of a workflow with one state."""
    text = first_test("pay.py", {"StartAt": "A", "States": {"A": state}})
    found: dict[str, Any] = tomllib.loads(text)["test"][0]
    return found


def test_the_input_has_the_members_that_are_read() -> None:
    """You fill them in, and the name says so."""
    read = {"n.$": "$.order.id", "m.$": "$.order.lines", "o.$": "$.customer"}
    assert written({**TASK, "Parameters": {"FunctionName": "charge", "Payload": read}}) == {
        "name": "it runs (fill in the input and the mocks)",
        "input": {"customer": "", "order": {"id": "", "lines": ""}},
        "mocks": {"A": {"payload": {}}},
    }


def test_an_empty_mock_is_to_be_filled_in() -> None:
    """The state may read members of the result."""
    assert written(TASK)["name"] == "it runs (fill in the input and the mocks)"


def test_a_test_without_gaps_succeeds() -> None:
    """Nothing is read, and nothing is called."""
    assert written({"Type": "Pass", "End": True}) == {"name": "it succeeds", "input": {}}
