"""The simulator: data flow, order, time, failures, limits."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from sfn_release.simulator import (
    ExecutionOutcome,
    Mocks,
    TaskCall,
    TaskFailure,
    TaskResult,
    VirtualClock,
    simulate,
)
from sfn_release.simulator.text_store import TextStore, with_texts
from support.executions import SEED, START, Answers, types
from support.executions import machine as chain

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f"
INVOKE = "arn:aws:states:::lambda:invoke"


def run(definition: Mapping[str, Any], input: Any = None, tasks: Any = None) -> ExecutionOutcome:
    return simulate(
        definition,
        {} if input is None else input,
        tasks=tasks or Mocks(),
        clock=VirtualClock(START),
        context=SEED,
    )


def elapsed(outcome: ExecutionOutcome) -> float:
    return (outcome.stopped_at - START).total_seconds()


def test_the_five_fields_shape_the_data_in_their_order() -> None:
    """The order: InputPath, Parameters, ResultSelector, ResultPath on the raw input, OutputPath."""
    task = {
        "Type": "Task",
        "Resource": LAMBDA,
        "InputPath": "$.order",
        "Parameters": {"id.$": "$.id", "fixed": 1, "nested": [{"by.$": "$$.State.Name"}]},
        "ResultSelector": {"total.$": "$.amount"},
        "ResultPath": "$.order.price",
        "OutputPath": "$.order",
    }
    seen = []

    def answer(call: TaskCall) -> Any:
        seen.append(call.payload)
        return {"amount": 7, "noise": True}

    outcome = run(chain(Price=task), {"order": {"id": 5}, "x": 1}, Answers(answer))
    assert seen == [{"id": 5, "fixed": 1, "nested": [{"by": "Price"}]}]
    assert outcome.output == {"id": 5, "price": {"total": 7}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"InputPath": None}, {}),
        ({"OutputPath": None}, {}),
        ({"Result": 1, "ResultPath": None}, {"a": 1}),
        ({"Result": None}, None),
        ({"Result": [2], "ResultPath": "$.b.c"}, {"a": 1, "b": {"c": [2]}}),
        ({"Result": {"a.$": "$.a"}}, {"a.$": "$.a"}),
        ({"Parameters": {"a.$": "States.MathAdd($.a, 1)"}}, {"a": 2}),
    ],
)
def test_null_is_not_absent(fields: dict[str, Any], expected: Any) -> None:
    """A null path differs from an absent one, and a null result is a result."""
    outcome = run(chain(P={"Type": "Pass", **fields}), {"a": 1})
    assert outcome.has_output
    assert expected == outcome.output


def test_a_result_that_does_not_fit_its_path_is_caught() -> None:
    """The error is States.ResultPathMatchFailure, with AWS's message."""
    outcome = run(chain(P={"Type": "Pass", "Result": 1, "ResultPath": "$.a.b"}), {"a": 5})
    assert outcome.error == "States.ResultPathMatchFailure"
    assert 'Unable to apply ReferencePath $.a.b to input {"a":5}' in str(outcome.cause)


def test_variables_are_read_inside_and_assigned_from_entry_values() -> None:
    """Assign uses the values at entry; an iteration reads outer variables and keeps its own."""
    inner = chain(I={"Type": "Pass", "Assign": {"x": 9}, "Parameters": {"sum.$": "$x"}})
    machine = chain(
        A={"Type": "Pass", "Assign": {"x": 1, "y": 2}},
        B={"Type": "Pass", "Assign": {"x.$": "$y", "y.$": "$x"}},
        M={"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": inner, "ResultPath": "$.m"},
        C={"Type": "Pass", "Parameters": {"x.$": "$x", "y.$": "$y", "m.$": "$.m"}},
    )
    outcome = run(machine, {"l": [0]})
    assert outcome.output == {"x": 2, "y": 1, "m": [{"sum": 2}]}


def test_an_unassigned_variable_fails_in_words() -> None:
    """An unassigned variable fails the execution, and raises no Python error."""
    outcome = run(chain(P={"Type": "Pass", "Parameters": {"a.$": "$nope.b"}}))
    assert outcome.error == "States.Runtime"
    assert "'$nope'" in str(outcome.cause)


