"""A run: the way of an execution, its states, and the calls of its tasks."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.errors import NotFoundError
from sfn_release.simulator import Mocks, Tasks
from sfn_release.testing.run import Run
from sfn_release.testing.run_definition import run_definition
from support.executions import SEED, Answers, machine

LAMBDA = "arn:aws:states:::lambda:invoke"


def run(definition: dict[str, Any], tasks: Tasks, input: Any = None, **variables: Any) -> Run:
    """Run *definition*."""
    return run_definition(definition, input or {}, tasks=tasks, context=SEED, variables=variables)


CHARGE = machine(
    Charge={
        "Type": "Task",
        "Resource": LAMBDA,
        "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 5}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Tell", "ResultPath": "$.problem"}],
        "ResultSelector": {"paid.$": "$.Payload"},
        "Next": "Done",
    },
    Done={"Type": "Succeed"},
    Tell={"Type": "Fail", "Error": "Declined", "Cause": "No money"},
)


def test_a_retried_task_is_one_visit_with_two_calls() -> None:
    """Both calls have the arguments, and the answer that each of them got."""
    done = run(
        CHARGE, Mocks({"Charge": [{"error": "Busy", "cause": "Wait"}, {"payload": 7}]}), {"a": 1}
    )
    assert (done.status, done.output, done.error, done.seconds) == (
        "SUCCEEDED",
        {"paid": 7},
        None,
        5,
    )
    assert done.path == ["Charge", "Done"]
    charge = done.states["Charge"]
    assert (charge.type, charge.attempts, charge.input) == ("Task", 2, {"a": 1})
    assert charge.output == {"paid": 7}
    first, second = done.calls["Charge"]
    assert first.arguments == {"FunctionName": "charge", "Payload": {"a": 1}}
    assert (first.attempt, first.error, first.cause, first.result) == (0, "Busy", "Wait", None)
    assert (second.attempt, second.error) == (1, None)
    assert second.result == {"ExecutedVersion": "$LATEST", "Payload": 7, "StatusCode": 200}


def test_the_attempts_of_all_visits_add_up() -> None:
    """A loop calls the task three times; input and output are those of the last visit."""
    again = {"Variable": "$", "NumericLessThan": 3, "Next": "Charge"}
    done = run(
        machine(
            Charge={"Type": "Task", "Resource": LAMBDA, "OutputPath": "$.Payload"},
            Enough={"Type": "Choice", "Choices": [again], "Default": "Done"},
            Done={"Type": "Succeed"},
        ),
        Mocks({"Charge": [{"payload": number} for number in (1, 2, 3)]}),
    )
    charge = done.states["Charge"]
    assert (len(charge.visits), charge.attempts) == (3, 3)
    assert (charge.input, charge.output) == (2, 3)


def test_a_failed_run_says_where_and_why() -> None:
    """A caught error stays with the state that had it."""
    done = run(CHARGE, Mocks({"Charge": {"error": "Broke", "cause": "Burnt"}}))
    assert (done.status, done.error, done.cause) == ("FAILED", "Declined", "No money")
    assert done.path == ["Charge", "Tell"]
    assert (done.states["Charge"].error, done.states["Charge"].cause) == ("Broke", "Burnt")
    assert done.states["Charge"].output == {"problem": {"Error": "Broke", "Cause": "Burnt"}}
    assert done.states["Tell"].output is None


def test_iterations_have_their_own_calls() -> None:
    """A state inside a Map has one visit and one call for each item."""
    task = {"Type": "Task", "Resource": LAMBDA, "End": True}
    definition = machine(
        Each={"Type": "Map", "ItemProcessor": {"StartAt": "One", "States": {"One": task}}}
    )
    done = run(definition, Answers(lambda call: call.payload), [3, 4])
    assert done.path == ["Each"]  # the states inside are in `visits`
    assert [visit.iterations for visit in done.states["One"].visits] == [
        (("Each", 0),),
        (("Each", 1),),
    ]
    assert [(call.arguments, call.iteration) for call in done.calls["One"]] == [
        (3, (("Each", 0),)),
        (4, (("Each", 1),)),
    ]


def test_variables_are_set_before_the_first_state() -> None:
    """The first state reads them, and its own Assign shows in the run."""
    definition = machine(A={"Type": "Pass", "Assign": {"b.$": "$a"}, "Parameters": {"got.$": "$a"}})
    done = run(definition, Mocks(), a=[1])
    assert done.output == {"got": [1]}
    assert done.states["A"].assigned == {"b": [1]}


def test_a_state_that_did_not_run_has_no_calls() -> None:
    """A name that isn't in the definition is an error, so that a misspelt one proves nothing."""
    definition = machine(
        A={"Type": "Succeed"},
        Each={
            "Type": "Map",
            "ItemProcessor": machine(Charge={"Type": "Task", "Resource": LAMBDA}),
        },
    )
    done = run(definition, Mocks())
    assert done.calls["Charge"] == done.calls["Each"] == []
    with pytest.raises(NotFoundError, match=r'Did you mean "Charge"\?'):
        _ = done.calls["Chrage"]
    with pytest.raises(NotFoundError, match=r"It entered: A\."):
        _ = done.states["Each"]
    assert done.states.get("Each") is None
    assert repr(done) == "Run(SUCCEEDED, path=['A'])"
    assert repr(done.states["A"]) == "StateRun('A', Succeed, 1 visits)"
