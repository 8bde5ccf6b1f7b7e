"""The failure map of hand-made machines, whose right answers follow from the language's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_release.simulator import Mocks
from sfn_release.testing.faults.exploration import explore
from sfn_release.testing.faults.failure_map import CaughtBy, FailureMap, FaultRow
from sfn_release.testing.faults.passing_case import PassingCase
from support.executions import SEED, machine

INVOKE = "arn:aws:states:::lambda:invoke"
CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
THROTTLED = "Lambda.TooManyRequestsException"
TASK = {"Type": "Task", "Resource": INVOKE}
RETRY = {"ErrorEquals": [THROTTLED], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2}
FAIL = {"Type": "Fail", "Error": "Stopped"}


def catch(*errors: str, to: str = "Stop") -> dict[str, Any]:
    return {"ErrorEquals": [*errors], "Next": to}


def explored(
    definition: Mapping[str, Any],
    input: Any = None,
    mocks: Mapping[str, Any] | None = None,
    **options: Any,
) -> FailureMap:
    """Return the map of a definition whose tasks answer ``{"ok": true}`` unless *mocks* differ."""
    answers = Mocks({INVOKE: {"payload": {"ok": True}}, CALLBACK: {"return": {}}, **(mocks or {})})
    case = PassingCase(definition, {} if input is None else input, answers.fresh, SEED)
    return explore("made", case, **options)


def row(found: FailureMap, state: str, error: str) -> FaultRow:
    """Return the only row of a fault."""
    (only,) = [row for row in found.faults if (row.state, row.error) == (state, error)]
    return only


def errors_of(found: FailureMap, state: str) -> set[str]:
    return {row.error for row in found.faults if row.state == state}


def test_retries_wait_by_the_backoff_formula_and_then_the_catcher_takes_the_error() -> None:
    """Three retries after 2, 4 and 8 seconds; then Catch goes to a Fail, by design."""
    task = {**TASK, "Retry": [RETRY], "Catch": [catch("States.ALL")], "Next": "Done"}
    found = explored(machine(T=task, Stop=FAIL, Done={"Type": "Succeed"}))
    throttled = row(found, "T", THROTTLED)
    assert (throttled.retries, throttled.waited_seconds) == (3, 14)
    assert throttled.caught_by == CaughtBy("T", 0, ("States.ALL",), "Stop")
    assert (throttled.handled, throttled.once) == (True, "survived")
    assert (throttled.status, throttled.ends_at, throttled.end_error) == (
        *("FAILED", "Stop"),
        "Stopped",
    )
    other = row(found, "T", "Lambda.ServiceException")
    assert (other.retries, other.waited_seconds, other.once) == (0, 0, "caught")


def test_a_retry_without_a_catch_survives_one_failure_and_not_all() -> None:
    """It's a handler, though the execution fails when the task never recovers."""
    throttled = row(explored(machine(T={**TASK, "Retry": [RETRY]})), "T", THROTTLED)
    assert (throttled.handled, throttled.once, throttled.retries) == (True, "survived", 3)
    assert (throttled.status, throttled.ends_at, throttled.caught_by) == ("FAILED", "T", None)


def test_waits_are_the_longest_with_jitter_and_bounded_by_max_delay() -> None:
    """1, 3 and then 5 and 5 seconds: jitter only shortens them."""
    retry = {
        "ErrorEquals": ["States.ALL"],
        "MaxAttempts": 4,
        "BackoffRate": 3,
        "MaxDelaySeconds": 5,
        "JitterStrategy": "FULL",
    }
    found = explored(machine(T={**TASK, "Retry": [retry]}))
    assert row(found, "T", THROTTLED).waited_seconds == 14


@pytest.mark.parametrize("named", ["Lambda.ServiceException", "Lambda.*"])
def test_an_error_that_a_choice_compares_ends_in_its_own_way(named: str) -> None:
    """Though the same catcher takes it as others."""
    operator = "StringMatches" if "*" in named else "StringEquals"
    rule = {"Variable": "$.Error", operator: named, "Next": "Done"}
    definition = machine(
        T={**TASK, "Catch": [catch("States.ALL", to="Which")], "Next": "Done"},
        Which={"Type": "Choice", "Choices": [rule], "Default": "Stop"},
        Stop=FAIL,
        Done={"Type": "Succeed"},
    )
    found = explored(definition)
    assert row(found, "T", "Lambda.ServiceException").ends_at == "Done"
    assert row(found, "T", THROTTLED).ends_at == ("Done" if "*" in named else "Stop")
    assert row(found, "T", "Exception").ends_at == "Stop"