def test_branches_run_side_by_side_in_virtual_time() -> None:
    """Three waits take as long as the longest, in no real time, and end in order of time."""
    branches = [chain(**{f"W{n}": {"Type": "Wait", "Seconds": n}}) for n in (3600, 86400, 60)]
    outcome = run(chain(P={"Type": "Parallel", "Branches": branches}), 1)
    assert (outcome.output, elapsed(outcome)) == ([1, 1, 1], 86400)
    exits = [
        event.details["stateExitedEventDetails"]["name"]
        for event in outcome.events
        if event.type == "WaitStateExited"
    ]
    assert exits == ["W60", "W3600", "W86400"]


@pytest.mark.parametrize(("concurrency", "seconds"), [(0, 10), (1, 50), (2, 30), (5, 10)])
def test_max_concurrency_bounds_how_many_iterations_run(concurrency: int, seconds: int) -> None:
    """Five iterations take ten seconds each, and the results keep the order of the items."""
    wait = chain(W={"Type": "Wait", "Seconds": 10})
    state = {"Type": "Map", "MaxConcurrency": concurrency, "ItemProcessor": wait}
    outcome = run(chain(M=state), [1, 2, 3, 4, 5])
    assert ([1, 2, 3, 4, 5], seconds) == (outcome.output, elapsed(outcome))


def test_a_failing_branch_ends_its_siblings() -> None:
    """The sibling's wait is aborted, the failure is caught, and time stops at the failure."""
    failing = chain(
        W={"Type": "Wait", "Seconds": 5}, F={"Type": "Fail", "Error": "E", "Cause": "C"}
    )
    slow = chain(S={"Type": "Wait", "Seconds": 500})
    nested = chain(N={"Type": "Parallel", "Branches": [chain(T={"Type": "Wait", "Seconds": 50})]})
    catch = [{"ErrorEquals": ["E"], "ResultPath": "$.e", "Next": "Done"}]
    branches = [failing, slow, nested]
    machine = chain(
        P={"Type": "Parallel", "Branches": branches, "Catch": catch}, Done={"Type": "Succeed"}
    )
    outcome = run(machine)
    assert (outcome.output, elapsed(outcome)) == ({"e": {"Error": "E", "Cause": "C"}}, 5)
    ends = [type for type in types(outcome) if "Aborted" in type or "Failed" in type]
    expected = [
        "WaitStateAborted",
        "ParallelStateAborted",
        "WaitStateAborted",
        "ParallelStateFailed",
    ]
    assert expected == ends


def test_retries_wait_longer_each_time() -> None:
    """The delays are 1, 2 and 4 seconds by default, up to MaxDelaySeconds; RetryCount rises."""
    counts = []

    def answer(call: TaskCall) -> Any:
        counts.append(call.attempt)
        raise TaskFailure("E")

    retry: dict[str, Any] = {"ErrorEquals": ["States.TaskFailed"]}
    task = {"Type": "Task", "Resource": LAMBDA, "Retry": [retry]}
    outcome = run(chain(T=task), tasks=Answers(answer))
    assert (counts, elapsed(outcome)) == ([0, 1, 2, 3], 7)
    assert outcome.error == "E"
    retry.update(IntervalSeconds=10, BackoffRate=10, MaxDelaySeconds=60, MaxAttempts=4)
    assert elapsed(run(chain(T=task), tasks=Answers(answer))) == 10 + 60 + 60 + 60


