"""The reason of a change names the executions that it concerns, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.semantic_changes import semantic_changes

PASS: dict[str, Any] = {"Type": "Pass", "End": True}


def reasons(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return the reasons of the changes of state A; B and C are there too."""
    sides = (
        Declaration("o", {"StartAt": "A", "States": {"A": state, "B": PASS, "C": PASS}})
        for state in (old, new)
    )
    return [change.reason for change in semantic_changes(*sides) if change.state == "A"]


def task(*catchers: dict[str, Any]) -> dict[str, Any]:
    """Return a Task with catchers."""
    return {"Type": "Task", "Resource": "arn:aws:states:::x:y", "Catch": [*catchers], "Next": "B"}


def catch(*errors: str, to: str = "C", **more: Any) -> dict[str, Any]:
    """Return a catcher."""
    return {"ErrorEquals": [*errors], "Next": to, **more}


FAILS = "Executions in which the state fails"
OTHER_PATH = "take another path."


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([], [catch("States.Timeout")], f"{FAILS} with States.Timeout {OTHER_PATH}"),
        ([], [catch("A", "B")], f"{FAILS} with A or B {OTHER_PATH}"),
        ([], [catch(*"ABCDE")], f"{FAILS} with A, B, C or 2 others {OTHER_PATH}"),
        ([], [catch("States.ALL")], f"{FAILS} {OTHER_PATH}"),
        (
            [catch("A")],
            [catch("A"), catch("States.ALL", to="B")],
            f"{FAILS} with an error other than A {OTHER_PATH}",
        ),
        (
            [],
            [catch("States.TaskFailed")],
            f"{FAILS} with an error other than States.Timeout {OTHER_PATH}",
        ),
        (
            [catch("A"), catch("B")],
            [catch("A"), catch("B", to="B")],
            f"{FAILS} with B {OTHER_PATH}",
        ),
        ([catch("A")], [catch("A", ResultPath="$.e")], f"{FAILS} with A go on with other data."),
        ([catch("A")], [catch("A", Comment="x")], "A comment doesn't run."),
        (
            [catch("A"), catch("B")],
            [catch("B"), catch("A")],
            f"{FAILS} can {OTHER_PATH}",
        ),
    ],
)
def test_a_catch_concerns_its_errors(
    old: list[dict[str, Any]], new: list[dict[str, Any]], expected: str
) -> None:
    """Executions that fail with an error that is caught as before aren't named."""
    assert reasons(task(*old), task(*new)) == [expected]


def choice(*rules: dict[str, Any], default: str = "B") -> dict[str, Any]:
    """Return a Choice with rules."""
    return {"Type": "Choice", "Choices": [*rules], "Default": default}


def above(number: int, to: str = "C", **more: Any) -> dict[str, Any]:
    """Return a rule."""
    return {"Variable": "$.n", "NumericGreaterThan": number, "Next": to, **more}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            choice(above(0)),
            choice(above(10)),
            "Executions for which the two conditions differ can take another path.",
        ),
        (
            choice(above(0)),
            choice(above(0), above(10, "B")),
            "Executions that fit this rule can take another path.",
        ),
        (
            choice(above(0), above(10, "B")),
            choice(above(0)),
            "Executions that fit the removed rule can take another path.",
        ),
        (
            choice(above(0)),
            choice(above(0, "B")),
            "Executions that follow this rule take another path.",
        ),
        (
            choice(above(0)),
            choice(above(0, Assign={"x": 1})),
            "Executions that follow this rule can go on with other data.",
        ),
        (
            choice(above(0), above(10, "B")),
            choice(above(10, "B"), above(0)),
            "Executions that fit several rules can take another path.",
        ),
        (
            choice(above(0)),
            choice(above(0), default="C"),
            "Executions that fit no rule take another path.",
        ),
        (
            {"Type": "Pass", "Next": "B"},
            {"Type": "Pass", "Next": "C"},
            "Executions that go on from it take another path.",
        ),
    ],
)
def test_a_transition_concerns_the_executions_that_take_it(
    old: dict[str, Any], new: dict[str, Any], expected: str
) -> None:
    """Other executions of the workflow aren't named."""
    assert reasons(old, new) == [expected]
