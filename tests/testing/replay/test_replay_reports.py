"""What a replay reports, for each kind of difference, written by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sfn_release.simulator import (
    Later,
    Mocks,
    TaskCall,
    TaskFailure,
    TaskResult,
)
from sfn_release.testing.histories.history_files import execution_of
from sfn_release.testing.replay.replay_execution import replay_execution
from sfn_release.testing.replay.replayed import Difference, Replayed, Unanswered
from support.executions import SEED, START, machine
from support.recorded_runs import FUNCTION, changed, parts, record

CHARGE = {"Type": "Task", "Resource": FUNCTION, "ResultPath": "$.charge"}
IS_PAID = {
    "Type": "Choice",
    "Choices": [{"Variable": "$.charge.paid", "BooleanEquals": True, "Next": "Ship"}],
    "Default": "Refuse",
}
ORDER = machine(
    Prepare={"Type": "Pass", "Result": "EUR", "ResultPath": "$.currency"},
    Charge=CHARGE,
    Paid=IS_PAID,
    Ship={
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"Id.$": "$.id"},
    },
    Refuse={"Type": "Fail", "Error": "Refused", "Cause": "Not paid"},
)
ORDER["States"]["Ship"] |= {"End": True}
ORDER["States"]["Ship"].pop("Next", None)


def paid(call: TaskCall) -> Any:
    """Answer the tasks of an order that is paid."""
    return TaskResult({"paid": True} if call.state == "Charge" else {"MessageId": "1"}, seconds=2)


RECORDING = record(ORDER, paid)


def test_the_same_definition_is_the_same() -> None:
    """The whole report is empty."""
    assert replay_execution(RECORDING, ORDER) == Replayed(RECORDING.arn, (), (), "", [])


def test_another_way_is_reported_where_the_two_part() -> None:
    """After the last state of both, with the states that follow, and the data there."""
    candidate = changed(ORDER)
    candidate["States"]["Paid"]["Choices"][0]["BooleanEquals"] = False
    data = {"id": "7", "currency": "EUR", "charge": {"paid": True}}
    end = {"status": "FAILED", "error": "Refused", "cause": "Not paid"}
    assert list(replay_execution(RECORDING, candidate).differences) == [
        Difference("Paid", "path", "Ship", "Refuse", recorded_data=data, candidate_data=data),
        Difference("Paid", "status", {"status": "SUCCEEDED"}, end),
    ]


def test_arguments_are_compared_with_what_the_task_received() -> None:
    """The first place that differs is named, and the state whose data differ first."""
    candidate = changed(ORDER, Prepare={"Result": "USD"})
    first, *_ = replay_execution(RECORDING, candidate).differences
    assert first == Difference(
        "Charge",
        "arguments",
        "EUR",
        "USD",
        at="$.currency",
        origin="Prepare",
        recorded_data={"id": "7", "currency": "EUR"},
        candidate_data={"id": "7", "currency": "USD"},
    )


def test_a_missing_argument_is_told_from_null() -> None:
    """The side without a value is named."""
    candidate = changed(ORDER, Ship={"Parameters": {"Id.$": "$.id", "Name": None}})
    (found,) = replay_execution(RECORDING, candidate).differences
    assert (found.at, found.recorded, found.candidate, found.missing) == (
        *("$.Name", None),
        *(None, "recorded"),
    )


def test_another_output_is_reported_at_the_state_that_made_it() -> None:
    """The requests are the same, the end isn't."""
    candidate = changed(ORDER, Ship={"ResultPath": "$.sent"})
    assert parts(replay_execution(RECORDING, candidate)) == [
        ("output", "Ship", "1", None),
    ]


def test_another_variable_is_reported_at_the_state_that_assigned_it() -> None:
    """Its use is where the two part, and the assignment is the origin."""
    definition = machine(
        Set={"Type": "Pass", "Assign": {"currency": "EUR"}},
        Other={"Type": "Pass"},
        Use={"Type": "Task", "Resource": FUNCTION, "Parameters": {"in.$": "$currency"}},
    )
    candidate = changed(definition, Set={"Assign": {"currency": "USD"}})
    (found,) = replay_execution(record(definition, paid), candidate).differences
    assert (found.what, found.state, found.at, found.origin) == ("arguments", "Use", "$.in", "Set")