def test_jitter_is_random_and_yet_the_same_again() -> None:
    """The jitter is derived from the execution's ARN."""
    retry = [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL", "IntervalSeconds": 100}]
    task = {"Type": "Task", "Resource": LAMBDA, "Retry": retry}
    mocks = {"T": {"error": "E"}}
    one, other = (run(chain(T=task), tasks=Mocks(mocks)) for _ in range(2))
    assert one == other
    assert 0 < elapsed(one) < 700


@pytest.mark.parametrize(
    ("error", "catcher", "caught"),
    [
        ("E", "E", True),
        ("E", "States.TaskFailed", True),
        ("E", "States.ALL", True),
        ("E", "F", False),
        ("States.Timeout", "States.TaskFailed", False),
        ("States.Timeout", "States.ALL", True),
        ("States.Runtime", "States.ALL", False),
        ("States.Runtime", "States.Runtime", False),
    ],
)
def test_who_catches_what(error: str, catcher: str, caught: bool) -> None:
    """Catchers match names and wildcards, and some errors can't be caught."""
    catch = [{"ErrorEquals": [catcher], "Next": "Done"}]
    task = {"Type": "Task", "Resource": LAMBDA, "Catch": catch}
    outcome = run(chain(T=task, Done={"Type": "Succeed"}), tasks=Mocks({"T": {"error": error}}))
    assert ("SUCCEEDED" if caught else "FAILED") == outcome.status


@pytest.mark.parametrize(
    ("seconds", "fields", "resource", "catcher"),
    [
        (9, {"TimeoutSeconds": 5}, LAMBDA, "States.Timeout"),
        (9, {"TimeoutSecondsPath": "$.limit"}, LAMBDA, "States.Timeout"),
        (
            9,
            {"HeartbeatSeconds": 5, "TimeoutSeconds": 8},
            f"{INVOKE}.waitForTaskToken",
            "States.HeartbeatTimeout",
        ),
    ],
)
def test_a_task_that_takes_too_long_times_out(
    seconds: int, fields: dict[str, Any], resource: str, catcher: str
) -> None:
    """A task times out exactly at its limit, or without a heartbeat of its worker."""
    catch = [{"ErrorEquals": [catcher], "ResultPath": "$.e", "Next": "Done"}]
    task = {"Type": "Task", "Resource": resource, "Catch": catch, **fields}
    mocks = Mocks({"T": {"return": 1, "seconds": seconds}})
    outcome = run(chain(T=task, Done={"Type": "Succeed"}), {"limit": 5}, mocks)
    assert outcome.output["e"] == {"Error": "States.Timeout", "Cause": ""}
    assert elapsed(outcome) == 5


def test_a_machine_times_out_in_the_middle_of_a_wait() -> None:
    """The outcome is TIMED_OUT at the limit, with no event after it."""
    machine = {**chain(W={"Type": "Wait", "Seconds": 100}), "TimeoutSeconds": 30}
    outcome = run(machine)
    assert (outcome.status, outcome.error, elapsed(outcome)) == ("TIMED_OUT", "States.Timeout", 30)
    assert types(outcome) == ["ExecutionStarted", "WaitStateEntered", "ExecutionTimedOut"]
    assert not outcome.has_output


def test_no_execution_takes_longer_than_a_year() -> None:
    """AWS's limit for standard workflows is one year."""
    machine = chain(W={"Type": "Wait", "Timestamp": "2099-01-01T00:00:00Z"})
    outcome = run(machine)
    assert (outcome.status, outcome.stopped_at) == ("TIMED_OUT", START + timedelta(days=365))


def test_a_wait_for_a_past_instant_takes_no_time() -> None:
    """A wait for a future timestamp ends at it, with any UTC offset."""
    assert elapsed(run(chain(W={"Type": "Wait", "Timestamp": "2001-01-01T00:00:00Z"}))) == 0
    later = {"at": "2026-01-01T03:00:00.5+02:00"}
    assert elapsed(run(chain(W={"Type": "Wait", "TimestampPath": "$.at"}), later)) == 3600.5


def test_an_endless_loop_ends_with_the_history() -> None:
    """An execution has at most 25,000 events, as on AWS."""
    outcome = run(chain(A={"Type": "Pass", "Next": "A"}))
    assert (outcome.status, len(outcome.events)) == ("FAILED", 25_000)
    assert outcome.cause == "The execution reached the maximum number of history events (25000)."


def test_too_much_data_is_an_error_that_can_be_caught() -> None:
    """A result has at most 262,144 bytes."""
    catch = [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Done"}]
    task = {"Type": "Task", "Resource": INVOKE, "Catch": catch}
    machine = chain(T=task, Done={"Type": "Pass", "Result": "caught"})
    fits, too_large = ("x" * n for n in (262_142, 262_143))
    big = run(chain(T={"Type": "Task", "Resource": INVOKE}), tasks=Mocks({"T": {"return": fits}}))
    assert big.status == "SUCCEEDED"
    assert run(machine, tasks=Mocks({"T": {"return": too_large}})).output == "caught"


def test_data_deeper_than_python_can_write_is_a_failure() -> None:
    """Deep data never raises a RecursionError."""
    deep: Any = 0
    for _ in range(100_000):
        deep = [deep]
    outcome = run(chain(A={"Type": "Pass"}), deep)
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    while deep:
        deep = deep[0]


def test_no_rule_and_no_default_is_an_error() -> None:
    """The error is States.Runtime, in AWS's words."""
    rule = {"Variable": "$.x", "NumericEquals": 1, "Next": "C"}
    outcome = run(chain(C={"Type": "Choice", "Choices": [rule]}), {"x": 2})
    assert outcome.error == "States.Runtime"
    assert str(outcome.cause).endswith("The state does not point to a next state.")


def test_a_variable_that_is_not_there_fails_a_comparison_but_not_is_present() -> None:
    """A missing variable fails a comparison with AWS's message, and IsPresent is false for it."""
    compare = {"Variable": "$.no", "StringEquals": "a", "Next": "Done"}
    present = {"Variable": "$.no", "IsPresent": False, "Next": "Done"}
    done = {"Type": "Succeed"}
    failed = run(chain(C={"Type": "Choice", "Choices": [compare]}, Done=done))
    assert "Invalid path '$.no': The choice state's condition path references" in str(failed.cause)
    assert run(chain(C={"Type": "Choice", "Choices": [present]}, Done=done)).status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("rule", "value", "holds"),
    [
        ({"StringMatches": "log-*.txt"}, "log-1.txt", True),
        ({"StringMatches": "log-*.txt"}, "log-1.tx", False),
        ({"StringMatches": "*a*b*"}, "xxaxxbxx", True),
        ({"StringMatches": "a*a"}, "a", False),
        ({"StringMatches": "1\\*2"}, "1*2", True),
        ({"StringMatches": "1\\*2"}, "1x2", False),
        ({"IsTimestamp": True}, "2016-03-14T01:59:00Z", True),
        ({"IsTimestamp": True}, "2016-03-14", False),
        ({"IsNull": True}, None, True),
        ({"IsBoolean": False}, 1, True),
        ({"IsString": True}, "", True),
        ({"BooleanEqualsPath": "$.v"}, False, True),
        ({"TimestampEquals": "2016-03-14T03:59:00+02:00"}, "2016-03-14T01:59:00Z", True),
        ({"StringLessThan": "b"}, "a", True),
        ({"NumericGreaterThanEquals": 2}, 2.0, True),
        ({"NumericGreaterThanEquals": 2}, "3", False),
    ],
)
def test_operators(rule: dict[str, Any], value: Any, holds: bool) -> None:
    """Operators work in cases that the recordings don't have."""
    choices = [
        {
            "Or": [{"Not": {"Variable": "$.v", "IsPresent": True}}, {"Variable": "$.v", **rule}],
            "Next": "Yes",
        }
    ]
    machine = chain(
        C={"Type": "Choice", "Choices": choices, "Default": "No"},
        Yes={"Type": "Pass", "Result": True, "End": True},
        No={"Type": "Pass", "Result": False},
    )
    assert holds is run(machine, {"v": value}).output


def distributed(**fields: Any) -> dict[str, Any]:
    task = chain(T={"Type": "Task", "Resource": LAMBDA})
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    return chain(M={"Type": "Map", "ItemProcessor": {**task, **config}, **fields})


def odd_fails(call: TaskCall) -> Any:
    if isinstance(call.payload, int) and call.payload % 2:
        raise TaskFailure("Odd", str(call.payload))
    return call.payload


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49}, "FAILED"),
        ({"ToleratedFailureCount": 2, "ToleratedFailurePercentage": 10}, "FAILED"),
    ],
)
def test_a_distributed_map_tolerates_failures(tolerance: dict[str, Any], status: str) -> None:
    """A map run fails when it exceeds the tolerated count or percentage."""
    outcome = run(distributed(**tolerance), [1, 2, 3, 4], Answers(odd_fails))
    assert status == outcome.status
    assert outcome.error == (
        None if status == "SUCCEEDED" else "States.ExceedToleratedFailureThreshold"
    )


