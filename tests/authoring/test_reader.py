"""Definitions are read into states that you can change, and are written back unchanged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import sfn_release as sfn
from sfn_release.authoring.state_names import StateNames
from sfn_release.canonical import first_difference
from sfn_release.errors import DefinitionError, NotFoundError

END = {"Type": "Pass", "End": True}
ORDER: dict[str, Any] = {
    "Comment": "An order",
    "QueryLanguage": "JSONPath",
    "TimeoutSeconds": 60,
    "StartAt": "Which",
    "States": {
        "Which": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.a", "IsPresent": True},
                        {"Not": {"NumericLessThan": 3, "Variable": "$.a"}},
                    ],
                    "Next": "Charge",
                    "Comment": "three or more",
                },
                {"Variable": "$.b", "StringMatches": "x*", "Next": "Each", "Assign": {"v": 1}},
            ],
            "Default": "Each",
        },
        "Charge": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
            "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 0}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Sorry"}],
            "Assign": {"charged": True},
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Both",
                "States": {
                    "Both": {
                        "Type": "Parallel",
                        "Branches": [
                            {"StartAt": "L", "Comment": "left", "States": {"L": END}},
                            {
                                "StartAt": "R",
                                "States": {"R": {"Type": "Wait", "Seconds": 1, "End": True}},
                            },
                        ],
                        "End": True,
                    }
                },
            },
            "End": True,
        },
        "Sorry": {"Type": "Fail", "Error": "E", "Cause": "C"},
    },
}


def test_a_definition_is_read_and_written_back() -> None:
    """Every field is written back, known or not."""
    workflow = sfn.Workflow.from_dict(ORDER)
    assert workflow.serialize() == ORDER
    expected = [sfn.Choice, sfn.Task, sfn.Map, sfn.Fail]
    assert expected == [type(state) for state in workflow.states]


def test_what_was_read_can_be_changed() -> None:
    """States are Python objects that you find by id and can follow with new ones."""
    workflow = sfn.Workflow.from_dict(ORDER)
    charge = workflow.state("Charge")
    assert isinstance(charge, sfn.Task)
    charge.timeout_seconds = 5
    each = workflow.state("Each")
    assert isinstance(each, sfn.Map)
    each.end = False
    workflow.continue_from(each).next_then(sfn.Succeed("Done"))
    states = workflow.serialize()["States"]
    assert states["Charge"]["TimeoutSeconds"] == 5
    assert states["Each"]["Next"] == "Done"
    assert states["Done"] == {"Type": "Succeed"}


def test_a_state_that_is_not_there_is_named_with_its_neighbour() -> None:
    """The error suggests the nearest id."""
    with pytest.raises(NotFoundError, match="charge") as caught:
        sfn.Workflow.from_dict(ORDER).state("charge")
    assert caught.value.fix == 'Did you mean "Charge"?'


@pytest.mark.parametrize(
    "body",
    [
        {"Type": "Task", "Resource": "arn:x", "Retry": [], "End": True},
        {"Type": "Pass", "End": False},
        {"Type": "Pass", "Next": 5},
        {"Type": "Tomorrow", "Field": {}},
        {"Type": ["Pass"]},
        {},
        {"Type": "Choice", "Choices": "none"},
        {"Type": "Choice", "Choices": [{"Variable": "$"}]},
        {"Type": "Task", "Catch": [{"Next": "A"}]},
        {"Type": "Parallel", "Branches": [{}]},
        {"Type": "Map", "ItemProcessor": 1},
    ],
)
def test_unusual_states_are_kept_as_they_are(body: dict[str, Any]) -> None:
    """A state that its class would write differently is a `Raw`, and its mistake is a finding."""
    definition = {"StartAt": "A", "States": {"A": body}}
    workflow = sfn.Workflow.from_dict(definition)
    (state,) = workflow.states
    assert isinstance(state, sfn.Raw)
    assert definition == workflow.to_asl(StateNames(workflow))


@pytest.mark.parametrize(
    "definition", [None, [], {}, {"States": []}, {"States": {"A": 1}}, {"StartAt": 1, "States": {}}]
)
def test_what_is_no_definition_is_refused(definition: Any) -> None:
    """A definition needs at least states."""
    with pytest.raises(DefinitionError):
        sfn.Workflow.from_dict(definition)


def test_json_is_read_strictly() -> None:
    """A duplicate key would lose a state silently."""
    with pytest.raises(DefinitionError, match="twice"):
        sfn.Workflow.from_json('{"StartAt": "A", "States": {"A": {}, "A": {}}}')
    with pytest.raises(DefinitionError, match="Invalid JSON"):
        sfn.Workflow.from_json("{")


def test_a_file_is_read_and_named_in_errors(tmp_path: Any) -> None:
    """`.asl.json` files are UTF-8."""
    path = tmp_path / "order.asl.json"
    path.write_text(sfn.Workflow.from_dict(ORDER).to_json(), encoding="utf-8")
    assert sfn.Workflow.from_file(path).serialize() == ORDER
    path.write_text("{", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"order\.asl\.json"):
        sfn.Workflow.from_file(path)
    with pytest.raises(NotFoundError, match=r"absent\.asl\.json"):
        sfn.Workflow.from_file(tmp_path / "absent.asl.json")


def test_endless_nesting_is_refused() -> None:
    """A definition that is nested too deeply for Python is one clear error."""
    inner: Any = {"StartAt": "A", "States": {"A": END}}
    for _ in range(5000):
        state = {"Type": "Parallel", "Branches": [inner], "End": True}
        inner = {"StartAt": "A", "States": {"A": state}}
    with pytest.raises(DefinitionError, match="too deeply"):
        sfn.Workflow.from_dict(inner)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "A", "$.x", "States.ALL", "{% $x %}", "{%%}", "JSONata"]),
    lambda inside: (
        st.lists(inside, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Next",
                    "ErrorEquals",
                    "Variable",
                    "IsNull",
                    "And",
                    "Condition",
                    "Assign",
                    "Output",
                    "Not",
                    "Comment",
                    "States",
                    "StartAt",
                ]
            ),
            inside,
            max_size=3,
        )
    ),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        *("Comment", "Next", "End", "Result", "ResultPath", "Retry", "Catch", "Choices", "Default"),
        *("QueryLanguage", "Assign", "Output", "Arguments", "Items", "ItemReader", "Credentials"),
        *("Branches", "ItemProcessor", "Iterator", "ProcessorConfig", "Resource", "Seconds", "Id"),
    ]
)
TYPES = ["Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map", "Raw", "State"]


@given(st.sampled_from(TYPES), st.dictionaries(FIELDS, JSON, max_size=6))
@example("Map", {"ItemProcessor": {"States": {}, "StartAt": None}})
@example("Parallel", {"Branches": [{"States": {"Next": None}}]})
def test_no_state_is_read_with_a_loss(type: str, fields: dict[str, Any]) -> None:
    """Any content of a state is written back unchanged."""
    definition = {"StartAt": "A", "States": {"A": {"Type": type, **fields}}}
    workflow = sfn.Workflow.from_dict(definition)
    assert first_difference(workflow.to_asl(StateNames(workflow)), definition) is None


def test_a_jsonata_condition_becomes_an_expression() -> None:
    """An expression is written back unchanged, white space included."""
    rules = [
        {"Condition": "{%$states.input.a>1%}", "Assign": {"a": 1}, "Output": None, "Next": "A"},
        {"Condition": True, "Next": "A"},
    ]
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "C",
        "States": {"C": {"Type": "Choice", "Choices": rules}, "A": {"Type": "Succeed"}},
    }
    workflow = sfn.Workflow.from_dict(definition)
    choice = workflow.state("C")
    assert isinstance(choice, sfn.Choice)
    assert workflow.query_language == "JSONata"
    assert str(choice.choices[0].condition) == "$states.input.a>1"
    assert definition == workflow.to_asl(StateNames(workflow))


def test_yaml_is_read_too(tmp_path: Path) -> None:
    """YAML is read from text and files; YAML that JSON can't express is refused."""
    text = "StartAt: A\nStates:\n  A: {Type: Wait, Timestamp: 2026-01-31T12:00:00Z, End: true}\n"
    expected = {
        "StartAt": "A",
        "States": {"A": {"Type": "Wait", "Timestamp": "2026-01-31T12:00:00Z", "End": True}},
    }
    assert sfn.Workflow.from_yaml(text).serialize() == expected
    (tmp_path / "a.yml").write_text(text)
    assert sfn.Workflow.from_file(tmp_path / "a.yml").serialize() == expected
    for broken in ("a: [", "1: 2", "? [a]\n: b", "a: 1\na: 2", "- 1", "a: &a [*a]"):
        with pytest.raises(DefinitionError):
            sfn.Workflow.from_yaml(broken)


def test_broken_yaml_is_told_by_line_column_and_reason() -> None:
    """The message is one sentence, although PyYAML's text has several lines with a caret."""
    with pytest.raises(DefinitionError) as raised:
        sfn.Workflow.from_yaml(b"StartAt: A\nStates: [1,\n  b: {")
    # libyaml and PyYAML report a different end of the file.
    assert re.match(r"Invalid YAML in line [34], column \d+: ", raised.value.message)
    assert "\n" not in str(raised.value)