def test_data_that_nothing_uses_are_no_difference() -> None:
    """The way, the requests and the end are the same."""
    definition = machine(
        One={"Type": "Pass", "Result": 1, "ResultPath": "$.seen"},
        Two={"Type": "Pass", "Result": "the end"},
    )
    candidate = changed(definition, One={"Result": 2})
    assert replay_execution(record(definition, paid), candidate).same


def test_a_renamed_task_gets_its_answer_and_is_reported() -> None:
    """It has the same resource and equal arguments, and neither name is known to the other."""
    text = json.dumps(ORDER).replace('"Charge"', '"Take The Money"')
    replayed = replay_execution(RECORDING, json.loads(text))
    assert parts(replayed) == [("path", "Charge", "Charge", "Take The Money")]
    assert replayed.differences[0].renamed


def test_a_renamed_task_with_other_arguments_is_a_new_task() -> None:
    """Its answer isn't invented."""
    text = json.dumps(ORDER).replace('"Charge"', '"Take The Money"')
    candidate = changed(json.loads(text), Prepare={"Result": "USD"})
    replayed = replay_execution(RECORDING, candidate)
    assert [found.state for found in replayed.unanswered] == ["Take The Money"]


def test_a_new_task_is_unanswered() -> None:
    """It's named with its request; what comes after isn't compared."""
    candidate = changed(ORDER, Prepare={"Next": "Audit"})
    candidate["States"]["Audit"] = {"Type": "Task", "Resource": FUNCTION, "Next": "Charge"}
    replayed = replay_execution(RECORDING, candidate)
    assert parts(replayed) == [("path", "Prepare", "Charge", "Audit")]
    assert list(replayed.unanswered) == [
        Unanswered(
            "Audit",
            FUNCTION,
            {"id": "7", "currency": "EUR"},
            "The recorded execution didn't get to this task.",
        )
    ]


def test_mocks_answer_what_is_not_recorded() -> None:
    """The rest of the execution is replayed as recorded."""
    candidate = changed(ORDER, Prepare={"Next": "Audit"})
    candidate["States"]["Audit"] = {**CHARGE, "ResultPath": None, "Next": "Charge"}
    mocks = Mocks({"Audit": {"payload": "seen"}})
    replayed = replay_execution(RECORDING, candidate, mocks=mocks)
    assert parts(replayed) == [("path", "Prepare", "Charge", "Audit")]
    assert not replayed.unanswered


def test_mocks_answer_a_task_with_new_arguments() -> None:
    """The recorded answer was for another request."""
    candidate = changed(ORDER, Prepare={"Result": "USD"})
    mocks = Mocks({"Charge": {"payload": {"paid": False}}})
    assert parts(replay_execution(RECORDING, candidate, mocks=mocks))[:2] == [
        ("arguments", "Charge", "EUR", "USD"),
        ("path", "Paid", "Ship", "Refuse"),
    ]


def test_another_resource_is_unanswered() -> None:
    """The reason names the recorded one."""
    candidate = changed(ORDER, Ship={"Resource": "arn:aws:states:::sqs:sendMessage"})
    candidate["States"]["Ship"]["Parameters"] = {"QueueUrl": "q", "MessageBody": "m"}
    (found,) = replay_execution(RECORDING, candidate).unanswered
    assert found.reason == "The recorded task called sns:publish."


def busy(call: TaskCall) -> Any:
    """Fail the payment twice, and succeed then."""
    if call.state == "Charge" and call.attempt < 2:
        raise TaskFailure("Busy", "Later", seconds=1)
    return paid(call)


def test_fewer_retries_end_the_execution() -> None:
    """The recorded state was tried again."""
    retried = changed(ORDER, Charge={"Retry": [{"ErrorEquals": ["Busy"]}]})
    replayed = replay_execution(record(retried, busy), ORDER)
    assert parts(replayed)[0] == ("path", "Charge", "Charge", None)
    assert parts(replayed)[1][:2] == ("status", "Charge")


