"""The answers of a test: every form becomes a mock that does the same."""

from __future__ import annotations

import math
from typing import Any
from unittest.mock import Mock

import pytest

from sfn_release.errors import ConfigError, UsageError
from sfn_release.simulator import Mocks, TaskFailure
from sfn_release.testing import Call, Error, Payload, Result, Run, Timeout
from sfn_release.testing.answers import answers_of
from sfn_release.testing.run_definition import run_definition
from sfn_release.testing.scenario import STARTED
from support.executions import SEED, machine

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"
PUT = "arn:aws:states:::dynamodb:putItem"
QUEUE = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
JOB = "arn:aws:states:::glue:startJobRun.sync"
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:pack"

PARAMETERS = {
    PUT: {"TableName": "t", "Item": {}},
    INVOKE: {"FunctionName": "charge", "Payload": {"id": 7}},
    QUEUE: {"QueueUrl": "q", "MessageBody": "m"},
    JOB: {"JobName": "j"},
}


def task(resource: str = LAMBDA, **fields: Any) -> dict[str, Any]:
    """Return a definition with the one task `Charge`."""
    given = {"Parameters": PARAMETERS[resource]} if resource in PARAMETERS else {}
    return machine(Charge={"Type": "Task", "Resource": resource, **given, **fields})


def run(definition: dict[str, Any], answer: Any, input: Any = None) -> Run:
    """Run a definition whose task `Charge` has the *answer*."""
    mocks = answers_of({"Charge": answer})
    return run_definition(definition, {} if input is None else input, tasks=mocks, context=SEED)


ENVELOPE = {"ExecutedVersion": "$LATEST", "Payload": {"paid": True}, "StatusCode": 200}


@pytest.mark.parametrize(
    ("resource", "answer", "output"),
    [
        (LAMBDA, Result({"a": 1}), {"a": 1}),
        (LAMBDA, {"a": 1}, {"a": 1}),
        (LAMBDA, {"error": 1, "other": 2}, {"error": 1, "other": 2}),
        (LAMBDA, "text", "text"),
        (LAMBDA, None, None),
        (LAMBDA, {}, {}),
        (LAMBDA, Payload(paid=True), {"paid": True}),
        (LAMBDA, Payload([1, 2]), [1, 2]),
        (LAMBDA, Payload(), {}),
        (LAMBDA, Payload(None), None),
        (INVOKE, Payload(paid=True), ENVELOPE),
        ("arn:aws-cn:states:::lambda:invoke", Payload(paid=True), ENVELOPE),
        (f"{INVOKE}.waitForTaskToken", Payload(paid=True), {"paid": True}),
        (
            "arn:aws:states:::aws-sdk:lambda:invoke",
            Payload(paid=True),
            {**ENVELOPE, "Payload": '{"paid":true}'},
        ),
        (INVOKE, {"payload": {"paid": True}}, ENVELOPE),
        (PUT, {"return": {"Attributes": {}}}, {"Attributes": {}}),
        (QUEUE, Result({"ok": 1}, submitted={"MessageId": "1"}), {"ok": 1}),
        (ACTIVITY, Result([1]), [1]),
    ],
)
def test_a_task_gets_the_result(resource: str, answer: Any, output: Any) -> None:
    """Plain values are results, and a payload is right for every way to call a function."""
    given = PARAMETERS.get(resource.replace("aws-cn", "aws").removesuffix(".waitForTaskToken"))
    if "lambda:invoke" in resource:
        given = PARAMETERS[INVOKE]
    done = run(machine(Charge={"Type": "Task", "Resource": resource, "Parameters": given}), answer)
    assert (done.status, done.output) == ("SUCCEEDED", output)


@pytest.mark.parametrize("resource", [PUT, ACTIVITY, JOB])
def test_a_payload_is_for_functions(resource: str) -> None:
    """The mock of another task can't be a payload, and the cause says so."""
    done = run(task(resource), Payload(paid=True))
    assert done.error == "SfnRelease.BadMock"
    assert f"the task calls {resource}. Use Result(...)" in (done.cause or "")


def test_a_list_answers_successive_calls() -> None:
    """Forms can be mixed, and the last answer repeats."""
    retry = [{"ErrorEquals": ["Busy", "KeyError"], "MaxAttempts": 5, "IntervalSeconds": 1}]
    answers = [Error("Busy", "later", seconds=3), lambda _: Error("KeyError"), {"paid": 1}]
    done = run(task(Retry=retry), answers)
    assert done.output == {"paid": 1}
    assert [call.error for call in done.calls["Charge"]] == ["Busy", "KeyError", None]
    assert done.seconds == 3 + 1 + 2


