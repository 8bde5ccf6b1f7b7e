"""Explanations of histories that are cut off, out of order or nonsense."""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output.explanation import write_explanation
from sfn_release.operations.explained_execution import Explanation
from sfn_release.operations.verbs.explain import explain_file
from sfn_release.simulator import TaskCall, TaskFailure
from sfn_release.testing.histories.history_files import SavedHistory
from sfn_release.testing.histories.state_visits import api_events
from sfn_release.testing.histories.way_diagram import way_diagram
from support.executions import execute

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"}
NESTED = {
    "StartAt": "Both",
    "States": {
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "Each",
                    "States": {
                        "Each": {
                            "Type": "Map",
                            "ItemsPath": "$.items",
                            "ItemProcessor": {
                                "StartAt": "Ask",
                                "States": {
                                    "Ask": {
                                        **TASK,
                                        "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 2}],
                                        "End": True,
                                    }
                                },
                            },
                            "End": True,
                        }
                    },
                },
                {
                    "StartAt": "Rest",
                    "States": {"Rest": {"Type": "Wait", "Seconds": 60, "Next": "Rested"},
                               "Rested": {"Type": "Pass", "End": True}},
                },
            ],
            "Catch": [{"ErrorEquals": ["Broken"], "Next": "Mend"}],
            "Next": "Done",
        },
        "Mend": {"Type": "Pass", "Next": "Which"},
        "Which": {"Type": "Choice", "Choices": [
            {"Variable": "$.x", "IsPresent": True, "Next": "Done"},
            {"Variable": "$.y", "IsPresent": True, "Next": "Done"}], "Default": "Over"},
        "Over": {"Type": "Fail", "Error": "Over"},
        "Done": {"Type": "Succeed"},
    },
}  # fmt: skip


def history(items: list[str]) -> list[dict[str, Any]]:
    """Return the history of a run of NESTED; each item is the name of its task's error, or ok."""

    def answer(call: TaskCall) -> Any:
        if call.payload == "ok":
            return {}
        raise TaskFailure(call.payload, "it failed")

    outcome = execute(NESTED, {"items": items}, answer)
    return [*api_events(outcome.events)]


def explained(events: Any, definition: Mapping[str, Any] | None = None) -> Explanation:
    """Return the explanation of *events*, after every form of it was written."""
    explanation = explain_file(SavedHistory(events, {}, definition))
    json.dumps(explanation.to_json())
    with contextlib.redirect_stdout(io.StringIO()):
        write_explanation(explanation, verbose=False)
        write_explanation(explanation, verbose=True)
    way_diagram(explanation.timeline, explanation.reason, definition)
    return explanation


@given(
    st.lists(st.sampled_from(["ok", "Busy", "Broken", "Other"]), max_size=4),
    st.integers(0, 80),
    st.integers(0, 20),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_cut_off_and_shuffled_histories(
    items: list[str], end: int, start: int, draw: random.Random, defined: bool
) -> None:
    """A part of a history is explained, and the order of its events doesn't matter."""
    events = history(items)[start:end]
    definition = NESTED if defined else None
    whole = explained(events, definition)
    shuffled = list(events)
    draw.shuffle(shuffled)
    assert explained(shuffled, definition).to_json() == whole.to_json()


KINDS = sorted({event["type"] for event in history(["ok", "Busy", "Broken"])} | {
    "MapRunStarted", "MapRunFailed", "MapRunRedriven", "MapStateAborted", "ParallelStateFailed",
    "MapIterationFailed", "MapIterationAborted", "ExecutionRedriven", "ExecutionAborted",
    "ExecutionTimedOut", "TaskStateEntered", "TaskScheduled", "TaskSubmitted", "TaskTimedOut",
    "TaskFailed", "ActivityScheduled", "ActivityStarted", "EvaluationFailed", "SomethingNew",
    "FailStateEntered", "ChoiceStateEntered", "WaitStateEntered",
})  # fmt: skip
TEXTS = st.sampled_from(["", "A", "B", '{"a": 1}', "[1]", "x" * 700, "\x1b[31m", "\ud800", "a\nb"])
VALUES = TEXTS | st.integers(-5, 5) | st.none() | st.lists(st.integers()) | st.booleans()
DETAILS = st.dictionaries(
    st.sampled_from(["name", "input", "output", "error", "cause", "resource", "resourceType",
                     "parameters", "timeoutInSeconds", "heartbeatInSeconds", "index", "length",
                     "assignedVariables", "mapRunArn", "location", "state"]),
    VALUES | st.dictionaries(TEXTS, VALUES, max_size=2),
)  # fmt: skip
EVENTS = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(-1, 12), "type": st.sampled_from(KINDS)},
        optional={
            "previousEventId": st.integers(-1, 12) | st.none(),
            "timestamp": st.integers(0, 2_000_000_000) | TEXTS | st.floats() | st.none(),
            "someEventDetails": DETAILS | st.none() | st.integers(),
        },
    )
    | st.none(),
    max_size=14,
)


