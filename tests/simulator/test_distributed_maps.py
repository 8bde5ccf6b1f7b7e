"""Distributed Maps: child executions, tolerated failures, events, and their ends."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.simulator import (
    ChildExecution,
    Execution,
    ExecutionOutcome,
    Later,
    MapRun,
    Observer,
    TaskCall,
    TaskFailure,
    TaskResult,
    VirtualClock,
    drive,
)
from sfn_release.tasks import buckets_of
from support.executions import SEED, START, Answers, chain_of, detail, execute, machine, types

ARN = "arn:aws:states:us-east-1:000000000000"
PASS = machine(P={"Type": "Pass"})
LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f"
TASK = machine(T={"Type": "Task", "Resource": LAMBDA})
WAIT = machine(W={"Type": "Wait", "Seconds": 400})
FAIL_IF_NEGATIVE = {
    "StartAt": "Negative?",
    "States": {
        "Negative?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericLessThan": 0, "Next": "No"}],
            "Default": "Yes",
        },
        "No": {"Type": "Fail", "Error": "Boom", "Cause": "negative"},
        "Yes": {"Type": "Succeed"},
    },
}


def rows(processor: Any = PASS, kind: str = "STANDARD", **fields: Any) -> dict[str, Any]:
    """Return a distributed Map state."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    return {"Type": "Map", "ItemProcessor": {"ProcessorConfig": config, **processor}, **fields}


def run(state: dict[str, Any], input: Any, answer: Any = None) -> ExecutionOutcome:
    """Run a machine of one Map."""
    return execute(machine(Rows=state), input, *([answer] if answer else []))


def only_run(outcome: ExecutionOutcome) -> MapRun:
    """Return the only map run of an execution."""
    (found,) = outcome.map_runs
    return found


@pytest.mark.parametrize(
    ("failed", "total", "count", "percentage", "exceeded"),
    [
        (1, 3, 0, 0, True),
        (1, 3, 1, 100, False),
        (3, 3, 1, 100, True),
        (1, 3, 0, 100, False),
        (1, 3, 100_000, 34, False),
        (1, 3, 100_000, 33, True),
        (1, 4, 100_000, 25, False),
        (1, 3, 5, 0, False),
        (2, 3, 1, 90, True),
        (2, 5, 2, 100, False),
        (0, 0, 0, 0, False),
    ],
)
def test_tolerated_failures(
    failed: int, total: int, count: int, percentage: float, exceeded: bool
) -> None:
    """A tolerance of 0 is none; with both, either is enough. As on AWS."""
    items = [-1] * failed + [1] * (total - failed)
    limits: dict[str, Any] = {
        "ToleratedFailureCount": count,
        "ToleratedFailurePercentage": percentage,
    }
    outcome = run(rows(FAIL_IF_NEGATIVE, MaxConcurrency=1, **limits), items)
    assert (outcome.error == "States.ExceedToleratedFailureThreshold") is exceeded
    if not exceeded:
        boom = {"Status": "FAILED", "Error": "Boom", "Cause": "negative"}
        assert outcome.output == [boom] * failed + [1] * (total - failed)
        assert only_run(outcome).counts(items=True)["failed"] == failed


def test_tolerances_come_from_paths_and_expressions() -> None:
    """In both query languages; a failed batch counts all its items."""
    paths: dict[str, Any] = {"ToleratedFailureCountPath": "$.most", "ItemsPath": "$.items"}
    outcome = run(rows(FAIL_IF_NEGATIVE, **paths), {"most": 1, "items": [-1, 2]})
    assert outcome.status == "SUCCEEDED"
    expressions: dict[str, Any] = {
        "QueryLanguage": "JSONata",
        "Items": "{% $states.input.items %}",
        "ToleratedFailurePercentage": "{% $states.input.most %}",
        "ItemBatcher": {
            "MaxItemsPerBatch": "{% $states.input.size %}",
            "BatchInput": {"size": "{% $states.input.size %}"},
        },
    }
    fails = machine(F={"Type": "Fail", "QueryLanguage": "JSONata", "Error": "Boom"})
    given = {"most": 60, "size": 2, "items": [1, 2, 3]}
    outcome = run(rows(fails, MaxConcurrency=1, **expressions), given)
    assert outcome.error == "States.ExceedToleratedFailureThreshold"
    assert only_run(outcome).counts(items=True)["failed"] == 2
    assert json.loads(only_run(outcome).children[0].input) == {
        "BatchInput": {"size": 2},
        "Items": [1, 2],
    }