def test_calls_after_the_catcher_are_no_retries() -> None:
    """A catcher may lead back to the task, once."""
    kept = {**catch("States.ALL", to="Seen"), "ResultPath": "$.error"}
    again = {"Variable": "$.again", "IsPresent": True, "Next": "Stop"}
    definition = machine(
        T={**TASK, "Retry": [RETRY], "Catch": [kept], "ResultPath": "$.got", "Next": "Done"},
        Seen={"Type": "Choice", "Choices": [again], "Default": "Mark"},
        Mark={"Type": "Pass", "Result": True, "ResultPath": "$.again", "Next": "T"},
        Stop=FAIL,
        Done={"Type": "Succeed"},
    )
    throttled = row(explored(definition), "T", THROTTLED)
    assert (throttled.retries, throttled.waited_seconds, throttled.ends_at) == (3, 14, "Stop")


def test_a_catcher_of_the_usual_run_does_not_take_an_odd_answer() -> None:
    """Only a catcher that takes something else than usual has taken it."""
    usual = {"Type": "Task", "Resource": CALLBACK, "Catch": [catch("Usual", to="Done")]}
    definition = machine(
        T={**TASK, "Next": "U"}, U={**usual, "Next": "Done"}, Done={"Type": "Succeed"}
    )
    found = explored(definition, mocks={"U": {"error": "Usual"}})
    assert found.path == ("T", "U", "Done")
    odd = [row for row in found.faults if (row.state, row.kind) == ("T", "result")]
    assert odd
    assert {row.caught_by for row in odd} == {None}


def test_the_first_fitting_catcher_takes_an_error() -> None:
    """Catchers count in their order."""
    handlers = [catch("States.Timeout", to="Late"), catch("States.ALL")]
    task = {**TASK, "TimeoutSeconds": 9, "Catch": handlers, "Next": "Done"}
    found = explored(machine(T=task, Late=FAIL, Stop=FAIL, Done={"Type": "Succeed"}))
    late = row(found, "T", "States.Timeout")
    assert late.caught_by == CaughtBy("T", 0, ("States.Timeout",), "Late")
    assert late.waited_seconds == 9
    caught = row(found, "T", "States.TaskFailed").caught_by
    assert caught is not None
    assert caught.index == 1


def test_a_fault_at_a_later_visit_has_a_row_if_it_ends_otherwise() -> None:
    """The first visit fails by design, and the second goes on with data that are there by then."""
    kept = {**catch("States.ALL", to="Known"), "ResultPath": "$.error"}
    known = {"Type": "Choice", "Default": "Stop"}
    again = {"Variable": "$.seen", "IsPresent": True, "Next": "Done"}
    definition = machine(
        T={**TASK, "Catch": [kept], "ResultPath": "$.got", "Next": "Seen"},
        Seen={"Type": "Choice", "Choices": [again], "Default": "Mark"},
        Mark={"Type": "Pass", "Result": True, "ResultPath": "$.seen", "Next": "T"},
        Known={**known, "Choices": [again]},
        Stop=FAIL,
        Done={"Type": "Succeed"},
    )
    found = explored(definition)
    rows = [row for row in found.faults if row.error == THROTTLED]
    assert [(row.visit, row.status, row.ends_at) for row in rows] == [
        (1, "FAILED", "Stop"),
        (2, "SUCCEEDED", "Done"),
    ]


def test_task_failed_does_not_cover_timeouts() -> None:
    """States.TaskFailed covers every error of a task except States.Timeout."""
    task = {**TASK, "TimeoutSeconds": 9, "Catch": [catch("States.TaskFailed")], "Next": "Done"}
    found = explored(machine(T=task, Stop=FAIL, Done={"Type": "Succeed"}))
    assert not row(found, "T", "States.Timeout").handled
    assert row(found, "T", THROTTLED).handled
    assert row(found, "T", "Exception").handled
    assert [row.error for row in found.unhandled(["*"])] == ["States.Timeout"]


