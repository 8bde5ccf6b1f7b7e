"""Replays executions that AWS recorded: the same outcome, and the same history."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from sfn_release.aws.stepfunctions import in_process
from sfn_release.local_service import open_service
from support.oracle import CATEGORIES, Case, Recorded, cases, compare
from support.oracle_comparison import as_recorded, differences
from support.oracle_table import lines, measure
from support.places import ORACLE

pytestmark = pytest.mark.skipif(not ORACLE.exists(), reason="the recordings are not here")

DIFFERENT: dict[str, str] = {}
"""Recordings that are not matched, with the reason; all others are, in every event."""


@pytest.mark.parametrize("category", CATEGORIES)
def test_executions_end_and_are_told_as_aws_recorded_them(
    category: str, record_property: Callable[[str, object], None]
) -> None:
    """Status, output, error, cause and every event match AWS's."""
    agreements = [measure(case) for case in cases(category)]
    record_property("agreement", "\n".join(lines(agreements)))
    unexpected = {
        agreement.case["id"]: agreement.differences[:3]
        for agreement in agreements
        if agreement.differences and agreement.case["id"] not in DIFFERENT
    }
    shown = "\n  ".join(f"{id}: {line}" for id, found in unexpected.items() for line in found)
    assert not unexpected, f"{category}\n  {shown}"


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
