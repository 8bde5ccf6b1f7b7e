"""Replays executions that AWS recorded: the same outcome, and the same history."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from sfn_release.aws.stepfunctions import in_process
from sfn_release.local_service import open_service
from sfn_release.simulator import ContextSeed, Execution, ExecutionOutcome, VirtualClock, drive
from support.oracle import (
    Case,
    Recorded,
    as_recorded,
    compare,
    differences,
    event_form,
    recorded_events,
)
from support.places import ORACLE

START = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not ORACLE.exists(), reason="the recordings are not here")

DIFFERENT = {
    "scenarios__base_scenarios__map_item_reader_base_list_objects_v2": (
        "to put tokens into its output, the recording tool wrote the text anew, with blanks"
    ),
}
"""Recordings that are not matched, with the reason; all others are, in every event."""


def cases(category: str) -> Iterator[Case]:
    """Yield the JSONPath cases of a category."""
    for file in sorted((ORACLE / "executions" / category).glob("*.json")):
        case = json.loads(file.read_text().replace("<<task_token>:1>", "<task_token:1>"))
        if case["query_language"] == "JSONPath" and "time_relative" not in case:
            yield case


def replay(case: Case) -> ExecutionOutcome:
    """Run a case as it ran on AWS."""
    values = {token["token"]: token.get("value") for token in case["wildcards"]}
    machine = values.get("<ArnPart_0idx>") or "machine"
    execution = case.get("execution_name") or values.get("<ExecArnPart_0idx>") or "execution"
    clock = VirtualClock(START)
    stopped = any(call["op"] == "stop_execution" for call in case.get("callback_calls", []))
    execution = Execution(
        case["definition"],
        {} if case.get("input_omitted") or case.get("input") is None else case["input"],
        tasks=Recorded(case),
        clock=clock,
        context=ContextSeed(
            execution_arn=f"arn:aws:states:us-east-1:111111111111:execution:{machine}:{execution}",
            execution_name=execution,
            role_arn=values.get("snf_role_arn") or "arn:aws:iam::111111111111:role/role",
            state_machine_arn=f"arn:aws:states:us-east-1:111111111111:stateMachine:{machine}",
            state_machine_name=machine,
            started_at=START,
            type=case["type"],
        ),
    )
    if stopped:  # while it waited
        execution.advance()
        execution.stop()
    return drive(execution, clock)


def outcome_differences(case: Case, outcome: ExecutionOutcome) -> list[str]:
    """Compare status, output, error and cause, unless the recorded execution was still running."""
    expect = case["expect"]
    if "partial_history" in expect:
        return []
    actual = {"status": outcome.status, "error": outcome.error, "cause": outcome.cause}
    expected = {key: expect.get(key) for key in actual}
    if "output" in expect:
        expected["output"], actual["output"] = expect["output"], outcome.output
    return differences(case, expected, actual)


def event_differences(case: Case, outcome: ExecutionOutcome) -> list[str]:
    """Compare the history and the CloudWatch log events."""
    expect = case["expect"]
    actual = [event_form(event) for event in outcome.events]
    found = log_differences(case, actual)
    if "events" not in expect:
        return found
    expected = recorded_events(case)
    for event in actual:
        event["details"].pop("workerName", None)
    if "partial_history" in expect:
        actual = actual[: len(expected)]
    if expect.get("events_order_normalised"):
        return found + unordered_differences(case, expected, actual)
    return found + differences(case, expected, actual)


def log_differences(case: Case, actual: list[Case]) -> list[str]:
    """Compare the ids, links and types of log events, and the details that are logged."""
    expect, found = case["expect"], []
    logged = [
        *expect.get("logs", []),
        *([expect["log_end_event"]] if "log_end_event" in expect else []),
    ]
    for entry in logged:
        event = actual[int(entry["id"]) - 1]
        details = {key: event["details"].get(key) for key in entry.get("details", {})}
        found += differences(
            case,
            [int(entry["previous_event_id"]), entry["type"], entry.get("details", {})],
            [event["prev"], event["type"], details],
        )
    return found


def unordered_differences(case: Case, expected: list[Case], actual: list[Case]) -> list[str]:
    """Compare events when the recording has lost their order and ids.

    Such recordings also omit some events; the last event's id is the original number of events.
    """
    left = list(actual)
    missing = []
    for event in expected:
        for other in left:
            pair = [{"type": item["type"], "details": item["details"]} for item in (event, other)]
            if not differences(case, *pair):
                left.remove(other)
                break
        else:
            missing.append(f"missing {event['type']}")
    last = expected[-1]["id"]
    return missing + ([] if last == len(actual) else [f"{len(actual)} events, not {last}"])


CATEGORIES = (
    sorted(path.name for path in (ORACLE / "executions").iterdir()) if ORACLE.exists() else []
)


@pytest.mark.parametrize("category", CATEGORIES)
def test_executions_end_and_are_told_as_aws_recorded_them(
    category: str, record_property: Callable[[str, object], None]
) -> None:
    """Status, output, error, cause and every event match AWS's."""
    faults: dict[str, list[str]] = {}
    total = 0
    for case in cases(category):
        total += 1
        outcome = replay(case)
        found = outcome_differences(case, outcome) + event_differences(case, outcome)
        if found:
            faults[case["id"]] = found[:3]
    record_property("agreeing", f"{total - len(faults)}/{total}")
    shown = "\n  ".join(f"{id}: {line}" for id, lines in faults.items() for line in lines)
    unexpected = {id for id in faults if id not in DIFFERENT}
    assert not unexpected, f"{category}: {total - len(faults)} of {total} agree\n  {shown}"