def test_a_distributed_map_batches_its_items() -> None:
    """ItemSelector is applied first, then batches are made with their common input."""
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"day.$": "$.day"}}
    selector = {"n.$": "$$.Map.Item.Value"}
    fields = {"ItemsPath": "$.l", "ItemSelector": selector, "ItemBatcher": batcher}
    outcome = run(distributed(**fields), {"l": [1, 2, 3], "day": "mon"}, Answers(odd_fails))
    common = {"BatchInput": {"day": "mon"}}
    assert outcome.output == [
        {**common, "Items": [{"n": 1}, {"n": 2}]},
        {**common, "Items": [{"n": 3}]},
    ]


def test_an_item_reader_is_asked_like_a_task() -> None:
    """A mock for the reader's resource returns the items."""
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket.$": "$.b", "Key": "k"},
    }
    calls = []

    def answer(call: TaskCall) -> Any:
        calls.append((call.resource, call.payload))
        return TaskResult([10, 20]) if call.resource == reader["Resource"] else call.payload

    outcome = run(distributed(ItemReader=reader), {"b": "bucket"}, Answers(answer))
    assert (reader["Resource"], {"Bucket": "bucket", "Key": "k"}) == calls[0]
    assert outcome.output == [10, 20]


def test_an_unknown_query_language_is_refused_in_words() -> None:
    """The failure names the language, and those that there are."""
    outcome = run({**chain(P={"Type": "Pass"}), "QueryLanguage": "JQ"})
    assert outcome.error == "States.Runtime"
    assert str(outcome.cause).endswith("JQ is not a query language. Use JSONPath or JSONata.")


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (None, "not a JSON object"),
        ({"StartAt": "A"}, "$ is not an object with States"),
        (chain(A={"Type": "Pass", "Next": 1}), "$.States.A.Next is of a wrong type"),
        (
            chain(A={"Type": "Task", "Resource": LAMBDA, "Retry": [{}]}),
            "Retry[0] has no ErrorEquals",
        ),
        (
            chain(A={"Type": "Map", "ItemReader": {}, "ItemProcessor": chain(B={"Type": "Pass"})}),
            "$.States.A.ItemReader has no Resource",
        ),
        (chain(A={"Type": "Pass", "Next": "B"}), "The state 'B' does not exist"),
        (chain(A={"Type": "Parallel", "Branches": [1]}), "$.States.A.Branches[0] is not an object"),
        (chain(A={"Type": "Choice", "Choices": [{"And": [{}]}]}), "And[0] has no Variable"),
        (chain(A={"Type": "Pass", "InputPath": "a"}), "a path begins with $"),
        (chain(A={"Type": "Wait", "Seconds": "1"}), "is not a number of 0 or more: 1"),
    ],
)
def test_a_definition_that_was_never_checked_fails_in_words(definition: Any, words: str) -> None:
    """The cause names the place."""
    outcome = run(definition)
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert words in str(outcome.cause)