def test_nothing_handles_a_runtime_error_after_an_empty_answer() -> None:
    """A ResultSelector that finds nothing is States.Runtime, which States.ALL doesn't catch."""
    task = {
        **TASK,
        "ResultSelector": {"ok.$": "$.Payload.ok"},
        "Catch": [catch("States.ALL")],
        "Next": "Done",
    }
    found = explored(machine(T=task, Stop=FAIL, Done={"Type": "Succeed"}))
    empty = row(found, "T", "null")
    assert (empty.kind, empty.handled, empty.end_error) == ("result", False, "States.Runtime")
    (problem,) = [problem for problem in found.problems if problem.kind == "missing_path"]
    assert (problem.state, problem.error, problem.way) == ("T", "States.Runtime", ("T",))
    assert "'$.Payload.ok'" in str(problem.cause)


def test_a_result_beyond_the_limit_is_caught_as_recorded_on_aws() -> None:
    """A recording shows that States.ALL catches it, whatever the guide says."""
    task = {**TASK, "Catch": [catch("States.ALL")], "Next": "Done"}
    found = explored(machine(T=task, Stop=FAIL, Done={"Type": "Succeed"}))
    assert row(found, "T", "States.DataLimitExceeded").handled


def test_a_catcher_whose_path_then_is_missing_does_not_handle_the_error() -> None:
    """The catcher replaces the input by the error output, and the next state misses its member."""
    task = {
        **TASK,
        "ResultPath": "$.got",
        "Catch": [catch("States.ALL", to="Tell")],
        "Next": "Done",
    }
    tell = {"Type": "Pass", "Parameters": {"order.$": "$.order"}, "Next": "Done"}
    found = explored(machine(T=task, Tell=tell, Done={"Type": "Succeed"}), {"order": 7})
    failed = row(found, "T", THROTTLED)
    assert failed.caught_by is not None
    assert (failed.handled, failed.ends_at) == (False, "Tell")
    (problem,) = [problem for problem in found.problems if problem.state == "Tell"]
    assert problem.kind == "missing_path"
    assert problem.way == ("T", "Tell")
    assert problem.after[0].state == "T"


def test_errors_leave_a_parallel_to_its_own_handlers() -> None:
    """The catcher of the Parallel takes the error of a task in a branch."""
    branches = [machine(A=TASK), machine(B={**TASK, "Retry": [RETRY]})]
    parallel = {
        "Type": "Parallel",
        "Branches": branches,
        "Next": "Done",
        "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1, "IntervalSeconds": 5}],
        "Catch": [catch("States.ALL")],
    }
    found = explored(machine(P=parallel, Stop=FAIL, Done={"Type": "Succeed"}))
    first = row(found, "A", THROTTLED)
    assert (first.retries, first.waited_seconds) == (1, 5)
    assert first.caught_by == CaughtBy("P", 0, ("States.ALL",), "Stop")
    second = row(found, "B", THROTTLED)  # 14 s, then the Parallel tries again after 5 s: 14 s
    assert (second.retries, second.waited_seconds) == (7, 33)


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_one_iteration_of_a_map_stands_for_all(language: str) -> None:
    """The fault is injected into one of them, and the map says so."""
    each = {**TASK, "Retry": [RETRY]}
    items = {"ItemsPath": "$.items"} if language == "JSONPath" else {"Items": [1, 2, 3]}
    state = {"Type": "Map", **items, "ItemProcessor": machine(Each=each)}
    definition = {**machine(M=state), "QueryLanguage": language}
    found = explored(definition, {"items": [1, 2, 3]})
    throttled = row(found, "Each", THROTTLED)
    assert (throttled.retries, throttled.waited_seconds) == (3, 14)
    assert (throttled.status, throttled.ends_at) == ("FAILED", "Each")
    (note,) = [part for part in found.unexplored if part.state == "M"]
    assert "one of its 3 iterations" in note.reason


def test_jsonata_catchers_and_variables_are_explored_too() -> None:
    """A variable that only the good way assigns is missing after the catcher."""
    task = {
        **TASK,
        "Assign": {"id": "{% $states.result.Payload.id %}"},
        "Catch": [catch("States.ALL", to="Tell")],
        "Next": "Done",
    }
    tell = {"Type": "Pass", "Output": "{% $id & '!' %}", "Next": "Done"}
    missing = {"Type": "Pass", "Output": "{% $id %}", "End": True}
    definition = {
        **machine(T=task, Tell={**tell, "Next": "Use"}, Use=missing, Done={"Type": "Succeed"}),
        "QueryLanguage": "JSONata",
    }
    found = explored(definition, mocks={"T": {"payload": {"id": "7"}}})
    failed = row(found, "T", THROTTLED)
    assert (failed.handled, failed.ends_at) == (False, "Use")
    (problem,) = [problem for problem in found.problems if problem.state == "Use"]
    assert (problem.kind, problem.error) == ("unset_variable", "States.QueryEvaluationError")


