"""Histories in files: every form of the AWS CLI's output, and what isn't one."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import FileError, NotFoundError
from sfn_release.simulator import TaskCall
from sfn_release.testing.histories.history_files import (
    execution_of,
    history_files,
    read_history_file,
    read_history_files,
)
from sfn_release.testing.replay.replay_execution import replay_execution
from support.executions import SEED, machine
from support.recorded_runs import FUNCTION, record

ARN = SEED.execution_arn
DEFINITION = machine(
    Work={"Type": "Task", "Resource": FUNCTION},
    Named={
        "Type": "Pass",
        "Parameters": {"name.$": "$$.Execution.Name", "at.$": "$$.State.EnteredTime"},
    },
)


def answer(_call: TaskCall) -> Any:
    """Answer the task."""
    return {"done": True}


RECORDING = record(DEFINITION, answer)
TIMES = [event["timestamp"] for event in RECORDING.events]
EVENTS, NUMBERED = (
    [{**event, "timestamp": at} for event, at in zip(RECORDING.events, times, strict=True)]
    for times in ([at.isoformat() for at in TIMES], [at.timestamp() for at in TIMES])
)
PAGES = [{"events": EVENTS[:3], "nextToken": "next"}, {"events": EVENTS[3:]}]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"events": EVENTS}, indent=4),
        json.dumps({"events": NUMBERED}),
        json.dumps({"events": EVENTS[::-1]}),
        json.dumps(EVENTS),
        json.dumps(PAGES),
        "\n".join(json.dumps(page, indent=4) for page in PAGES),
        "\ufeff" + json.dumps({"events": EVENTS}),
        json.dumps({"events": EVENTS, "execution": {"executionArn": ARN}}),
    ],
    ids=("cli", "numbers", "reversed", "list", "pages", "stream", "bom", "described"),
)
def test_each_form_is_read_and_replays_as_the_same(text: str, tmp_path: Path) -> None:
    """With times as texts and as numbers; without an ARN, its values aren't compared."""
    file = tmp_path / "one.json"
    file.write_text(text, encoding="utf-8")
    read = read_history_file(file)
    assert (read.status, read.input, read.output) == (
        *("SUCCEEDED", RECORDING.input),
        RECORDING.output,
    )
    assert read.arn == (ARN if ARN in text else "one")
    assert len(read.events) == len(EVENTS)
    if ARN not in text:
        assert replay_execution(read, DEFINITION).same


def test_files_can_be_compressed(tmp_path: Path) -> None:
    """A folder is read at any depth, in the order of its names."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "two.json.gz").write_bytes(
        gzip.compress(json.dumps({"events": EVENTS}).encode())
    )
    (tmp_path / "one.json").write_text(json.dumps({"events": EVENTS}))
    (tmp_path / "notes.txt").write_text("no history")
    assert [found.arn for found in read_history_files(tmp_path)] == ["two", "one"]


def test_missing_events_are_said(tmp_path: Path) -> None:
    """A page without the next one, and a history without its beginning."""
    file = tmp_path / "one.json"
    file.write_text(json.dumps(PAGES[0]))
    read = read_history_file(file)
    assert read.incomplete == "The file has a nextToken: the rest of the history is missing."
    assert replay_execution(read, DEFINITION).unreplayable == read.incomplete
    file.write_text(json.dumps({"events": EVENTS[:3], "NextToken": "of --max-items"}))
    assert read_history_file(file).incomplete == read.incomplete
    file.write_text(json.dumps(PAGES[1]))
    assert "first events are missing" in read_history_file(file).incomplete


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "{}", '{"events": 1}', '{"events": [{"id": "x"}]}', "[" * 100_000]
)
def test_anything_else_is_refused(text: str, tmp_path: Path) -> None:
    """With the file's name."""
    file = tmp_path / "one.json"
    file.write_text(text)
    with pytest.raises(FileError, match=r"one\.json"):
        read_history_file(file)


def test_a_folder_without_histories_is_refused(tmp_path: Path) -> None:
    """The fix says how to get one."""
    with pytest.raises(NotFoundError, match="has no history"):
        history_files(tmp_path)
    with pytest.raises(NotFoundError, match="no file or folder"):
        history_files(tmp_path / "nowhere")


def test_an_express_execution_has_its_own_context() -> None:
    """Its ARN has an id after the name, and its context object no RedriveCount."""
    arn = ARN.replace(":execution:", ":express:")
    seed = replace(SEED, type="EXPRESS", execution_arn=f"{arn}:0f5c")
    recording = replace(record(DEFINITION, answer, seed=seed), arn=f"{arn}:0f5c", type="EXPRESS")
    assert replay_execution(recording, DEFINITION).same


def test_a_redrive_takes_the_end_before_it_back() -> None:
    """The execution runs again, until another event ends it."""
    at = TIMES[-1]
    failed = {"id": 90, "type": "ExecutionFailed", "timestamp": at}
    failed["executionFailedEventDetails"] = {"error": "Broken"}
    redriven = {"id": 91, "type": "ExecutionRedriven", "timestamp": at}
    running = execution_of([*EVENTS[:1], failed, redriven], {}, name="one")
    assert (running.status, running.error, running.input) == ("RUNNING", None, RECORDING.input)
    ended = execution_of([*EVENTS[:1], failed, redriven, EVENTS[-1]], {}, name="one")
    assert (ended.status, ended.error, ended.output) == ("SUCCEEDED", None, RECORDING.output)


def test_details_that_are_no_object_count_as_none(tmp_path: Path) -> None:
    """A file may hold anything."""
    odd = [{**EVENTS[0], "executionStartedEventDetails": "odd"}, *EVENTS[1:]]
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"events": odd}))
    assert read_history_file(file).input is None