def test_the_history_is_ready_for_json() -> None:
    """Events have GetExecutionHistory's form: one details member, and data as JSON texts."""
    outcome = run(chain(P={"Type": "Pass"}), {"a": "ü"})
    assert [event.id for event in outcome.events] == [1, 2, 3, 4]
    assert outcome.events[1].details == {
        "stateEnteredEventDetails": {
            "name": "P",
            "input": '{"a":"ü"}',
            "inputDetails": {"truncated": False},
        }
    }
    assert json.dumps([dict(event.details) for event in outcome.events])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (
            "MaxConcurrency",
            -1,
            "Expected non-negative integer for MaxConcurrency, got '-1' instead.",
        ),
        ("ToleratedFailureCount", "x", 'refers to value "x" which is not a valid integer: $.v'),
        ("ToleratedFailureCount", -1, "ToleratedFailureCount cannot be negative."),
        ("ToleratedFailurePercentage", [], 'refers to value "[]" which is not a valid float: $.v'),
        (
            "ToleratedFailurePercentage",
            100.5,
            "ToleratedFailurePercentage must be between 0 and 100",
        ),
    ],
)
def test_a_number_that_a_map_cannot_use_fails_the_execution(
    field: str, value: Any, words: str
) -> None:
    """As recorded, a tolerance is read after MapStateStarted, and the concurrency before it."""
    machine = distributed(ItemsPath="$.l", **{f"{field}Path": "$.v"})
    outcome = run(machine, {"l": [], "v": value})
    assert words in str(outcome.cause)
    assert "(entered at the event id #2)" in str(outcome.cause)
    before = "MapStateEntered" if field == "MaxConcurrency" else "MapStateStarted"
    assert [event.type for event in outcome.events[-2:]] == [before, "ExecutionFailed"]
    assert outcome.events[-1].previous == outcome.events[-2].id