@given(EVENTS, st.booleans())
def test_nonsense_is_explained_too(events: list[Any], defined: bool) -> None:
    """Whatever events a file has: no explanation breaks."""
    explained(events, NESTED if defined else None)


@pytest.mark.parametrize(
    ("items", "status", "state", "words"),
    [
        (["ok", "ok"], "SUCCEEDED", None, ""),
        (["ok", "Broken"], "FAILED", "Over", "It came there because Both failed, and a Catch"),
        (["ok", "Busy"], "FAILED", "Ask", "Ask was tried 3 times: its Retry of Busy allows 2"),
        (["Other"], "FAILED", "Ask", "No Catch of Both names Other; it catches Broken."),
    ],
)
def test_the_failed_state_is_the_innermost(
    items: list[str], status: str, state: str | None, words: str
) -> None:
    """Inside a Map and a Parallel too; an error that was caught led to the state that failed."""
    explanation = explained(history(items), NESTED)
    assert explanation.timeline.status == status
    reason = explanation.reason
    assert (reason.visit.state if reason and reason.visit else None) == state
    assert words in " ".join(reason.advice if reason else ())


def test_the_picture_counts_the_edges() -> None:
    """Edges that an execution didn't take are dashed; alike edges are counted together."""
    explanation = explained(history(["ok", "Broken"]), NESTED)
    graph = way_diagram(explanation.timeline, explanation.reason, NESTED)
    for line in (
        '-->|"Broken<br/>1×"|',
        '-->|"default<br/>1×"|',
        '-.->|"$.x is present"|',
        "✗ failed: Over",
        '==>|"2×"|',
    ):
        assert line in graph, graph
    chain = way_diagram(explanation.timeline, explanation.reason)
    assert chain.count("Ask<br/>Task") == 2
    assert "✗ failed: Over" in chain


@pytest.mark.parametrize(
    ("end", "words", "mark"),
    [
        ("ExecutionAborted", "Ask was running when it was stopped.", "✗ stopped here"),
        ("ExecutionTimedOut", "Ask was running at that time.", "✗ timed out here"),
    ],
)
def test_executions_that_others_end(end: str, words: str, mark: str) -> None:
    """The state that was running then is named, and isn't called failed."""
    events = [
        {"id": 1, "type": "ExecutionStarted", "timestamp": 0},
        {"id": 2, "type": "TaskStateEntered", "timestamp": 1,
         "stateEnteredEventDetails": {"name": "Ask", "input": "{}"}},
        {"id": 3, "type": end, "timestamp": 61},
    ]  # fmt: skip
    explanation = explained(events)
    assert explanation.reason is not None
    assert words in explanation.reason.advice
    assert explanation.timeline.visits[0].ended == "aborted"
    assert mark in way_diagram(explanation.timeline, explanation.reason)
