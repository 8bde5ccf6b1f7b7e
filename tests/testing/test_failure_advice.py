"""Why an execution failed, and what its explanation says to look at, by the kind of the error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sfn_release.simulator import Later, TaskCall, TaskFailure
from sfn_release.testing.histories.failure_reason import FailureReason, failure_reason
from sfn_release.testing.histories.state_visits import api_events
from sfn_release.testing.histories.timeline import read_timeline
from sfn_release.testing.histories.way_diagram import way_diagram
from support.executions import execute, machine

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
TASK = {"Type": "Task", "Resource": FUNCTION}
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:work"
CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
DONE = {"Type": "Succeed"}
FAIL = {"Type": "Fail", "Error": "Stopped"}


def failing(error: str, cause: str = "it failed") -> Callable[[TaskCall], Any]:
    """Return the answers of tasks that fail."""

    def answer(_call: TaskCall) -> Any:
        raise TaskFailure(error, cause)

    return answer


def reason_of(
    definition: Mapping[str, Any], answer: Callable[[TaskCall], Any], input: Any = None
) -> FailureReason:
    """Return why a run of a definition failed."""
    outcome = execute(definition, input, answer)
    found = failure_reason(read_timeline([*api_events(outcome.events)]), definition)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("error", "cause", "advice"),
    [
        (
            "Lambda.AccessDeniedException",
            "User: x is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:f:1",
            "The role of the state machine needs lambda:InvokeFunction on arn:aws:f:1.",
        ),
        (
            "Odd.Error",
            "User: x is not authorized to perform: sns:Publish",
            "The role of the state machine needs sns:Publish.",
        ),
        ("Lambda.TooManyRequestsException", "Rate exceeded", "The service was too busy."),
        ("Odd.Error", "Rate exceeded", "The service was too busy. The state was tried 1 time."),
        ("Lambda.ServiceException", "x", "Lambda.ServiceException passes: AWS advises a Retry"),
        ("S3.NoSuchBucketException", "x", "Check that the resource in the request exists"),
        (
            "KeyError",
            '{"errorType": "KeyError", "errorMessage": "id", "stackTrace": ["a", "b"]}',
            "The function raised KeyError: id",
        ),
        (
            "States.TaskFailed",
            '{"ExecutionArn": "arn:aws:states:x", "Status": "FAILED", "Error": "Inner"}',
            "The nested execution ended FAILED with Inner.",
        ),
        (
            "States.TaskFailed",
            '{"JobId": "j-1", "Status": "FAILED", "StatusReason": "no disk"}',
            "The service's reason: no disk",
        ),
    ],
)
def test_an_error_is_explained_by_its_kind(error: str, cause: str, advice: str) -> None:
    """A denied action, a busy service, a missing resource, a job and others."""
    found = reason_of(machine(T=TASK), failing(error, cause))
    assert found.summary == f"T failed with {error}."
    assert any(line.startswith(advice) for line in found.advice)


@pytest.mark.parametrize(
    ("resource", "timeout", "advice"),
    [
        (CALLBACK, "heartbeat", "No heartbeat came for 10 s (HeartbeatSeconds)"),
        (ACTIVITY, "task", "The attempt reached its TimeoutSeconds of 60 s"),
        (CALLBACK, "task", "Nothing sent the task token of sqs:sendMessage.waitForTaskToken"),
        (FUNCTION, "task", f"Look at how long {FUNCTION} takes"),
    ],
)
def test_a_timeout_is_told_from_a_missed_heartbeat(
    resource: str, timeout: Any, advice: str
) -> None:
    """A task may have both limits; the earlier one ends it."""
    limits = {"TimeoutSeconds": 60, "HeartbeatSeconds": 10} if resource != FUNCTION else {}
    task = {"Type": "Task", "Resource": resource, "TimeoutSeconds": 60, **limits}
    found = reason_of(machine(T=task), lambda _call: Later(submitted={}, timeout=timeout))
    assert any(line.startswith(advice) for line in found.advice)
    assert any("No heartbeat" in line for line in found.advice) is (timeout == "heartbeat")


@pytest.mark.parametrize(
    ("handlers", "advice"),
    [
        ({}, "T has no Catch."),
        ({"Catch": ["broken"]}, '"broken" came nearest: names must agree in upper and lower case.'),
        ({"Catch": ["Own.Broken", "Other"]}, '"Own.Broken" came nearest.'),
        ({"Catch": ["States.Timeout"]}, "No Catch of T names Broken; it catches States.Timeout."),
        ({"Retry": ["Busy"]}, "No Retry of T names Broken; it retries Busy."),
        ({"Retry": ["Broken"]}, "T was tried 4 times: its Retry of Broken allows 3 retries."),
    ],
)
def test_the_handlers_that_did_not_help_are_named(
    handlers: Mapping[str, list[str]], advice: str
) -> None:
    """And the catcher whose name is the most like the error's."""
    fields = {
        field: [{"ErrorEquals": names} | ({"Next": "Stop"} if field == "Catch" else {})]
        for field, names in handlers.items()
    }
    definition = machine(T={**TASK, **fields, "Next": "Done"}, Stop=FAIL, Done=DONE)
    assert advice in " ".join(reason_of(definition, failing("Broken")).advice)