def test_more_retries_need_an_answer() -> None:
    """The task failed for good in the recording."""
    once = changed(ORDER, Charge={"Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1}]})
    more = changed(ORDER, Charge={"Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 2}]})
    (found,) = replay_execution(record(once, busy), more).unanswered
    assert found.reason == "The recorded task was called 2 times, this is one more."


def test_a_dropped_catch_is_found_at_its_state() -> None:
    """The recorded execution went on in the catcher's state."""
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Refuse"}]
    recording = record(changed(ORDER, Charge={"Catch": catch}), busy)
    assert parts(replay_execution(recording, ORDER))[0] == ("path", "Charge", "Refuse", None)


@pytest.mark.parametrize(("limit", "same"), [(None, True), (60, True), (2, True), (1, False)])
def test_a_recorded_duration_counts_against_a_new_timeout(limit: int | None, same: bool) -> None:
    """The task took two seconds."""
    candidate = changed(ORDER, Charge={"TimeoutSeconds": limit} if limit else {})
    assert replay_execution(RECORDING, candidate).same is same


def test_a_duration_over_its_own_timeout_ends_as_recorded() -> None:
    """AWS's events are a little later than its own measure."""
    limited = changed(ORDER, Charge={"TimeoutSeconds": 2})
    events = [dict(event) for event in record(limited, paid).events]
    for event in events[events.index(next(e for e in events if "Started" in e["type"])) + 5 :]:
        event["timestamp"] += timedelta(milliseconds=40)
    recording = execution_of(events, {"executionArn": SEED.execution_arn}, name="late")
    assert replay_execution(recording, limited).same


def test_more_time_for_a_task_that_timed_out_is_unanswered() -> None:
    """Nothing says how it would have ended."""

    def endless(_call: TaskCall) -> Any:
        return Later()

    recording = record(changed(ORDER, Charge={"TimeoutSeconds": 5}), endless)
    (found,) = replay_execution(recording, changed(ORDER, Charge={"TimeoutSeconds": 9})).unanswered
    assert found.reason == "The recorded task timed out after 5 s. Now it has 9 s."
    assert replay_execution(recording, changed(ORDER, Charge={"TimeoutSeconds": 5})).same
    assert replay_execution(recording, changed(ORDER, Charge={"TimeoutSeconds": 3})).same


def test_branches_and_iterations_are_compared_in_their_own_order() -> None:
    """The first iteration ends last; another argument is reported with its iteration."""
    inner = machine(Pack={"Type": "Task", "Resource": FUNCTION})
    definition = machine(
        Both={
            "Type": "Parallel",
            "Branches": [
                machine(Items={"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": inner}),
                machine(Tell={"Type": "Task", "Resource": FUNCTION}),
            ],
        }
    )

    def slowly(call: TaskCall) -> Any:
        return TaskResult({"done": True}, seconds=9 - call.iteration[0][1] if call.iteration else 5)

    recording = record(definition, slowly, {"items": [10, 20, 30]})
    assert replay_execution(recording, definition).same
    candidate = json.loads(json.dumps(definition))
    items = candidate["States"]["Both"]["Branches"][0]["States"]["Items"]
    items["ItemSelector"] = {"n.$": "$$.Map.Item.Index"}
    first, second, third = replay_execution(recording, candidate).differences
    assert (first.what, first.state, first.recorded, first.candidate) == (
        *("arguments", "Pack"),
        *(10, {"n": 0}),
    )
    assert (first.iterations, third.iterations) == ((("Items", 0),), (("Items", 2),))
    assert {first.origin, second.origin, third.origin} == {"Items"}


def test_fewer_iterations_are_another_way() -> None:
    """Even if nothing uses the Map's result."""
    definition = machine(
        Items={
            "Type": "Map",
            "ItemsPath": "$.items",
            "ResultPath": None,
            "ItemProcessor": machine(Pack={"Type": "Pass"}),
        }
    )
    recording = record(definition, paid, input={"items": [1, 2], "few": [1]})
    candidate = changed(definition, Items={"ItemsPath": "$.few"})
    assert parts(replay_execution(recording, candidate)) == [("path", "Items", "Pack", None)]


DRAWN = machine(
    Draw={
        "Type": "Pass",
        "Parameters": {"id.$": "States.Format('order-{}', States.UUID())", "fixed": 1},
        "ResultPath": "$.drawn",
    },
    Send={
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {
            "QueueUrl": "q",
            "MessageBody": {
                "token.$": "$$.Task.Token",
                "at.$": "$$.State.EnteredTime",
                "id.$": "$.drawn.id",
            },
        },
    },
)


def test_drawn_values_are_taken_over() -> None:
    """UUIDs, tokens and times are no difference, and the recorded ones go on."""
    assert replay_execution(record(DRAWN, paid), DRAWN).same
    assert replay_execution(replace(record(DRAWN, paid), arn="a file"), DRAWN).same


@pytest.mark.parametrize(
    ("template", "at"),
    [
        ({"id.$": "States.Format('ord-{}', States.UUID())", "fixed": 1}, "$.MessageBody.id"),
        ({"id": "order-1", "fixed": 1}, "$.MessageBody.id"),
    ],
)
def test_a_change_beside_a_drawn_value_is_found(template: dict[str, Any], at: str) -> None:
    """The parts that all draws share are compared."""
    candidate = changed(DRAWN, Draw={"Parameters": template})
    first, *_ = replay_execution(record(DRAWN, paid), candidate).differences
    assert (first.what, first.at, first.origin) == ("arguments", at, "Draw")


def test_a_choice_by_chance_can_go_as_recorded() -> None:
    """Some draw leads where the recorded execution went."""
    definition = machine(
        Toss={
            "Type": "Choice",
            "QueryLanguage": "JSONata",
            "Choices": [{"Condition": "{% $random() < 0.5 %}", "Next": "Heads"}],
            "Default": "Tails",
        },
        Heads={"Type": "Succeed"},
        Tails={"Type": "Succeed"},
    )
    for number in range(8):
        seed = replace(SEED, execution_arn=f"{SEED.execution_arn}-{number}")
        assert replay_execution(record(definition, paid, seed=seed), definition).same


def test_a_choice_by_time_goes_by_the_recorded_time() -> None:
    """The candidate compares it with an instant an hour later."""
    at = "2026-01-05T00:00:00Z"
    late = {"Variable": "$$.State.EnteredTime", "TimestampGreaterThanEquals": at}
    definition = machine(
        Wait={"Type": "Wait", "Timestamp": at},
        IsLate={"Type": "Choice", "Choices": [{**late, "Next": "Late"}], "Default": "Early"},
        Late={"Type": "Succeed"},
        Early={"Type": "Succeed"},
    )
    recording = record(definition, paid)
    assert replay_execution(recording, definition).same
    later = {**late, "TimestampGreaterThanEquals": "2026-01-05T01:00:00Z", "Next": "Late"}
    candidate = changed(definition, IsLate={"Choices": [later]})
    assert parts(replay_execution(recording, candidate)) == [("path", "IsLate", "Late", "Early")]


def test_a_history_without_data_says_so() -> None:
    """As with includeExecutionData=false."""
    recording = replace(RECORDING, input=None)
    assert (
        replay_execution(recording, ORDER).unreplayable
        == "The history doesn't have the execution's input."
    )
    events = [dict(event) for event in RECORDING.events]
    for event in events:
        if event["type"] == "LambdaFunctionSucceeded":
            event["lambdaFunctionSucceededEventDetails"] = {"outputDetails": {"truncated": True}}
    (found,) = replay_execution(replace(RECORDING, events=events), ORDER).unanswered
    assert found.reason == "The history doesn't have the task's result."


@pytest.mark.parametrize("count", range(1, len(RECORDING.events)))
@pytest.mark.parametrize("end", [None, "ExecutionAborted"])
def test_a_recording_that_is_cut_off_is_compared_so_far(count: int, end: str | None) -> None:
    """Running and aborted executions have no end of their own."""
    events = [*RECORDING.events[:count]]
    if end:
        last = {"id": count + 1, "previousEventId": 0, "type": end, "timestamp": START}
        events.append({**last, "executionAbortedEventDetails": {}})
    recording = execution_of(events, {"executionArn": SEED.execution_arn}, name="cut")
    assert recording.status == ("ABORTED" if end else "RUNNING")
    assert replay_execution(recording, ORDER).same


def test_a_definition_that_cannot_be_run_is_a_report() -> None:
    """Not an exception."""
    replayed = replay_execution(RECORDING, {"StartAt": "Prepare"})
    assert replayed.unreplayable.startswith("The definition can't be run: ")