def test_an_unset_jsonpath_variable_is_a_problem() -> None:
    """AWS's words name the variable."""
    task = {
        **TASK,
        "Assign": {"id.$": "$.Payload.ok"},
        "Catch": [catch("States.ALL", to="Tell")],
        "Next": "Done",
    }
    tell = {"Type": "Pass", "Parameters": {"id.$": "$id"}, "Next": "Done"}
    found = explored(machine(T=task, Tell=tell, Done={"Type": "Succeed"}))
    (problem,) = [problem for problem in found.problems if problem.state == "Tell"]
    assert problem.kind == "unset_variable"


def test_a_callback_without_a_timeout_waits_for_as_long_as_an_execution_lasts() -> None:
    """Nothing handles that, not even States.ALL: the execution itself times out."""
    task = {"Type": "Task", "Resource": CALLBACK, "Catch": [catch("States.ALL")], "Next": "Done"}
    states: dict[str, Mapping[str, Any]] = {"T": task, "Stop": FAIL, "Done": {"Type": "Succeed"}}
    silent = row(explored(machine(**states)), "T", "States.Timeout")
    assert (silent.handled, silent.status, silent.waited_seconds) == (
        False,
        "TIMED_OUT",
        31_536_000,
    )
    states["T"] = {**task, "HeartbeatSeconds": 60}
    found = explored(machine(**states))
    beat = row(found, "T", "States.HeartbeatTimeout")
    assert (beat.handled, beat.waited_seconds) == (True, 60)
    assert "States.Timeout" not in errors_of(found, "T")


def test_a_distributed_map_tolerates_children_up_to_its_threshold() -> None:
    """One failed child is tolerated, and all of them exceed the threshold."""
    processor = {
        **machine(Each=TASK),
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": processor,
        "ToleratedFailureCount": 1,
        "Next": "Done",
    }
    found = explored(machine(M=state, Done={"Type": "Succeed"}), {"items": [1, 2, 3]})
    alone = row(found, "Each", THROTTLED)
    assert (alone.handled, alone.status) == (True, "SUCCEEDED")
    all_of_them = row(found, "M", "States.ExceedToleratedFailureThreshold")
    assert (all_of_them.handled, all_of_them.status, all_of_them.ends_at) == (False, "FAILED", "M")


