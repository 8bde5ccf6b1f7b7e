"""The class of realistic changes: none is called safe that isn't, and none cries wolf."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.semantic_changes import semantic_changes
from sfn_release.errors import FileError

TOPIC = "arn:aws:sns:eu-west-1:111111111111:"
PASS: dict[str, Any] = {"Type": "Pass", "End": True}
TELL: dict[str, Any] = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sns:publish",
    "Parameters": {"TopicArn.$": "$topic", "Message": "done"},
    "End": True,
}


def machine(start: str = "A", **states: Any) -> dict[str, Any]:
    """Return a definition."""
    return {"StartAt": start, "States": states}


def call(name: str = "f", **more: Any) -> dict[str, Any]:
    """Return a Task that calls a function, with members of its payload."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": name, "Payload": more},
        "ResultPath": "$.r",
        "End": True,
    }


def classes(old: Any, new: Any) -> list[str]:
    """Return the kind and the class of each change."""
    found = semantic_changes(Declaration("o", old), Declaration("o", new))
    return [f"{change.kind} {change.change_class}" for change in found]


def assigning(place: str, topic: str) -> dict[str, Any]:
    """Return a workflow that assigns a topic somewhere, and publishes to it."""
    assign = {"Assign": {"topic": f"{TOPIC}{topic}"}}
    first = {
        "state": {"Type": "Pass", "Next": "B", **assign},
        "catch": {**call(), "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B", **assign}]},
        "choice": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "B", **assign}],
        },
    }
    return machine(A=first[place], B=TELL)


@pytest.mark.parametrize("place", ["state", "catch", "choice"])
def test_a_variable_that_names_a_resource_changes_what_the_role_needs(place: str) -> None:
    """The task that reads it didn't change."""
    found = classes(assigning(place, "orders"), assigning(place, "sales"))
    assert found[1:] == ["permissions permissions", "permissions permissions"]


def test_a_permission_that_an_unchanged_state_needs_already_is_not_a_change() -> None:
    """Although only changed states are read first."""
    old = machine(A={**call("f"), "Next": "B"}, B=call("g"), C=call("h"))
    new = machine(A={**call("f"), "Next": "B"}, B=call("f"), C=call("h"))
    assert classes(old, new) == ["arguments results", "permissions permissions"]


def test_a_workflow_that_can_only_fail_breaks_callers() -> None:
    """They await an output."""
    old = machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Succeed"})
    new = machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Fail", "Error": "No"})
    assert "output breaking" in classes(old, new)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a.$": "$.order.id"}, {"a.$": "$.order.id", "b.$": "$.order.by"}, True),
        ({"a.$": "$.order.id"}, {"a.$": "$.order"}, False),
        ({"a.$": "$.order"}, {"a.$": "$.ordered"}, True),
    ],
)
def test_an_inner_member_that_is_read_newly_breaks_callers(
    before: dict[str, Any], after: dict[str, Any], expected: bool
) -> None:
    """Unless a part of it was read already."""
    found = classes(machine(A=call(**before)), machine(A=call(**after)))
    assert ("input breaking" in found) is expected


@pytest.mark.parametrize(
    ("tested", "expected"), [("$.order.by", False), ("$.order", False), ("$.order.x", True)]
)
def test_a_member_behind_a_test_is_not_asked_for(tested: str, expected: bool) -> None:
    """The test of a member covers it and the members inside of it."""

    def asking(**more: str) -> dict[str, Any]:
        rule = {"Variable": tested, "IsPresent": True, "Next": "B"}
        return machine(
            A={"Type": "Choice", "Choices": [rule], "Default": "C"}, B=call(**more), C=PASS
        )

    assert ("input breaking" in classes(asking(), asking(**{"b.$": "$.order.by"}))) is expected


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("$$", "results"),
        ("$$.State", "results"),
        ("$$.State.Name", "results"),
        ("$$.State.EnteredTime", "safe"),
        ("$$.Execution.Id", "safe"),
        ("{% $states.context %}", "results"),
        ("{% $states.context.State.Name & '!' %}", "results"),
        ("{% $states %}", "results"),
        ("{% $states.context.Execution.Id %}", "safe"),
        ("{% $states.input.State %}", "safe"),
    ],
)
def test_a_state_that_sends_its_name_is_not_renamed_safely(read: str, expected: str) -> None:
    """Whether it reads the name itself, or all of the context object."""
    body = call(**{"x.$" if read.startswith("$") else "x": read})
    first = {"Type": "Pass", "Next": "B"}
    old = machine(A=first, B=body)
    new = machine(A={**first, "Next": "Other"}, Other=body)
    assert classes(old, new) == [f"renamed {expected}"]


def test_a_choice_without_its_default_refuses_inputs() -> None:
    """Another default only sends executions another way."""
    rule = {"Variable": "$.n", "NumericLessThan": 5, "Next": "B"}

    def choosing(**more: str) -> dict[str, Any]:
        return machine(A={"Type": "Choice", "Choices": [rule], **more}, B=PASS, C=PASS)

    assert classes(choosing(Default="C"), choosing()) == ["choice breaking"]
    assert classes(choosing(), choosing(Default="C")) == ["choice results"]


