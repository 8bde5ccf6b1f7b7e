"""The events of Parallel and Map when something inside them fails, as measured on AWS."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.simulator import TaskCall, TaskFailure
from support.executions import chain_of, detail, execute, machine, types

PASS = {"Type": "Pass"}
FAIL = {"Type": "Fail", "Error": "MyError", "Cause": "my cause"}
NO_PATH = {"Type": "Pass", "Parameters": {"m.$": "$.nope"}}
SEND = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage"}
SLOW = {"Type": "Wait", "Seconds": 20}
PAUSE = {"Type": "Wait", "Seconds": 1}
CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Handled"}]


def parallel(*branches: Any, **fields: Any) -> dict[str, Any]:
    """Return a Parallel state."""
    return {"Type": "Parallel", "Branches": list(branches), **fields}


def map_over(processor: Any, **fields: Any) -> dict[str, Any]:
    """Return a Map state over ``$.items``."""
    return {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, **fields}


def routed(**states: Any) -> dict[str, Any]:
    """Return a machine whose Choice starts the state that the input names, then *states*."""
    rules = [{"Variable": "$", "StringEquals": name, "Next": name} for name in states]
    return machine(Route={"Type": "Choice", "Choices": rules}, **states)


@pytest.mark.parametrize("catch", [{}, {"Catch": CATCH}])
def test_a_runtime_error_in_a_branch_ends_the_execution_at_once(catch: Any) -> None:
    """It has no event of the Parallel, and no Catch handles it."""
    states = {"P": parallel(machine(Fast=NO_PATH), machine(S=SLOW), **catch), "Handled": PASS}
    outcome = execute(machine(**states), {"x": "a"})
    assert chain_of(outcome)[3:] == [(4, 3, "PassStateEntered"), (5, 4, "ExecutionFailed")]
    assert outcome.error == "States.Runtime"
    assert str(outcome.cause).startswith(
        "An error occurred while executing the state 'Fast' (entered at the event id #4). "
    )


def test_a_runtime_error_in_an_iteration_ends_the_execution_at_once() -> None:
    """It has no event of the Map or its iterations."""
    states = routed(S=SLOW, Pause={**PAUSE, "Next": "Fast"}, Fast=NO_PATH)
    outcome = execute(machine(M=map_over(states)), {"items": ["S", "Pause"]})
    assert types(outcome)[-3:] == ["WaitStateExited", "PassStateEntered", "ExecutionFailed"]


def test_a_runtime_error_in_a_branch_s_task_leaves_no_aborted_event() -> None:
    """The parameters of the task can't be made, so it never starts."""
    task = {**SEND, "Parameters": {"QueueUrl.$": "$.nope"}}
    outcome = execute(machine(P=parallel(machine(Send=task))))
    assert chain_of(outcome)[3:] == [(4, 3, "TaskStateEntered"), (5, 4, "ExecutionFailed")]


def test_a_failed_branch_is_followed_by_the_parallel_s_failure() -> None:
    """ParallelStateFailed has no details."""
    outcome = execute(machine(P=parallel(machine(Boom=FAIL))))
    assert chain_of(outcome)[3:] == [
        (4, 3, "FailStateEntered"),
        (5, 4, "ParallelStateFailed"),
        (6, 5, "ExecutionFailed"),
    ]
    assert outcome.events[4].details == {}


def test_a_retried_parallel_starts_again_from_the_failure() -> None:
    """Only the last attempt has a ParallelStateFailed."""
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
    outcome = execute(machine(P=parallel(machine(Boom=FAIL), Retry=retry)))
    assert chain_of(outcome)[2:] == [
        (3, 2, "ParallelStateStarted"),
        (4, 3, "FailStateEntered"),
        (5, 4, "ParallelStateStarted"),
        (6, 5, "FailStateEntered"),
        (7, 6, "ParallelStateFailed"),
        (8, 7, "ExecutionFailed"),
    ]