def test_answers_can_be_counted_over_all_iterations() -> None:
    """As in a mock file."""
    each = {"Type": "Map", "ItemProcessor": task()}
    answer = {"per": "execution", "answers": [Payload(1), 2]}
    assert run(machine(Each=each), answer, [0, 0]).output == [1, 2]
    assert run(machine(Each=each), [Payload(1), 2], [0, 0]).output == [1, 1]


def test_a_function_gets_the_arguments_and_the_call() -> None:
    """It may change its copy of the arguments, and return any answer."""
    seen: list[Call] = []

    def answer(arguments: Any, call: Call) -> Any:
        seen.append(call)
        arguments["FunctionName"] = "changed"
        return Error("Busy") if call.attempt == 0 else Payload(paid=True)

    done = run(task(INVOKE, Retry=[{"ErrorEquals": ["Busy"]}]), answer)
    assert done.output == ENVELOPE
    assert [(call.state, call.resource, call.attempt) for call in seen] == [
        ("Charge", INVOKE, 0),
        ("Charge", INVOKE, 1),
    ]
    assert done.calls["Charge"][0].arguments["FunctionName"] == "charge"


def test_a_function_with_a_default_gets_the_arguments_alone() -> None:
    """Only a second parameter that it needs is the call."""
    assert run(task(), lambda arguments, name="x": [arguments, name], 1).output == [1, "x"]
    assert run(task(), len, [1, 2]).output == 2


@pytest.mark.parametrize("error", [KeyError("missing"), ZeroDivisionError(), TypeError("no")])
def test_an_exception_of_a_function_reaches_the_test(error: Exception) -> None:
    """The function is the test's, so its bug isn't a failure of the task."""

    def answer(_: Any) -> Any:
        raise error

    with pytest.raises(type(error)) as raised:
        run(task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Charge"}]), answer)
    assert raised.value is error


def test_a_function_fails_its_task_on_purpose() -> None:
    """It returns an Error, or raises TaskFailure."""

    def answer(_: Any) -> Any:
        raise TaskFailure("Busy", "Slow down")

    failed = run(task(), answer)
    assert (failed.error, failed.cause) == ("Busy", "Slow down")
    assert run(task(), lambda _: Error("Busy")).error == "Busy"


@pytest.mark.parametrize(
    "answer", [lambda: 1, lambda a, b, c: [a, b, c], lambda *, a: a, [lambda: 1]]
)
def test_a_function_that_cannot_be_called_is_refused_before_the_run(answer: Any) -> None:
    """Otherwise the task would fail, and a test that expects a failure would pass."""
    with pytest.raises(UsageError, match="'Charge' can't be called"):
        run(task(), answer)


@pytest.mark.parametrize(
    "answer",
    [lambda *values: len(values), lambda _, /, b=2, *, c=3: b + c - 4, Mock(return_value=1)],
)
def test_a_function_that_takes_one_value_gets_the_arguments(answer: Any) -> None:
    """Variable arguments, defaults and mock objects."""
    assert run(task(), answer).output == 1


ODD = [None, [1], {1}, object(), math.nan, math.inf, b"x", -1, "1", STARTED, len]


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_faulty_members_of_answers_are_refused(value: Any) -> None:
    """At the line of the test that has them."""
    for make in (lambda: Result(1, seconds=value), lambda: Error("A", seconds=value)):
        with pytest.raises(UsageError, match="must be a number, 0 or more"):
            make()
    with pytest.raises(UsageError, match="must be True or False"):
        Timeout(heartbeat=value)
    if not isinstance(value, str | None):
        for make in (lambda: Error(value), lambda: Error("A", value)):
            with pytest.raises(UsageError, match="of an Error must be a text"):
                make()


def test_a_result_that_is_not_json_is_a_fault_of_the_test() -> None:
    """Also one that refers to itself, or has other keys than texts."""
    loop: list[Any] = []
    loop.append(loop)
    for answer in (loop, {1}, {(1,): 2}, lambda _: loop, lambda _: object(), Result(loop)):
        done = run(task(INVOKE), [answer] if isinstance(answer, list) else answer)
        assert done.error == "SfnRelease.BadMock"


def test_an_assertion_in_a_function_fails_the_test() -> None:
    """The assertion is the test's own."""

    def answer(arguments: Any) -> Any:
        assert arguments["amount"] == 40
        return {}

    with pytest.raises(AssertionError):
        run(task(), answer, {"amount": 41})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Error("Busy"), ("Busy", "A mocked error.")),
        (Error("Busy", "Come back"), ("Busy", "Come back")),
        (Error("Busy", None), ("Busy", None)),
        ({"error": "Busy", "cause": "c"}, ("Busy", "c")),
    ],
)
def test_a_task_fails(answer: Any, expected: tuple[str, str | None]) -> None:
    """An error has a name and a cause."""
    done = run(task(), answer)
    assert (done.status, (done.error, done.cause)) == ("FAILED", expected)