@pytest.mark.parametrize(
    "field",
    [
        {"InputPath": "$"},
        {"OutputPath": "$"},
        {"ResultPath": "$"},
        {"TimeoutSeconds": 99999999},
        {"QueryLanguage": "JSONPath"},
        {"Retry": []},
        {"Catch": []},
    ],
)
def test_a_default_that_is_written_out_is_safe(field: dict[str, Any]) -> None:
    """And so is its removal. Another value isn't."""
    body = {key: value for key, value in call().items() if key != "ResultPath"}
    with_it, without = machine(A={**body, **field}), machine(A=body)
    for pair in ((with_it, without), (without, with_it)):
        (found,) = classes(*pair)
        assert found.endswith(" safe")


def test_another_value_than_the_default_is_not_safe() -> None:
    """Null isn't the default of a path."""
    assert classes(machine(A=PASS), machine(A={**PASS, "InputPath": None}))[0] == "data results"


def around(branch: dict[str, Any], *caught: str) -> dict[str, Any]:
    """Return a workflow with a branch in a Parallel that catches some errors."""
    catch = [{"ErrorEquals": [name], "Next": "Z", "ResultPath": "$.e"} for name in caught]
    whole = {"Type": "Parallel", "Branches": [branch], "ResultPath": None, "End": True}
    return machine(A={**whole, "Catch": catch}, Z=PASS)


@pytest.mark.parametrize(
    ("caught", "expected"), [(("States.ALL",), "results"), (("Old",), "breaking"), ((), "breaking")]
)
def test_an_error_that_is_caught_is_not_seen_by_callers(
    caught: tuple[str, ...], expected: str
) -> None:
    """The Catch has to handle the old name and the new one."""
    old, new = (
        around(machine(F={"Type": "Fail", "Error": name}, start="F"), *caught)
        for name in ("Old", "New")
    )
    assert classes(old, new) == [f"error {expected}"]


def ending(following: str) -> dict[str, Any]:
    """Return a branch that ends in one of two Fail states."""
    return machine(
        start="S",
        S={"Type": "Pass", "Next": following},
        Old={"Type": "Fail", "Error": "Old"},
        New={"Type": "Fail", "Error": "New"},
    )


def test_another_error_at_the_end_breaks_callers() -> None:
    """Although no Fail state changed; unless a Catch around it handles the error."""
    assert classes(ending("Old"), ending("New")) == ["transition results", "error breaking"]
    old, new = (around(ending(name), "States.ALL") for name in ("Old", "New"))
    assert classes(old, new) == ["transition results"]


def test_an_error_more_takes_none_away() -> None:
    """Callers that look for the other name find it still."""

    def failing(*names: str) -> dict[str, Any]:
        rules = [{"Variable": "$.n", "NumericEquals": at, "Next": n} for at, n in enumerate(names)]
        inner = ending("Old")["States"]
        choice = {"Type": "Choice", "Choices": rules, "Default": "Old"}
        return machine(start="S", **{**inner, "S": choice})

    assert classes(failing("Old"), failing("Old", "New")) == ["choice results"]


def test_a_comment_of_a_rule_is_safe() -> None:
    """It doesn't run."""
    rule = {"Variable": "$.n", "NumericLessThan": 5, "Next": "B"}

    def choosing(**more: str) -> dict[str, Any]:
        choice = {"Type": "Choice", "Choices": [{**rule, **more}], "Default": "B"}
        return machine(A=choice, B=PASS)

    assert classes(choosing(), choosing(Comment="small")) == ["choice safe"]


def test_branches_in_another_order_change_the_result() -> None:
    """It's an array in the order of the branches."""

    def both(*names: str) -> dict[str, Any]:
        branches = [machine(start=name, **{name: call(name)}) for name in names]
        return machine(A={"Type": "Parallel", "Branches": branches, "End": True})

    assert classes(both("x", "y"), both("y", "x")) == ["moved results"]


def test_a_retry_of_all_errors_leaves_out_the_terminal_ones() -> None:
    """States.ALL doesn't retry them, so the retry of one is gone."""
    old, new = (
        machine(A={**call(), "Retry": [{"ErrorEquals": [name], "MaxAttempts": 3}]})
        for name in ("States.DataLimitExceeded", "States.ALL")
    )
    assert classes(old, new) == ["retry results"]


def test_a_permission_that_can_not_be_read_any_more_is_shown() -> None:
    """Although no permission came or went."""

    def sending(**more: Any) -> dict[str, Any]:
        body = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
        return machine(A={**body, "Parameters": {"Message": "x", **more}}, B=call())

    found = classes(sending(), sending(**{"TopicArn.$": "$.topic"}))
    assert "permission-unknown permissions" in found


def test_a_comparison_goes_on_without_the_data_of_iam(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rollback doesn't wait for a Python package: the change says what isn't known."""

    def missing(*_: object) -> None:
        raise FileError("Can't read IAM's actions.")

    monkeypatch.setattr("sfn_release.comparison.semantic_changes.role_changes", missing)
    found = classes(machine(A=call("f")), machine(A=call("g")))
    assert found == ["arguments results", "permission-unknown permissions"]