def test_events_of_the_parent() -> None:
    """The map run and its end, linked as on AWS; the children have histories of their own."""
    outcome = run(rows(FAIL_IF_NEGATIVE, MaxConcurrency=1), [1, -1, 1])
    assert chain_of(outcome)[2:] == [
        (3, 2, "MapStateStarted"),
        (4, 3, "MapRunStarted"),
        (5, 4, "MapRunFailed"),
        (6, 5, "MapStateFailed"),
        (7, 6, "ExecutionFailed"),
    ]
    assert detail(outcome.events[2], "length") == 3
    assert detail(outcome.events[4], "error") == "States.ExceedToleratedFailureThreshold"
    found = only_run(outcome)
    assert detail(outcome.events[3], "mapRunArn") == found.arn
    assert [child.status for child in found.children] == ["SUCCEEDED", "FAILED", "PENDING"]
    assert [event.type for event in found.children[1].events] == [
        "ExecutionStarted",
        "ChoiceStateEntered",
        "ChoiceStateExited",
        "FailStateEntered",
        "ExecutionFailed",
    ]


def test_names_and_contexts_of_children() -> None:
    """A child's context object names itself; its Map isn't in it. Variables stay outside."""
    show = machine(P={"Type": "Pass", "Parameters": {"c.$": "$$"}})
    outcome = run(rows(show, Label="L", Assign={"x": 1}), [7])
    (child,) = only_run(outcome).children
    assert only_run(outcome).arn.startswith(f"{ARN}:mapRun:orders/L:")
    assert child.arn == f"{ARN}:execution:orders/L:{child.name}"
    (shown,) = outcome.output
    assert shown["c"]["Execution"] == {
        "Id": child.arn,
        "Input": 7,
        "Name": child.name,
        "RoleArn": SEED.role_arn,
        "StartTime": "2026-01-01T00:00:00.000Z",
        "RedriveCount": 0,
    }
    assert shown["c"]["StateMachine"] == {"Id": f"{ARN}:stateMachine:orders/L", "Name": "orders/L"}
    assert "Map" not in shown["c"]
    outcome = run(rows(show, "EXPRESS"), [7])
    (child,) = only_run(outcome).children
    name, _, id_ = child.name.partition(":")
    assert child.arn.endswith(f":{name}:{id_}")
    assert ":express:orders/" in child.arn
    assert outcome.output[0]["c"]["Execution"]["Name"] == name
    assert "RedriveCount" not in outcome.output[0]["c"]["Execution"]
    assert list(child.events) == []


def test_items_of_an_object_have_keys() -> None:
    """Map.Item has Key and Value; without a selector the input has both."""
    selector = {"k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value", "s.$": "$$.Map.Item.Source"}
    outcome = run(rows(ItemSelector=selector), {"a": 1})
    assert outcome.output == [{"k": "a", "v": 1, "s": "STATE_DATA"}]
    assert run(rows(), {"a": 1}).output == [{"Key": "a", "Value": 1}]


def test_a_reader_is_asked_and_its_failure_is_aws_s() -> None:
    """The Map's Catch sees States.ItemReaderFailed with the service's cause."""
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": 1},
        "Parameters": {"Bucket.$": "$.bucket", "Key": "rows.csv"},
    }
    shop = buckets_of({"shop": {"rows.csv": "id\n1\n2"}}, lambda: START)

    def answer(call: TaskCall) -> Any:
        assert call.reads_items
        found = shop.answer_to(call)
        assert found is not None
        return found()

    selector = {"id.$": "$$.Map.Item.Value.id", "from.$": "$$.Map.Item.Source"}
    outcome = run(rows(ItemReader=reader, ItemSelector=selector), {"bucket": "shop"}, answer)
    assert outcome.output == [{"id": "1", "from": "S3://shop/rows.csv"}]
    assert detail(outcome.events[2], "length") == 0
    outcome = run(rows(ItemReader=reader), {"bucket": "other"}, answer)
    assert outcome.error == "States.ItemReaderFailed"
    assert (outcome.cause or "").startswith("The specified bucket does not exist (Service: S3")
    assert only_run(outcome).status == "FAILED"