def described(case: Case, answer: str) -> list[str]:
    """Run a case on the local service; compare DescribeExecution or the synchronous answer."""
    values = {token["token"]: token.get("value") for token in case["wildcards"]}
    expected = case["expect"][answer]
    names = [str(expected[key]).rpartition(":")[2] for key in ("stateMachineArn", "name")]
    machine, execution = (values.get(name) or name.strip("<>") for name in names)
    with open_service(
        ":memory:", tasks_for=lambda _scope: Recorded(case), account="111111111111"
    ) as local:
        client = in_process(local.answer, region="us-east-1")
        made = client.create_state_machine(
            name=machine,
            definition=json.dumps(case["definition"]),
            roleArn="arn:aws:iam::111111111111:role/role",
            type=case["type"],
        )
        start = client.start_sync_execution if answer == "sync_response" else client.start_execution
        found = start(
            stateMachineArn=made["stateMachineArn"],
            name=execution,
            input=json.dumps(case.get("input") or {}),
        )
        if answer == "describe_execution":
            found = client.describe_execution(executionArn=found["executionArn"])
    del found["ResponseMetadata"]
    expected = {key: value for key, value in expected.items() if key != "ResponseMetadata"}
    for key in ("startDate", "stopDate"):
        assert expected.pop(key) == "datetime"
        assert found.pop(key).tzinfo is not None
    if case["aws_recorded_date"] < "2023-11-15":  # before redrive existed
        found = {key: value for key, value in found.items() if not key.startswith("redrive")}
    if answer == "sync_response":  # the recording's duration is its own
        billed = (expected.pop("billingDetails"), found.pop("billingDetails"))
        assert {tuple(items) for items in map(sorted, billed)} == {tuple(sorted(billed[0]))}
    return differences(case, expected, found)


DESCRIBED = [
    (case["id"], answer, case)
    for category in CATEGORIES
    for case in cases(category)
    for answer in ("describe_execution", "sync_response")
    if answer in case["expect"]
]


@pytest.mark.parametrize(
    ("answer", "case"),
    [(answer, case) for _, answer, case in DESCRIBED],
    ids=[id for id, _, _ in DESCRIBED],
)
def test_executions_are_described_as_aws_described_them(answer: str, case: Case) -> None:
    """DescribeExecution and StartSyncExecution have the recorded members and values."""
    assert described(case, answer) == []


def test_a_recording_s_texts_are_compared_as_texts() -> None:
    """Only texts that the recording has parsed are parsed; other texts must be identical."""
    assert as_recorded({"a": [1], "b": "[1]"}, {"a": "[1]", "b": "[1]"}) == {"a": [1], "b": "[1]"}
    assert compare().match({"b": "[1]"}, as_recorded({"b": "[1]"}, {"b": "[ 1]"}))
