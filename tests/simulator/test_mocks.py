"""Mocks: answers for tasks without AWS, and the errors for missing ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sfn_release.errors import ConfigError
from sfn_release.simulator import (
    ContextSeed,
    ExecutionOutcome,
    Mocks,
    VirtualClock,
    load_mocks,
    simulate,
)
from sfn_release.simulator.mocks import task_names

START = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:000000000000"
SEED = ContextSeed(f"{ARN}:execution:m:e", "e", "role", f"{ARN}:stateMachine:m", "m", START)
INVOKE = "arn:aws:states:::lambda:invoke"


def charge(mocks: Mocks, **fields: Any) -> ExecutionOutcome:
    """Run a machine of one task, Charge."""
    state = {"Type": "Task", "Resource": INVOKE, "End": True, **fields}
    return simulate(
        {"StartAt": "Charge", "States": {"Charge": state, "Done": {"Type": "Succeed"}}},
        {"amount": 5},
        tasks=mocks,
        clock=VirtualClock(START),
        context=SEED,
    )


def test_a_task_is_answered_by_its_state_s_name_or_its_resource() -> None:
    """A mock for the state's name wins over a mock for the resource."""
    by_resource = {INVOKE: {"return": "resource"}}
    assert charge(Mocks(by_resource)).output == "resource"
    assert charge(Mocks({**by_resource, "Charge": {"return": "name"}})).output == "name"


def test_payload_stands_for_what_the_function_returns() -> None:
    """lambda:invoke wraps the payload; a function that is called by its ARN doesn't."""
    mocks = load_mocks('{"Charge": {"payload": {"ok": true}}}')
    envelope = {"ExecutedVersion": "$LATEST", "Payload": {"ok": True}, "StatusCode": 200}
    assert envelope == charge(mocks).output
    direct = "arn:aws:lambda:us-east-1:000000000000:function:charge"
    assert charge(mocks, Resource=direct).output == {"ok": True}


def test_a_list_answers_successive_calls_and_its_last_one_repeats() -> None:
    """Successive answers let you test retries."""
    retry = [{"ErrorEquals": ["Busy"], "MaxAttempts": 2}]
    answers: list[dict[str, Any]] = [{"error": "Busy", "cause": "later"}, {"return": 1}]
    assert charge(Mocks({"Charge": answers}), Retry=retry).output == 1
    outcome = charge(Mocks({"Charge": answers[:1]}), Retry=retry)
    assert (outcome.error, outcome.cause) == ("Busy", "later")


def each(*items: Any, mocks: Mocks, **fields: Any) -> ExecutionOutcome:
    """Run the task Charge for each of some items."""
    task = {"Type": "Task", "Resource": INVOKE, "End": True}
    processor = {"StartAt": "Charge", "States": {"Charge": task}}
    state = {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}
    return simulate(
        {"StartAt": "Each", "States": {"Each": state}},
        list(items),
        tasks=mocks,
        clock=VirtualClock(START),
        context=SEED,
    )


def test_a_sequence_can_count_the_calls_of_all_iterations() -> None:
    """``"per": "execution"`` counts as Step Functions Local does; the default is per iteration."""
    answers = [{"return": "first"}, {"return": "second"}]
    for per, expected in (("execution", ["first", "second"]), ("iteration", ["first", "first"])):
        text = json.dumps({"Charge": {"per": per, "answers": answers}})
        assert expected == each(1, 2, mocks=load_mocks(text)).output


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"per": "day", "answers": [{"return": 1}]}, '"iteration" or "execution"'),
        ({"per": "execution", "answers": {"return": 1}}, '"answers" must be a list'),
        ({"per": "execution", "answers": []}, "an empty list"),
        ({"per": "execution", "answers": [{"return": 1}], "seconds": 1}, "without other keys"),
        ({"per": "execution", "return": 1}, 'write "per" and "answers" together'),
        ({"per": "execution", "answer": [{"return": 1}]}, 'write "per" and "answers" together'),
        ({"per": "execution"}, 'write "per" and "answers" together'),
    ],
)
def test_a_sequence_that_is_not_one_is_refused(answer: Any, words: str) -> None:
    """The error is raised when the file is read, and names the key."""
    with pytest.raises(ConfigError) as caught:
        load_mocks(json.dumps({"Charge": answer}))
    assert words in caught.value.message
    assert '"Charge"' in caught.value.message