@pytest.mark.parametrize(
    ("field", "data"),
    [("Parameters", "The input of the state was"), ("ResultSelector", "The result of the state")],
)
def test_a_missing_path_is_followed_in_the_data_that_it_reads(field: str, data: str) -> None:
    """Parameters read the input, and a ResultSelector reads the result."""
    definition = machine(T={**TASK, field: {"a.$": "$.order.idd"}})
    value = {"order": {"id": 7}} if field == "Parameters" else {"order": {"ix": 7}}
    found = reason_of(definition, lambda _call: {"order": {"ix": 7}}, {"order": {"id": 7}})
    assert any(line.startswith(data) for line in found.advice)
    known = [*value["order"]][0]  # noqa: RUF015 - of one
    assert any(f"$.order has the members {known}, and not idd" in line for line in found.advice)


def test_a_fail_state_is_explained_by_the_way_there() -> None:
    """The caught failure, and the Choice after it; a Choice before it led elsewhere."""
    first = {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "Over"}]}
    caught = {"ErrorEquals": ["States.ALL"], "Next": "Over"}
    work = {**TASK, "Catch": [caught], "End": True}
    straight = machine(First={**first, "Default": "T"}, T=work, Over=FAIL)
    found = reason_of(straight, failing("Broken"))
    assert found.summary == "The Fail state Over ended the execution with Stopped."
    assert found.advice == (
        "It came there because T failed, and a Catch took it: Broken: it failed",
    )
    again = {**straight["States"], "T": {**work, "Catch": [{**caught, "Next": "Second"}]}}
    second = {"Second": {**first, "Default": "Over"}}
    found = reason_of({**straight, "States": {**again, **second}}, failing("Broken"))
    assert len(found.advice) == 2
    assert found.advice[1].startswith("The Choice Second led to it.")


def test_the_visit_that_failed_is_the_one_that_the_cause_names() -> None:
    """The same state succeeded before."""
    zero = {"Variable": "$.n", "NumericEquals": 0, "Next": "One"}
    definition = machine(
        C={"Type": "Choice", "Choices": [zero]},
        One={"Type": "Pass", "Result": {"n": 1}, "Next": "C"},
    )
    found = reason_of(definition, failing("never"), {"n": 0})
    assert found.visit is not None
    assert (found.visit.state, found.visit.input) == ("C", '{"n":1}')
    assert "Add a rule for this data, or a Default." in found.advice
    assert 'The data was {"n":1}' in found.advice


def test_ways_that_look_alike_are_said_to_be_several() -> None:
    """Two rules lead to the same state, and a history doesn't say which one was taken."""
    rules = [{"Variable": f"$.{name}", "IsPresent": True, "Next": "Done"} for name in "xy"]
    definition = machine(
        C={"Type": "Choice", "Choices": rules, "Default": "Stop"}, Done=DONE, Stop=FAIL
    )
    events = [*api_events(execute(definition, {"x": 1}).events)]
    assert "1× by one of 2" in way_diagram(read_timeline(events), None, definition)
