"""A run as text, for a person who reads a failed test."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.testing import Error, Payload, Run, Timeout, simulate
from sfn_release.testing.folded_json import folded
from sfn_release.testing.run_report import run_lines
from support.executions import machine

INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
    "OutputPath": "$.Payload",
    "TimeoutSeconds": 30,
    "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 60, "MaxAttempts": 9}],
    "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Tell"}],
}
ORDER = machine(
    Accept={"Type": "Pass"},
    Charge=INVOKE,
    Paid={
        "Type": "Choice",
        "Choices": [{"Variable": "$.status", "StringEquals": "PAID", "Next": "Done"}],
        "Default": "Tell",
    },
    Done={"Type": "Succeed"},
    Tell={"Type": "Pass", "Assign": {"told": True}},
    End={"Type": "Fail", "Error": "Declined", "Cause": "No\x1b[31m money"},
)


def report(run: Run) -> str:
    return "\n".join(run_lines(run))


def test_a_report_shows_where_and_why_a_run_ended() -> None:
    """The data is shown where it changes, and control characters are escaped."""
    run = simulate(
        ORDER, {"id": 7}, mocks={"Charge": [Error("Busy", "Wait"), Payload(status="NO")]}
    )
    assert report(run) == (
        "FAILED in End after 1m: Declined: No\\u001b[31m money\n"
        'input   {"id": 7}\n'
        "\n"
        "  Accept  Pass\n"
        "  Charge  Task, 2 attempts, 1m\n"
        '      call  lambda:invoke {"FunctionName": "charge", "Payload": {"id": 7}}\n'
        "      got   Busy: Wait\n"
        '      got   {"ExecutedVersion": "$LATEST", "Payload": {"status": "NO"},'
        ' "StatusCode": 200}\n'
        '      out   {"status": "NO"}\n'
        "  Paid    Choice, Default → Tell\n"
        "  Tell    Pass\n"
        '      set   {"told": true}\n'
        "  End     Fail, failed here"
    )


def test_a_report_shows_what_ran_when_the_execution_timed_out() -> None:
    """The state itself didn't fail."""
    definition = machine(Pause={"Type": "Wait", "Seconds": 9}) | {"TimeoutSeconds": 5}
    assert report(simulate(definition)) == (
        "TIMED_OUT in Pause after 5s: States.Timeout\n"
        "input   {}\n"
        "\n"
        "  Pause  Wait, running when the execution timed out"
    )


def test_a_report_shows_what_a_catch_took() -> None:
    """With the number of the catcher, and the next state."""
    run = simulate(ORDER, {"id": 7}, mocks={"Charge": Timeout()})
    assert "  Charge  Task, 30s, caught States.Timeout, Catch[0] → Tell" in report(run)
    assert '      out   {"Error": "States.Timeout", "Cause": ""}' in report(run)


def test_a_report_of_a_success_has_its_output() -> None:
    """And the rule that a Choice took."""
    run = simulate(ORDER, {"id": 7}, mocks={"Charge": Payload(status="PAID")})
    assert report(run).startswith(
        'SUCCEEDED in Done\ninput   {"id": 7}\noutput  {"status": "PAID"}\n\n'
    )
    assert "  Paid    Choice, Choices[0] → Done" in report(run)


def test_branches_and_iterations_are_whole() -> None:
    """They run side by side, and the report has one after the other, inside their container."""
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"}
    each = machine(One=task, Two={"Type": "Pass"})
    definition = machine(
        Both={
            "Type": "Parallel",
            "Branches": [
                machine(Each={"Type": "Map", "ItemProcessor": each}),
                machine(Other={"Type": "Pass"}),
            ],
        }
    )
    run = simulate(definition, [1, 2], mocks={"One": lambda item: item})
    names = [
        line.split("  ")[0]
        for line in map(str.strip, run_lines(run))
        if "Pass" in line or "Task" in line
    ]
    assert names == ["[0] One", "[0] Two", "[1] One", "[1] Two", "Other"]


