"""The results of a distributed Map: its output, and the files that AWS writes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.simulator import ChildExecution
from sfn_release.simulator.map_runs.child_execution import ChildStatus
from sfn_release.simulator.map_runs.result_writer import (
    ResultPlace,
    exported,
    inline_results,
    result_files,
)

ARN = "arn:aws:states:us-east-1:123456789012"
PLACE = ResultPlace("results", "runs/", f"{ARN}:mapRun:m/Rows:id")
AT = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)


def child(index: int, output: Any, status: ChildStatus = "SUCCEEDED") -> ChildExecution:
    """Return a child execution that has ended."""
    return ChildExecution(
        index,
        f"{ARN}:execution:m/Rows:c{index}",
        f"c{index}",
        f"{ARN}:stateMachine:m/Rows",
        str(index),
        status=status,
        output=json.dumps(output) if status == "SUCCEEDED" else None,
        error="Boom" if status == "FAILED" else None,
        started=None if status == "PENDING" else AT,
        stopped=None if status == "PENDING" else AT,
    )


MIXED = [
    child(0, [1, 2]),
    child(1, None, "FAILED"),
    child(2, {"a": 3}),
    child(3, None, "ABORTED"),
    child(4, None, "PENDING"),
]


def files(config: dict[str, str], children: list[ChildExecution] = MIXED) -> dict[str, str]:
    """Return the files of a map run by their names."""
    found = {file.key: file.body for file in result_files(children, config, PLACE)}
    return {key.removeprefix("runs/id/"): body for key, body in found.items()}


def test_files_describe_each_child_execution() -> None:
    """By default, with its metadata; the keys are those of the examples of AWS's guide."""
    written = files({})
    assert [*written] == ["FAILED_0.json", "PENDING_0.json", "SUCCEEDED_0.json", "manifest.json"]
    assert json.loads(written["SUCCEEDED_0.json"])[0] == {
        "ExecutionArn": f"{ARN}:execution:m/Rows:c0",
        "Input": "0",
        "InputDetails": {"Included": True},
        "Name": "c0",
        "Output": "[1, 2]",
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": "2026-01-02T03:04:05.678Z",
        "StateMachineArn": f"{ARN}:stateMachine:m/Rows",
        "Status": "SUCCEEDED",
        "StopDate": "2026-01-02T03:04:05.678Z",
    }
    failed, aborted = json.loads(written["FAILED_0.json"])
    assert (failed["Error"], failed["Status"]) == ("Boom", "FAILED")
    assert (aborted["Status"], aborted["RedriveStatus"]) == ("ABORTED", "REDRIVABLE_BY_MAP_RUN")
    pending = {"Input": "4", "InputDetails": {"Included": True}, "Status": "PENDING"}
    assert json.loads(written["PENDING_0.json"]) == [pending]


def test_the_manifest_lists_the_files() -> None:
    """With their sizes in bytes; the state's output names the manifest."""
    written = files({"Transformation": "COMPACT"}, [child(0, "é")])
    assert json.loads(written["manifest.json"]) == {
        "DestinationBucket": "results",
        "MapRunArn": PLACE.arn,
        "ResultFiles": {
            "FAILED": [],
            "PENDING": [],
            "SUCCEEDED": [{"Key": "runs/id/SUCCEEDED_0.json", "Size": len('["é"]'.encode())}],
        },
    }
    assert exported(PLACE) == {
        "MapRunArn": PLACE.arn,
        "ResultWriterDetails": {"Bucket": "results", "Key": "runs/id/manifest.json"},
    }


def test_files_of_a_redrive_have_a_folder_of_their_own() -> None:
    """So the files of the first attempt stay as they are."""
    assert ResultPlace("b", "", PLACE.arn, 2).key("manifest.json") == "id/Redrive-2/manifest.json"


@pytest.mark.parametrize(
    ("config", "content"),
    [
        ({"Transformation": "COMPACT"}, '[[1,2],{"a":3}]'),
        ({"Transformation": "FLATTEN"}, '[1,2,{"a":3}]'),
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, '1\n2\n{"a":3}\n'),
        ({"Transformation": "COMPACT", "OutputType": "JSONL"}, '[1,2]\n{"a":3}\n'),
    ],
)
def test_outputs_are_transformed(config: dict[str, str], content: str) -> None:
    """Failed children aren't: their results stay as without transformation."""
    written = files(config)
    assert written["SUCCEEDED_0.json"] == content
    assert '"ExecutionArn"' in written["FAILED_0.json"]


@given(st.lists(st.text(max_size=9)), st.integers(2, 40))
def test_large_results_are_split(outputs: list[str], largest: int) -> None:
    """No file is larger than the limit, unless it has one result; all results are in order."""
    children = [child(index, output) for index, output in enumerate(outputs)]
    config = {"Transformation": "COMPACT"}
    *parts, manifest = result_files(children, config, PLACE, largest)
    values = [json.loads(part.body) for part in parts]
    assert [value for part in values for value in part] == outputs
    assert all(
        part.size <= largest or len(value) == 1 for part, value in zip(parts, values, strict=True)
    )
    listed = json.loads(manifest.body)["ResultFiles"]["SUCCEEDED"]
    assert listed == [{"Key": part.key, "Size": part.size} for part in parts]


def test_results_stay_in_the_output_without_a_destination() -> None:
    """The default is COMPACT; children that failed have their status, error and cause."""
    failed = [{"Status": "FAILED", "Error": "Boom"}, {"Status": "ABORTED"}]
    ended = MIXED[:4]
    assert inline_results(ended, {}) == [[1, 2], failed[0], {"a": 3}, failed[1]]
    flat = inline_results(ended, {"Transformation": "FLATTEN", "OutputType": "JSON"})
    assert flat == [1, 2, failed[0], {"a": 3}, failed[1]]
    records = inline_results(ended, {"Transformation": "NONE"})
    assert [record["Name"] for record in records] == ["c0", "c1", "c2", "c3"]
    lines = inline_results([child(0, [1, 2])], {"Transformation": "FLATTEN", "OutputType": "JSONL"})
    assert lines == "1\n2"
