"""How the checker selects inspections: by the type and the shape of a part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.checks import checker
from sfn_release.checks.checker import check_definition
from sfn_release.checks.definition import ParsedState
from sfn_release.checks.parser import parse_definition
from sfn_release.checks.rule import Issue, each_call, each_state
from sfn_release.checks.rule_table import RULES
from sfn_release.checks.shapes import shape_of

DEFINITION: dict[str, Any] = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${Charge}", "Payload.$": "$.order"},
            "Retry": [{"ErrorEquals": ["Lambda.ServiceException"]}],
            "ResultPath": "$.charge",
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}},
                {"StartAt": "Two", "States": {"Two": {"Type": "Pass", "End": True}}},
            ],
            "End": True,
        },
    },
}


def nothing(_: ParsedState) -> Iterator[Issue]:
    """Report no issue."""
    return iter(())


@pytest.mark.parametrize(
    ("options", "noun", "language", "keys", "applies"),
    [
        ({}, "A Pass", JSONPATH, ("Type",), True),
        ({"language": JSONATA}, "A Pass", JSONPATH, ("Type",), False),
        ({"has": ("Retry", "Catch")}, "A Task", JSONPATH, ("Type", "Catch"), True),
        ({"has": ("Retry", "Catch")}, "A Task", JSONPATH, ("Type",), False),
        ({"lacks": ("Default",)}, "A Choice", JSONPATH, ("Type", "Choices"), True),
        ({"lacks": ("Default",)}, "A Choice", JSONPATH, ("Type", "Default"), False),
        ({"when": lambda shape: "X" in shape.strays}, "A Pass", JSONPATH, ("X",), True),
    ],
)
def test_a_state_is_chosen_by_its_shape(
    options: dict[str, Any], noun: str, language: str, keys: tuple[str, ...], applies: bool
) -> None:
    """A state's shape is its query language, its fields, or any other condition."""
    inspection = each_state(nothing, **options)
    assert inspection.applies is not None
    assert inspection.applies(shape_of(noun, language, keys)) is applies


def test_a_state_is_chosen_by_its_type() -> None:
    """Without types, all states are inspected, even if their type doesn't exist."""
    tasks, all_states = each_state(nothing, "Task"), each_state(nothing)
    for noun, task in (("A Task", True), ("A Pass", False), ("A state", False)):
        shape = shape_of(noun, JSONPATH, ("Type",))
        assert tasks.applies is not None
        assert all_states.applies is not None
        assert (tasks.applies(shape), all_states.applies(shape)) == (task, True)


def test_a_call_is_chosen_by_its_service() -> None:
    """A Task that calls a function by its ARN calls no integration."""
    lambdas = each_call(lambda _: iter(()), "lambda")
    assert lambdas.applies is not None
    (charge, *_) = parse_definition(DEFINITION, "STANDARD").states
    assert lambdas.applies(charge.resource)
    direct = {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:f", "End": True}
    (state,) = parse_definition({"StartAt": "A", "States": {"A": direct}}, "STANDARD").states
    assert not lambdas.applies(state.resource)


def test_one_walk_finds_everything() -> None:
    """Outer scopes come first; a state has its call, its paths and its error names."""
    parsed = parse_definition(DEFINITION, "STANDARD")
    assert [scope.place.path for scope in parsed.scopes] == [
        "$",
        "$.States.Both.Branches[0]",
        "$.States.Both.Branches[1]",
    ]
    charge, both, one, two = parsed.states
    assert charge.call is not None
    assert charge.call[0:3:2] == ("lambda", "invoke")
    assert [path.text for path in charge.paths] == ["$.charge", "$.order"]
    assert [error.name for error in charge.error_names] == ["Lambda.ServiceException"]
    assert [element.shape.noun for element in charge.elements] == ["A retrier"]
    assert [both.id, one.id, two.id] == ["Both", "One", "Two"]
    assert one.scope.holder is both


def test_equal_states_share_a_shape() -> None:
    """The inspections for a shape are selected once for any number of states."""
    parsed = parse_definition(DEFINITION, "STANDARD")
    *_, one, two = parsed.states
    assert one.shape is two.shape
    check_definition(DEFINITION)
    known = checker._plan.cache_info().misses
    check_definition(DEFINITION)
    assert checker._plan.cache_info().misses == known


def test_a_valid_definition_needs_few_inspections(monkeypatch: pytest.MonkeyPatch) -> None:
    """An inspection that can't apply doesn't run, and most inspections don't."""
    used: list[int] = []
    plan = checker._plan

    def counted(subject: Any, shape: Any, only_final: bool) -> Any:
        chosen = plan(subject, shape, only_final)
        used.extend(number for number, _ in chosen)
        return chosen

    monkeypatch.setattr(checker, "_plan", counted)
    assert [
        finding for finding in check_definition(DEFINITION) if finding.severity == "error"
    ] == []
    assert len(used) < sum(len(rule.inspections) for rule in RULES)


def test_writing_a_workflow_runs_no_rule_for_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    """`serialize` only reports errors of Step Functions; `diagnostics` reports everything."""
    ran: set[int] = set()
    plan = checker._plan

    def recorded(subject: Any, shape: Any, only_final: bool) -> Any:
        chosen = plan(subject, shape, only_final)
        ran.update(number for number, _ in chosen)
        return chosen

    monkeypatch.setattr(checker, "_plan", recorded)
    function = "arn:aws:lambda:us-east-1:111122223333:function:f"
    workflow = sfn.Workflow.of(sfn.task.lambda_invoke(function, id="A"))
    workflow.serialize()
    assert not any(RULES[checker._RULE_OF[number]].can_be_silenced for number in ran)
    assert [finding.rule for finding in workflow.diagnostics()] == ["unpinned"]