def test_a_reader_s_paths_are_read_before_its_map_run_starts() -> None:
    """A path without a whole number ends the execution; a negative number fails the map run."""
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.most"},
        "Parameters": {"Bucket": "shop", "Key": "rows.json"},
    }
    state = rows(ItemReader=reader)
    broken = run(state, {"most": 1.5}, lambda _: {"Body": "[1,2]"})
    assert [event.type for event in broken.events][2:] == ["MapStateStarted", "ExecutionFailed"]
    assert str(broken.cause).endswith('refers to value "1.5" which is not a valid integer: $.most')
    negative = run(state, {"most": -1}, lambda _: {"Body": "[1,2]"})
    assert negative.cause == "field MaxItems must be positive"
    assert [event.type for event in negative.events][3:5] == ["MapRunStarted", "MapRunFailed"]


def test_the_most_items_that_a_reader_may_be_told() -> None:
    """AWS's most, 100,000,000, is more than its most seconds."""
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON", "MaxItems": 100_000_000},
        "Parameters": {"Bucket": "shop", "Key": "rows.json"},
    }
    outcome = run(rows(ItemReader=reader), {}, lambda _: {"Body": "[1,2]"})
    assert outcome.output == [1, 2]


def test_a_reader_and_a_writer_may_be_answered_later() -> None:
    """From outside, or by work in progress."""
    place = {"Bucket": "b", "Key": "k"}
    state = rows(
        ItemReader={"Resource": "arn:aws:states:::s3:getObject", "Parameters": place},
        ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}},
    )
    calls: list[TaskCall] = []

    def answer(call: TaskCall) -> Any:
        calls.append(call)
        return Later()

    execution = Execution(
        machine(Rows=state),
        tasks=Answers(answer),
        clock=VirtualClock(START),
        context=SEED,
    )
    execution.advance()
    execution.answer(calls[0].token, TaskResult({"Body": "[1, 2]"}))
    execution.advance()
    assert [call.payload["Key"].rpartition("/")[2] for call in calls[1:]] == ["SUCCEEDED_0.json"]
    execution.answer(calls[1].token, TaskResult({}))
    execution.advance()
    execution.answer(calls[2].token, TaskFailure("S3.NoSuchBucketException", "none"))
    execution.advance()
    assert execution.outcome is not None
    assert execution.outcome.error == "States.ResultWriterFailed"
    assert execution.outcome.cause == "none"
    assert types(execution.outcome)[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def test_results_are_written_when_too_many_children_fail() -> None:
    """So you find the failures and what didn't start."""
    objects: dict[str, str | bytes] = {}
    results = buckets_of({"b": objects}, lambda: START)

    def answer(call: TaskCall) -> Any:
        found = results.answer_to(call)
        assert found is not None
        return found()

    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}
    state = rows(FAIL_IF_NEGATIVE, MaxConcurrency=1, ResultWriter=writer)
    outcome = run(state, [1, -1, 2], answer)
    assert outcome.error == "States.ExceedToleratedFailureThreshold"
    names = sorted(key.rpartition("/")[2] for key in objects)
    assert names == ["FAILED_0.json", "PENDING_0.json", "SUCCEEDED_0.json", "manifest.json"]
    assert only_run(outcome).counts(items=False)["resultsWritten"] == 2


@pytest.mark.parametrize("parameters", [{}, {"Bucket": ""}, {"Bucket": "b", "Prefix": 1}])
def test_a_writer_without_a_place_fails(parameters: dict[str, Any]) -> None:
    """With AWS's error."""
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": parameters}
    assert run(rows(ResultWriter=writer), [1]).error == "States.ResultWriterFailed"


def test_a_writer_without_a_destination_transforms_the_output() -> None:
    """The results stay in the state's output."""
    writer = {"WriterConfig": {"OutputType": "JSON", "Transformation": "FLATTEN"}}
    assert run(rows(ResultWriter=writer), [[1], [2, 3], 4]).output == [1, 2, 3, 4]