def test_the_attempts_of_a_map_follow_each_other() -> None:
    """All iterations of the first attempt come before those of its retry."""
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"}
    each = {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ItemProcessor": machine(One=task),
        "Retry": [{"ErrorEquals": ["Odd"], "MaxAttempts": 1}],
    }
    run = simulate(
        machine(Each=each), [1, 2], mocks={"One": lambda n: n if n == 1 else Error("Odd")}
    )
    names = [line.split("  ")[0] for line in map(str.strip, run_lines(run)) if "] One" in line]
    assert names == ["[0] One", "[1] One"] * 2


def test_iterations_that_were_cut_off_are_folded() -> None:
    """They say little about the failure."""
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"}
    definition = machine(Each={"Type": "Map", "ItemProcessor": machine(One=task)})
    run = simulate(
        definition, [*range(99)], mocks={"One": lambda n: n if n != 50 else Error("Odd")}
    )
    lines = report(run)
    assert "[50] One  Task, failed here" in lines
    assert "aborted" not in lines


def test_a_distributed_map_shows_its_children() -> None:
    """Their states aren't in the run's history."""
    each = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        **machine(
            One={"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"}
        ),
    }
    definition = machine(
        Each={"Type": "Map", "ItemProcessor": each, "ToleratedFailurePercentage": 100}
    )
    run = simulate(definition, [1, 2], mocks={"One": lambda n: n if n == 1 else Error("Odd")})
    assert "Map, 1 of 2 child executions didn't succeed" in report(run)


LOOP: dict[str, Any] = {
    "StartAt": "Wait",
    "States": {
        "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Ask"},
        "Ask": {**INVOKE, "Next": "Ready"},
        "Ready": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.ready", "BooleanEquals": True, "Next": "Done"}],
            "Default": "Wait",
        },
        "Done": {"Type": "Succeed"},
        "Tell": {"Type": "Fail"},
    },
}


def test_a_long_run_is_folded() -> None:
    """Both ends stay, and the states that failed or were caught."""
    answers = [Payload(ready=False)] * 99 + [Payload(ready=True)]
    lines = report(simulate(LOOP, {}, mocks={"Ask": answers})).splitlines()
    assert "  … 275 more states" in lines
    assert len(lines) < 80
    assert lines[-1] == "  Done   Succeed"


def test_many_attempts_are_folded() -> None:
    """The first and the last stay."""
    lines = report(simulate(LOOP, {}, mocks={"Ask": [Error("Busy")] * 8 + [Payload(ready=True)]}))
    assert lines.count("got   Busy") == 3
    assert "…     5 more attempts" in lines


@pytest.mark.parametrize(
    ("value", "width", "text"),
    [
        ({"a": [1, 2, 3]}, 20, '{"a": [1, 2, 3]}'),
        ({"a": {"b": {"c": [1, 2, 3, 4]}}, "d": 1}, 30, '{"a": {"b": {…}}, "d": 1}'),
        ([{"a": "b" * 30}] * 9, 40, "[{…}, {…}, {…}, … 9]"),
        ({"text": "ä" * 99}, 70, '{"text": "' + "ä" * 48 + '…"}'),
        ("x" * 99, 20, '"' + "x" * 18 + "…"),
        ({}, 1, "…"),
    ],
)
def test_json_is_folded_from_inside(value: Any, width: int, text: str) -> None:
    """The outer members stay as long as they fit."""
    assert folded(value, width) == text


@given(st.recursive(st.integers() | st.text(), st.lists), st.integers(1, 200))
def test_folded_json_fits(value: Any, width: int) -> None:
    """Whatever the value is, the text has one line of at most the width."""
    text = folded(value, width)
    assert len(text) <= width
    assert text == json.dumps(value, ensure_ascii=False) or "…" in text