def test_a_distributed_map_whose_catcher_fails_is_not_handled() -> None:
    """The catcher takes the failed threshold, and the state after it fails by accident."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        **machine(T=TASK),
    }
    each = {"Type": "Map", "ItemProcessor": processor, "Catch": [catch("States.ALL", to="Read")]}
    definition = machine(
        M={**each, "Next": "Done"},
        Read={"Type": "Pass", "InputPath": "$.nowhere", "Next": "Done"},
        Done={"Type": "Succeed"},
    )
    error = "States.ExceedToleratedFailureThreshold"
    failed = row(explored(definition, [1, 2]), "M", error)
    assert (failed.handled, failed.status, failed.ends_at) == (False, "FAILED", "Read")


def test_an_item_reader_fails_its_map() -> None:
    """S3's refusal is States.ItemReaderFailed, which the Map's Retry and Catch see."""
    processor = {
        **machine(Each=TASK),
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "b", "Key": "k"},
    }
    retry = [{"ErrorEquals": ["States.ItemReaderFailed"], "MaxAttempts": 2, "IntervalSeconds": 1}]
    state = {
        "Type": "Map",
        "ItemReader": reader,
        "ItemProcessor": processor,
        "Next": "Done",
        "Retry": retry,
        "Catch": [catch("States.ItemReaderFailed")],
    }
    found = explored(
        machine(M=state, Stop=FAIL, Done={"Type": "Succeed"}), mocks={"M": {"return": [1]}}
    )
    failed = row(found, "M", "States.ItemReaderFailed")
    assert (failed.handled, failed.retries, failed.waited_seconds) == (True, 2, 3)


def test_a_failed_job_and_a_failed_nested_execution_fail_their_task() -> None:
    """Both report States.TaskFailed after the submission, and errors of the submission itself."""
    resource = "arn:aws:states:::states:startExecution.sync:2"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": "x"}}
    answer = {"return": {"Status": "SUCCEEDED", "Output": {"a": 1}}}
    found = explored(machine(T=task), mocks={"T": answer})
    assert {"States.TaskFailed", "StepFunctions.ExecutionLimitExceededException"} <= errors_of(
        found, "T"
    )
    assert not row(found, "T", "States.TaskFailed").handled


def test_names_that_the_author_expects_are_injected() -> None:
    """A function raises its own errors, which only Retry and Catch know."""
    task = {**TASK, "Catch": [catch("CardDeclined")], "Next": "Done"}
    found = explored(machine(T=task, Stop=FAIL, Done={"Type": "Succeed"}))
    assert row(found, "T", "CardDeclined").handled
    assert not row(found, "T", "Exception").handled


def test_sdk_integrations_have_the_names_of_their_own() -> None:
    """The SDK's prefix differs from the optimized integration's."""
    item = {"Key": {"id": {"S": "1"}}, "TableName": "t", "UpdateExpression": "x"}
    task = {"Type": "Task", "Parameters": item}
    optimized, sdk = (
        "arn:aws:states:::dynamodb:updateItem",
        "arn:aws:states:::aws-sdk:dynamodb:updateItem",
    )
    definition = machine(A={**task, "Resource": optimized}, B={**task, "Resource": sdk})
    found = explored(definition, mocks={optimized: {"return": {}}, sdk: {"return": {}}})
    assert "DynamoDB.ConditionalCheckFailedException" in errors_of(found, "A")
    assert "DynamoDb.ConditionalCheckFailedException" in errors_of(found, "B")


def test_required_errors_are_found_by_pattern() -> None:
    """``*`` stands for any text, and a name that no task can meet is reported with the nearest."""
    found = explored(machine(T={**TASK, "TimeoutSeconds": 3}))
    assert [row.error for row in found.unhandled(["States.T*"])] == [
        "States.Timeout",
        "States.TaskFailed",
    ]
    assert [*found.unknown(["States.Timeout", "States.Timeot"])] == [
        ("States.Timeot", 'Did you mean "States.Timeout"?')
    ]


def test_the_budget_bounds_the_exploration_and_the_map_says_so() -> None:
    """It stops after the given number of runs, give or take the pair of one fault."""
    definition = machine(A=TASK, B=TASK)
    found = explored(definition, most_runs=5)
    assert found.runs <= 6
    assert found.stopped == "its budget of 5 runs (--most-runs) was spent"
    assert (found.to_json()["complete"], explored(definition).stopped) == (False, "")
    assert [(part.state, part.reason) for part in found.unexplored] == [
        ("", f"The exploration ended too early: {found.stopped}."),
        ("A", "Some faults are left, because the exploration stopped."),
        ("B", "Some faults are left, because the exploration stopped."),
    ]


def test_the_map_is_the_same_each_time() -> None:
    """Nothing in it depends on chance, time, or the order of a set."""
    definition = machine(A={**TASK, "Retry": [{**RETRY, "JitterStrategy": "FULL"}]}, B=TASK)
    assert explored(definition).to_json() == explored(definition).to_json()


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["ok", "throttled"]), min_size=1, max_size=4))
def test_injecting_nothing_gives_the_passing_case(answers: list[str]) -> None:
    """The same states, calls and times, whatever the mocks answer."""
    mocks = {
        "T": [
            {"error": THROTTLED} if answer == "throttled" else {"payload": 1} for answer in answers
        ]
    }
    task = {**TASK, "Retry": [RETRY], "Catch": [catch("States.ALL")], "Next": "Done"}
    definition = machine(T=task, Stop=FAIL, Done={"Type": "Succeed"})
    case = PassingCase(definition, {}, Mocks(mocks).fresh, SEED)
    plain, injected = case.run().run, case.run((), case.run().run, 400).run
    assert replace(plain.outcome, map_runs=()) == replace(injected.outcome, map_runs=())
    assert plain.all_calls == injected.all_calls