def test_retry_starts_another_map_run() -> None:
    """The first one stays, with its failure."""
    calls: list[int] = []

    def answer(_call: TaskCall) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise TaskFailure("Boom", "first")
        return "ok"

    retry = [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"]}]
    outcome = run(rows(TASK, Retry=retry), [1], answer)
    assert outcome.output == ["ok"]
    assert [found.status for found in outcome.map_runs] == ["FAILED", "SUCCEEDED"]
    assert len({found.arn for found in outcome.map_runs}) == 2


def test_an_express_child_runs_five_minutes() -> None:
    """Then it is TIMED_OUT, which counts as a failure; a STANDARD child goes on."""
    outcome = run(rows(WAIT, "EXPRESS", ToleratedFailureCount=1), [1])
    assert outcome.output == [{"Status": "TIMED_OUT", "Error": "States.Timeout"}]
    assert only_run(outcome).counts(items=True)["timedOut"] == 1
    (child,) = only_run(outcome).children
    assert (child.started, child.stopped) == (START, START + timedelta(minutes=5))
    assert run(rows(WAIT), [1]).output == [1]


@pytest.mark.parametrize("inside", [False, True])
def test_a_child_with_a_full_history_fails_alone(inside: bool) -> None:
    """The limit of 25,000 events is an execution's own, also inside a Parallel of the child."""
    loop = machine(Loop={"Type": "Pass", "Next": "Loop"})
    zero = {"Variable": "$", "NumericEquals": 0, "Next": "Loop"}
    endless = {
        "StartAt": "Zero?",
        "States": {
            "Zero?": {"Type": "Choice", "Choices": [zero], "Default": "Done"},
            "Done": {"Type": "Succeed"},
            **loop["States"],
        },
    }
    processor = machine(Both={"Type": "Parallel", "Branches": [endless]}) if inside else endless
    outcome = run(rows(processor, ToleratedFailureCount=1), [0, 5])
    full, fine = only_run(outcome).children
    assert (outcome.status, fine.status) == ("SUCCEEDED", "SUCCEEDED")
    assert (full.status, full.error, full.last_event) == ("FAILED", "States.Runtime", 25_000)
    assert full.events[-1].type == "ExecutionFailed"


def test_children_run_at_most_max_concurrency_at_a_time() -> None:
    """And all others wait."""
    outcome = run(rows(WAIT, MaxConcurrency=2), [1, 2, 3])
    starts = [child.started for child in only_run(outcome).children]
    assert [(start - START).total_seconds() for start in starts if start] == [0, 0, 400]


@pytest.mark.parametrize("inside", [False, True])
def test_a_changed_concurrency_applies_at_once(inside: bool) -> None:
    """Also to a map run in a branch of a Parallel."""
    definition = machine(Rows=rows(WAIT, MaxConcurrency=1))
    if inside:
        definition = machine(Both={"Type": "Parallel", "Branches": [definition]})
    clock = VirtualClock(START)
    answers = Answers(lambda _call: None)
    execution = Execution(definition, [1, 2, 3], tasks=answers, clock=clock, context=SEED)
    execution.advance()
    (map_run,) = execution.map_runs
    assert map_run.counts(items=False)["running"] == 1
    map_run.max_concurrency = 3
    execution.refill()
    execution.advance()
    assert map_run.counts(items=False)["running"] == 3


@pytest.mark.parametrize(("wanted", "limit"), [(0, 10_000), (7, 7), (20_000, 10_000)])
def test_at_most_ten_thousand_children_run_at_a_time(wanted: int, limit: int) -> None:
    """That is AWS's limit, whatever MaxConcurrency says."""
    run = MapRun("arn", "arn", "arn", "Rows", "STANDARD", START, max_concurrency=wanted)
    assert run.limit() == limit


def test_a_failed_branch_aborts_the_map_run_of_another() -> None:
    """And its children: MapRunAborted comes before MapStateAborted."""
    fails = machine(W={"Type": "Wait", "Seconds": 1}, F={"Type": "Fail", "Error": "Boom"})
    parallel = {"Type": "Parallel", "Branches": [machine(Rows=rows(WAIT)), fails]}
    outcome = execute(machine(Both=parallel), [1, 2])
    assert outcome.error == "Boom"
    cut = types(outcome)
    assert cut.index("MapRunAborted") + 1 == cut.index("MapStateAborted")
    found = only_run(outcome)
    assert found.status == "ABORTED"
    assert [child.status for child in found.children] == ["ABORTED", "ABORTED"]
    assert [event.type for event in found.children[0].events][-1] == "ExecutionAborted"


@pytest.mark.parametrize("limit", [None, 10])
def test_the_end_of_the_execution_aborts_its_map_runs(limit: int | None) -> None:
    """By StopExecution or by its TimeoutSeconds, also inside a child."""
    nested = machine(Inner=rows(WAIT, Label="In"))
    definition = machine(Rows=rows(nested, Label="Out"))
    if limit is not None:
        definition["TimeoutSeconds"] = limit
    clock = VirtualClock(START)
    seen: list[tuple[str, str]] = []

    def observe(map_run: MapRun, child: ChildExecution) -> None:
        seen.append((map_run.machine.partition("/")[2], child.status))

    execution = Execution(
        definition,
        [[1]],
        tasks=Answers(lambda _call: None),
        clock=clock,
        context=SEED,
        observer=Observer(child=observe),
    )
    execution.advance()
    if limit is None:
        execution.stop("Enough")
    outcome = drive(execution, clock)
    assert outcome.status == ("ABORTED" if limit is None else "TIMED_OUT")
    assert types(outcome)[-2:] == [
        "MapRunAborted",
        "ExecutionAborted" if limit is None else "ExecutionTimedOut",
    ]
    outer, inner = outcome.map_runs
    assert (outer.status, inner.status) == ("ABORTED", "ABORTED")
    assert inner.execution_arn == outer.children[0].arn
    assert inner.arn.startswith(f"{ARN}:mapRun:orders/Out/In:")
    assert sorted(seen) == [
        ("Out", "ABORTED"),
        ("Out", "RUNNING"),
        ("Out/In", "ABORTED"),
        ("Out/In", "RUNNING"),
    ]


def test_a_missing_mock_ends_the_whole_execution() -> None:
    """The set-up is at fault, so no failure is tolerated."""
    outcome = run(rows(TASK, ToleratedFailurePercentage=100), [1])
    assert outcome.error == "NoAnswer"


def test_a_thousand_children_are_independent() -> None:
    """Each output is at its item's place."""
    outcome = run(rows(PASS, "EXPRESS", MaxConcurrency=7), [*range(1000)])
    assert outcome.output == [*range(1000)]
    assert only_run(outcome).counts(items=False)["succeeded"] == 1000


FIELDS = st.sampled_from(
    [
        *("Resource", "ReaderConfig", "Parameters", "Arguments", "WriterConfig", "Transformation"),
        *("InputType", "CSVHeaders", "CSVDelimiter", "CSVHeaderLocation", "MaxItems"),
        *("MaxItemsPath", "ItemsPointer", "ManifestType", "OutputType", "MaxItemsPerBatch"),
        *("MaxInputBytesPerBatch", "BatchInput", "Bucket", "Key", "Prefix"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 9)
    | st.sampled_from(["CSV", "JSON", "JSONL", "MANIFEST", "FLATTEN", "GIVEN", "$.a", "{% $x %}"])
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FIELDS, inner, max_size=4),
)
MAP_FIELDS = st.sampled_from(
    [
        *("ItemReader", "ResultWriter", "ItemBatcher", "ItemSelector", "Label", "MaxConcurrency"),
        *("ToleratedFailureCount", "ToleratedFailurePercentage", "ItemsPath", "Items"),
        "QueryLanguage",
    ]
)


@given(st.dictionaries(MAP_FIELDS, VALUES), VALUES, VALUES | st.just({"Body": "[1]"}))
def test_any_map_ends_in_a_result_or_an_error(fields: Any, input: Any, answer: Any) -> None:
    """No JSON in its fields, its input or an answer ends in an exception."""
    outcome = execute(machine(Rows=rows(**fields)), [input], lambda _call: answer)
    assert outcome.status in ("SUCCEEDED", "FAILED")