def test_the_hint_for_an_item_reader_shows_a_list() -> None:
    """An ItemReader's mock returns a list of items."""
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "b", "Key": "k"},
    }
    task = {"Type": "Pass", "End": True}
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"StartAt": "One", "States": {"One": task}, "ProcessorConfig": config}
    outcome = each(mocks=load_mocks("{}"), ItemReader=reader, ItemProcessor=processor)
    assert outcome.error == "SfnRelease.NoMock"
    assert 'The ItemReader of the Map "Each" (arn:aws:states:::s3:getObject)' in str(outcome.cause)
    assert '{"Each": {"return": [{"id": 1}, {"id": 2}]}}' in str(outcome.cause)


def test_keys_that_answer_nothing_are_found() -> None:
    """Tasks and item readers at any depth use mocks; a Parallel doesn't."""
    inner = {"StartAt": "In", "States": {"In": {"Type": "Task", "Resource": INVOKE, "End": True}}}
    reader = {"Resource": "arn:aws:states:::s3:getObject"}
    definition = {
        "StartAt": "P",
        "States": {
            "P": {"Type": "Parallel", "Branches": [inner], "Next": "M"},
            "M": {"Type": "Map", "ItemProcessor": inner, "ItemReader": reader, "End": True},
        },
    }
    keys = [
        "In",
        "M",
        INVOKE,
        "arn:aws:states:::s3:getObject",
        "Inn",
        "P",
        "arn:aws:states:::sns:publish",
    ]
    mocks = Mocks({key: {"return": 1} for key in keys})
    assert mocks.unused(task_names(definition)) == ["Inn", "P", "arn:aws:states:::sns:publish"]


def test_each_iteration_counts_its_own_calls() -> None:
    """Each iteration fails once and then succeeds."""
    task = {"Type": "Task", "Resource": INVOKE, "End": True, "Retry": [{"ErrorEquals": ["Busy"]}]}
    processor = {"StartAt": "Charge", "States": {"Charge": task}}
    outcome = simulate(
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True}}},
        [1, 2],
        tasks=Mocks({"Charge": [{"error": "Busy"}, {"return": "ok"}]}),
        clock=VirtualClock(START),
        context=SEED,
    )
    assert outcome.output == ["ok", "ok"]


def test_fresh_mocks_have_not_been_called() -> None:
    """One set of mocks serves many executions."""
    mocks = Mocks({"Charge": [{"return": 1}, {"return": 2}]})
    assert charge(mocks).output == 1
    assert charge(mocks.fresh()).output == 1
    assert charge(mocks).output == 2


def test_a_callable_that_cannot_take_the_payload_is_refused() -> None:
    """Otherwise each call would fail its task with a TypeError."""
    for answer in (lambda: 1, lambda a, b: [a, b], [lambda: 1]):
        with pytest.raises(ConfigError, match="the callable can't take the task's payload alone"):
            Mocks({"A": answer})  # type: ignore[dict-item]
    assert Mocks({"A": len}).unused([]) == ["A"]


def test_a_callable_answers_and_what_it_raises_fails_the_task() -> None:
    """An exception has the form of a Lambda function's, and changes to the payload are local."""

    def double(payload: Any) -> Any:
        payload["amount"] *= 2
        return payload

    def refuse(_payload: Any) -> Any:
        raise KeyError("card")

    assert charge(Mocks({"Charge": double}), ResultPath="$.r").output == {
        "amount": 5,
        "r": {"amount": 10},
    }
    outcome = charge(Mocks({"Charge": refuse}))
    assert outcome.error == "KeyError"
    assert outcome.cause == '{"errorMessage": "\'card\'", "errorType": "KeyError"}'