def test_a_mock_that_is_named_otherwise_is_shown() -> None:
    """For a misspelt state, the cause lists the existing mocks."""
    task = {"Type": "Task", "Resource": LAMBDA}
    outcome = run(chain(Charge=task), tasks=Mocks({"charge": {"return": 1}}))
    assert '(mocks exist for "charge")' in str(outcome.cause)


def test_a_map_whose_result_does_not_fit_has_not_failed_inside() -> None:
    """MapStateSucceeded is not followed by MapStateFailed."""
    state = {
        "Type": "Map",
        "ItemsPath": "$.l",
        "ItemProcessor": chain(P={"Type": "Pass"}),
        "ResultPath": "$.l.x",
    }
    outcome = run(chain(M=state), {"l": [1]})
    assert types(outcome)[-2:] == ["MapStateSucceeded", "ExecutionFailed"]


def test_a_result_that_json_cannot_carry_is_told() -> None:
    """NaN isn't valid JSON, so the task fails."""
    task = {"Type": "Task", "Resource": LAMBDA}
    outcome = run(chain(T=task), tasks=Mocks({"T": lambda _: float("nan")}))
    assert outcome.error == "SfnRelease.BadMock"


def test_a_path_that_looks_at_too_much_fails_the_execution() -> None:
    """The cause names the path, in a payload and in a Choice."""
    data = {"list": list(range(2_000))}
    path = "$.list[?($.list == $.list)]"
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": path, "IsPresent": True, "Next": "E"}],
    }
    for state in ({"Type": "Pass", "Parameters": {"a.$": path}}, choice):
        outcome = run(chain(A=state, E={"Type": "Succeed"}), data)
        assert outcome.error == "States.Runtime"
        assert f"The path '{path}' can't be followed here" in str(outcome.cause)
        assert "more than 1,000,000 values" in str(outcome.cause)


def test_a_polling_loop_hands_its_input_on_without_copies() -> None:
    """A loop of Wait and Choice at 100 KB shares one text between 25,000 events."""
    done = [{"Variable": "$.done", "BooleanEquals": True, "Next": "End"}]
    machine = {
        "StartAt": "Wait",
        "States": {
            "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Done?"},
            "Done?": {"Type": "Choice", "Choices": done, "Default": "Wait"},
            "End": {"Type": "Succeed"},
        },
    }
    outcome = run(machine, {"done": False, "text": "x" * 100_000})
    assert len(outcome.events) == 25_000
    assert outcome.cause == "The execution reached the maximum number of history events (25000)."
    entered = [event.kept["stateEnteredEventDetails"] for event in outcome.events[1:-1:2]]
    assert len({id(details["input"]) for details in entered}) == 1
    assert len(outcome.events[1].details["stateEnteredEventDetails"]["input"]) > 100_000


def test_the_texts_of_a_long_history_lie_on_disk() -> None:
    """50 MB of different texts need less than half of it in memory, and are read back unchanged."""
    payloads = TextStore()
    tracemalloc.start()
    try:
        kept = [payloads.keep(f"{number}{'x' * 100_000}") for number in range(500)]
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 25_000_000
    assert [with_texts(handle)[:4] for handle in (kept[7], kept[499])] == ["7xxx", "499x"]
    assert payloads.keep(f"7{'x' * 100_000}") is kept[7]
    assert payloads.keep("short") == "short"
    lonely = "\ud800" * 600
    assert with_texts(payloads.keep(lonely)) == lonely


def test_time_ends_with_the_year_9999() -> None:
    """A wait, a retry or a task beyond that year ends the execution without a Python error."""
    wait = {"Type": "Wait", "TimestampPath": "$.t"}
    outcome = run(
        chain(W=wait, V={"Type": "Wait", "Seconds": 99_999_999}), {"t": "9999-12-31T23:59:59Z"}
    )
    assert outcome.status == "TIMED_OUT"
    retry = [
        {"ErrorEquals": ["E"], "IntervalSeconds": 99_999_999, "BackoffRate": 1000, "MaxAttempts": 9}
    ]
    task = {"Type": "Task", "Resource": LAMBDA, "Retry": retry}
    failing = Mocks({"T": {"error": "E", "seconds": 1e14}})
    assert run(chain(T=task), tasks=failing).status == "TIMED_OUT"