def test_a_task_that_ends_its_branch_is_aborted_too() -> None:
    """TaskStateAborted and ParallelStateFailed follow TaskFailed."""

    def refuse(_call: TaskCall) -> Any:
        raise TaskFailure("SQS.QueueDoesNotExistException", "gone")

    states = {"P": parallel(machine(Send=SEND), Catch=CATCH), "Handled": PASS}
    outcome = execute(machine(**states), {}, refuse)
    assert chain_of(outcome)[6:10] == [
        (7, 6, "TaskFailed"),
        (8, 7, "TaskStateAborted"),
        (9, 7, "ParallelStateFailed"),
        (10, 9, "ParallelStateExited"),
    ]
    assert outcome.output == {"Error": "SQS.QueueDoesNotExistException", "Cause": "gone"}


def test_a_parallel_that_fails_after_its_branches_names_itself() -> None:
    """A ResultSelector that can't be filled follows ParallelStateSucceeded."""
    outcome = execute(machine(P=parallel(machine(Ok=PASS), ResultSelector={"m.$": "$.nope"})))
    assert chain_of(outcome)[4:] == [
        (5, 4, "PassStateExited"),
        (6, 5, "ParallelStateSucceeded"),
        (7, 6, "ExecutionFailed"),
    ]
    assert "the state 'P' (entered at the event id #2)" in str(outcome.cause)


def test_cut_branches_follow_the_last_event_of_the_failed_one() -> None:
    """Each state that is cut off has an event, before the failure's; a finished one has none."""
    failing = machine(Pause=PAUSE, Boom=FAIL)
    nested = machine(N=parallel(machine(S=SLOW)))
    branches = [machine(S=SLOW), failing, machine(Done=PASS), nested]
    outcome = execute(machine(P=parallel(*branches)))
    failure = next(event.id for event in outcome.events if event.type == "FailStateEntered")
    assert chain_of(outcome)[failure:] == [
        (failure + 1, failure, "WaitStateAborted"),
        (failure + 2, failure, "ParallelStateAborted"),
        (failure + 3, failure, "WaitStateAborted"),
        (failure + 4, failure, "ParallelStateFailed"),
        (failure + 5, failure + 4, "ExecutionFailed"),
    ]


def test_cut_iterations_are_named_before_their_states_and_the_failure() -> None:
    """MapIterationAborted, ...StateAborted, MapIterationFailed and MapStateFailed follow it."""
    states = routed(S=SLOW, Ok={**PASS, "End": True}, Pause={**PAUSE, "Next": "Boom"}, Boom=FAIL)
    outcome = execute(machine(M=map_over(states)), {"items": ["S", "Ok", "Pause", "S"]})
    failure = next(event.id for event in outcome.events if event.type == "FailStateEntered")
    tail = outcome.events[failure:-1]
    assert {event.previous for event in tail} == {failure}
    assert [(event.type, detail(event, "index")) for event in tail] == [
        ("MapIterationAborted", 0),
        ("WaitStateAborted", None),
        ("MapIterationAborted", 3),
        ("WaitStateAborted", None),
        ("MapIterationFailed", 2),
        ("MapStateFailed", None),
    ]
    assert outcome.events[-1].previous == tail[-1].id


def test_a_map_over_nothing_exits_from_its_start() -> None:
    """MapStateSucceeded and MapStateExited both follow MapStateStarted."""
    outcome = execute(machine(M=map_over(machine(I=PASS))), {"items": []})
    assert chain_of(outcome)[2:] == [
        (3, 2, "MapStateStarted"),
        (4, 3, "MapStateSucceeded"),
        (5, 3, "MapStateExited"),
        (6, 5, "ExecutionSucceeded"),
    ]


def test_the_execution_s_timeout_cuts_without_a_word() -> None:
    """ExecutionTimedOut follows nothing, and no state inside has an event."""
    definition = machine(P=parallel(machine(S=SLOW))) | {"TimeoutSeconds": 1}
    outcome = execute(definition)
    assert outcome.status == "TIMED_OUT"
    assert chain_of(outcome)[3:] == [(4, 3, "WaitStateEntered"), (5, 0, "ExecutionTimedOut")]