def test_a_task_without_a_mock_fails_the_execution_and_says_how_to_add_one() -> None:
    """Retry and Catch don't hide a missing mock."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    retry = [{"ErrorEquals": ["States.ALL"]}]
    mocks = load_mocks("{}", file="workflows/orders.mocks.json")
    outcome = charge(mocks, Catch=catch, Retry=retry)
    assert (outcome.status, outcome.error) == ("FAILED", "SfnRelease.NoMock")
    assert outcome.cause == (
        'The task "Charge" (arn:aws:states:::lambda:invoke) has no mock.'
        ' Add one to workflows/orders.mocks.json: {"Charge": {"payload": {}}}'
    )


def test_an_answer_that_is_not_json_is_told() -> None:
    """A Python callable may return any value, so its answer is checked."""
    outcome = charge(Mocks({"Charge": lambda _: {1, 2}}))
    assert outcome.error == "SfnRelease.BadMock"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "the mock file: Invalid JSON"),
        ('{"A": {"return": 1}, "A": {"return": 2}}', 'the key "A" appears twice'),
        ("[]", "a mock file must be one JSON object"),
        ('{"A": 1}', '"A": an answer must be an object, not 1'),
        ('{"A": []}', '"A": an empty list has no answer'),
        ('{"A": [{"return": 1}, {}]}', '"A"[1]: an answer needs exactly one of'),
        ('{"A": {"return": 1, "error": "E"}}', '"A": an answer needs exactly one of'),
        ('{"A": {"return": 1, "second": 2}}', '"A": unknown key "second"'),
        ('{"A": {"retrun": 1}}', 'Did you mean "return"?'),
        ('{"A": {"x": 1}}', "Known here: return, payload, error, timeout, cause, seconds"),
        ('{"A": {}}', '"submitted" can be alone'),
        ('{"A": [1, 2]}', 'If the list is the result, write {"return": [...]}.'),
        ('{"A": {"submitted": 1, "seconds": 2}}', '"A": "seconds" needs "return", "payload" or'),
        ('{"A": {"return": 1, "cause": ""}}', '"A": "cause" needs "error" beside it'),
        ('{"A": {"error": 1}}', '"A": "error" must be a string'),
        ('{"A": {"return": 1, "seconds": -1}}', '"A": "seconds" must be a number'),
    ],
)
def test_a_mock_file_of_another_shape_is_refused_by_key(text: str, words: str) -> None:
    """The ConfigError names the key and the fault."""
    with pytest.raises(ConfigError) as caught:
        load_mocks(text)
    assert words in str(caught.value)


JOB = "arn:aws:states:::glue:startJobRun.sync"
SEND = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
QUEUE = {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}


def details(outcome: ExecutionOutcome, type: str) -> Any:
    """Return the details of the only event of a type."""
    (found,) = (event.details for event in outcome.events if event.type == type)
    (value,) = found.values()
    return value


@pytest.mark.parametrize("resource", [JOB, SEND])
def test_a_mock_answers_the_submission_and_the_end(resource: str) -> None:
    """The history has both answers, also for a task that fails."""
    parameters = QUEUE if resource == SEND else {"JobName": "j"}
    fields = {"Resource": resource, "Parameters": parameters}
    mock = {"submitted": {"id": 1}, "return": {"done": True}}
    done = charge(Mocks({"Charge": mock}), **fields)
    assert done.output == {"done": True}
    assert details(done, "TaskSubmitted")["output"] == '{"id":1}'
    failed = charge(Mocks({"Charge": {"submitted": {"id": 1}, "error": "E"}}), **fields)
    assert (failed.error, details(failed, "TaskSubmitted")["output"]) == ("E", '{"id":1}')


def test_a_mock_of_the_submission_leaves_the_end_to_you() -> None:
    """A callback task waits for SendTaskSuccess, here until its timeout."""
    mocks = load_mocks('{"Charge": {"submitted": {"MessageId": "1"}}}')
    done = charge(mocks, Resource=SEND, Parameters=QUEUE, TimeoutSeconds=60)
    assert done.error == "States.Timeout"
    assert details(done, "TaskSubmitted")["output"] == '{"MessageId":"1"}'


@pytest.mark.parametrize(
    ("resource", "mock", "said"),
    [
        (INVOKE, {"submitted": 1}, "alone, which is for a .waitForTaskToken task"),
        (JOB, {"submitted": 1}, "alone, which is for a .waitForTaskToken task"),
        (INVOKE, {"submitted": 1, "return": 2}, "which is for a .sync or .waitForTaskToken task"),
    ],
)
def test_only_a_submitted_task_has_a_submission(resource: str, mock: Any, said: str) -> None:
    """A mock that would never end fails the execution at once, whatever its Retry and Catch."""
    parameters = {"JobName": "j"} if resource == JOB else {"FunctionName": "f"}
    failed = charge(Mocks({"Charge": mock}), Resource=resource, Parameters=parameters)
    assert failed.error == "SfnRelease.BadMock"
    assert said in (failed.cause or "")


@pytest.mark.parametrize("text", ['{"submitted": 1, "seconds": 2}', '{"seconds": 2}'])
def test_a_submission_takes_no_time(text: str) -> None:
    """Seconds belong to the end of a task."""
    with pytest.raises(ConfigError):
        load_mocks(f'{{"A": {text}}}')