def test_a_job_can_be_refused_at_its_submission() -> None:
    """Its history then has no TaskSubmitted."""
    for refused in (True, False):
        done = run(
            task(JOB), Error("Glue.Busy", at_submission=refused, submitted={"JobRunId": "1"})
        )
        types = [event.type for event in done.outcome.events]
        assert ("TaskSubmitted" in types) is not refused


CAUGHT = [
    {"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Silent"},
    {"ErrorEquals": ["States.Timeout"], "Next": "Late"},
]


@pytest.mark.parametrize("resource", [LAMBDA, QUEUE, ACTIVITY, JOB])
@pytest.mark.parametrize("answer", [Timeout(), {"timeout": True}])
def test_a_task_runs_into_its_timeout(resource: str, answer: Any) -> None:
    """Its heartbeats come in time, if it has any."""
    fields = {"TimeoutSeconds": 60, "HeartbeatSeconds": 10, "Catch": CAUGHT}
    definition = machine(
        Charge={**task(resource)["States"]["Charge"], **fields, "Next": "Late"},
        Late={"Type": "Succeed"},
        Silent={"Type": "Succeed"},
    )
    done = run(definition, answer)
    assert (done.path, done.seconds) == (["Charge", "Late"], 60)
    assert done.states["Charge"].error == "States.Timeout"


@pytest.mark.parametrize("answer", [Timeout(heartbeat=True), {"timeout": "heartbeat"}])
def test_a_worker_can_be_silent(answer: Any) -> None:
    """The task runs into its HeartbeatSeconds."""
    fields = {"TimeoutSeconds": 60, "HeartbeatSeconds": 10, "Catch": CAUGHT}
    definition = machine(
        Charge={**task(QUEUE)["States"]["Charge"], **fields, "Next": "Late"},
        Late={"Type": "Succeed"},
        Silent={"Type": "Succeed"},
    )
    done = run(definition, answer)
    assert (done.path, done.seconds) == (["Charge", "Silent"], 10)


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        (task(LAMBDA, HeartbeatSeconds=5), "only activities and .waitForTaskToken tasks"),
        (task(QUEUE, TimeoutSeconds=5), "the state has no HeartbeatSeconds. Use Timeout()."),
    ],
)
def test_a_heartbeat_needs_a_worker(definition: dict[str, Any], problem: str) -> None:
    """A task that has none can't miss it."""
    done = run(definition, Timeout(heartbeat=True))
    assert done.error == "SfnRelease.BadMock"
    assert problem in (done.cause or "")


def test_a_task_without_a_timeout_lasts_as_long_as_its_execution() -> None:
    """As on AWS: this shows that a timeout is missing."""
    done = run({**task(), "TimeoutSeconds": 90}, Timeout())
    assert (done.status, done.seconds) == ("TIMED_OUT", 90)


@pytest.mark.parametrize(
    ("mocks", "problem"),
    [
        ([], "mocks must be a dictionary, not list"),
        ({1: {}}, "The mock 1 has no name"),
        ({"A": Timeout}, r"Write Timeout\(...\)"),
        ({"A": ValueError("x")}, r'Write Error\("ValueError"\)'),
        ({"A": KeyError}, r'Write Error\("KeyError"\)'),
    ],
)
def test_slips_are_refused(mocks: Any, problem: str) -> None:
    """The error says which form was meant."""
    with pytest.raises(UsageError, match=problem):
        answers_of(mocks)


@pytest.mark.parametrize(
    ("mocks", "problem"),
    [
        ({"A": []}, "an empty list has no answer"),
        ({"A": {"return": 1, "second": 2}}, 'unknown key "second"'),
        ({"A": {"timeout": 5}}, '"timeout" must be true or "heartbeat"'),
        ({"A": {"timeout": True, "seconds": 5}}, '"seconds" needs'),
    ],
)
def test_faulty_answers_are_refused(mocks: Any, problem: str) -> None:
    """The answers of mock files are checked as in a mock file."""
    with pytest.raises(ConfigError, match=problem):
        answers_of(mocks)


def test_a_payload_is_one_value() -> None:
    """Either a positional value, or members."""
    with pytest.raises(UsageError, match="one value, or an object's members"):
        Payload([1], paid=True)
    assert Payload(a=1) == Payload({"a": 1})


def test_mocks_stay_as_they_are() -> None:
    """They're converted once."""
    mocks = Mocks({"A": {"return": 1}})
    assert answers_of(mocks) is mocks
    assert answers_of(None).unused([]) == []
