"""Explanations of the executions that AWS recorded: none breaks one, and states are right."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator

import pytest

from sfn_release.cli.output.explanation import write_explanation
from sfn_release.operations.explained_execution import Explanation
from sfn_release.operations.verbs.explain import explain_file
from sfn_release.testing.histories.history_files import SavedHistory
from sfn_release.testing.histories.way_diagram import way_diagram
from support.oracle import CATEGORIES, Case, cases
from support.recorded_histories import recording_of

_BLAMED = re.compile(r"while executing the state '(.*?)' \(entered at the event id #(\d+)\)")


def explained(case: Case, *, defined: bool = True) -> Explanation | None:
    """Return the explanation of a recording; None for a case without a history."""
    recording = recording_of(case)
    if recording is None:
        return None
    definition = case["definition"] if defined else None
    return explain_file(SavedHistory(recording.events, {}, definition))


def shown(explanation: Explanation) -> str:
    """Return the text for people."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        write_explanation(explanation, verbose=False)
    return out.getvalue()


def failed_states(case: Case) -> Iterator[str]:
    """Yield the state that failed, by each part of the recording that names it."""
    expect = case["expect"]
    blamed = _BLAMED.search(str(expect.get("cause")))
    if blamed:
        yield blamed[1]
        return
    events = {event["id"]: event for event in expect["events"]}
    before = events.get(expect["events"][-1]["prev"])
    if before is not None and before["type"] == "FailStateEntered":
        yield before["details"]["name"]
    failed = [mock for mock in case["mocks"] if "error" in mock]
    caught = any(state.get("Catch") for state in case["definition"]["States"].values())
    if failed and failed[-1]["error"] == expect["error"] and failed[-1]["state"] and not caught:
        yield failed[-1]["state"]


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_recording_is_explained(category: str) -> None:
    """With its definition and without, as text, as JSON and as a picture."""
    named = 0
    for case in cases(category):
        for defined in (True, False):
            explanation = explained(case, defined=defined)
            if explanation is None:
                continue
            timeline, reason = explanation.timeline, explanation.reason
            expect = case["expect"]
            assert timeline.status == expect["status"], case["id"]
            assert (reason is None) == (expect["status"] in {"SUCCEEDED", "RUNNING"}), case["id"]
            json.dumps(explanation.to_json())
            assert shown(explanation).startswith(expect["status"]), case["id"]
            graph = way_diagram(timeline, reason, explanation.definition)
            assert graph.startswith("flowchart TD\n"), case["id"]
            if reason is None or expect["status"] != "FAILED":
                continue
            for state in failed_states(case):
                assert reason.visit is not None, case["id"]
                assert reason.visit.state == state, case["id"]
                assert "✗ failed" in graph, case["id"]
                named += 1
    assert named or category not in {"base", "callback", "error_handling", "scenarios", "timeouts"}


@pytest.mark.skipif(not CATEGORIES, reason="the recordings are not part of the project")
def test_most_failures_have_a_known_state() -> None:
    """So that the check above checks something."""
    failed = known = 0
    for category in CATEGORIES:
        for case in cases(category):
            if case["expect"]["status"] == "FAILED" and recording_of(case) is not None:
                failed += 1
                known += any(failed_states(case))
    assert failed >= 60
    assert known >= 0.85 * failed


WORDS = {
    # recording → texts of its explanation
    "error_handling__task_lambda__raise_exception": (
        "The function raised Exception: Some exception was raised.",
        "No Catch of Start names Exception; it catches Lambda.Unknown.",
    ),
    "error_handling__task_service_sqs__send_message_no_such_queue_no_catch": (
        "SQS.SdkClientException",
    ),
    "timeouts__fixed_timeout_lambda": ("reached its TimeoutSeconds of 5 s", "has no Catch"),
    "callback__sqs_wait_for_task_token_timeout": (
        "Nothing sent the task token of sqs:sendMessage.waitForTaskToken back in time",
    ),
    "scenarios__base_scenarios__catch_states_runtime": (
        "not even States.ALL",
        "There, $ has ",
    ),
    "logs__base__wait_seconds_path.json5_ALL_True": ("SecondsPath", "The input of the state was"),
    "scenarios__base_scenarios__map_state_retry_legacy": ("(iteration ",),
    "base__state_fail": ("The Fail state ", "ended the execution with SomeFailure"),
    "assign__assign_base__assign_in_choice__CONDITION_FALSE": ("The Choice ", "Look at its input"),
    "scenarios__base_scenarios__map_item_reader_csv_headers_decl_duplicate_headers": (
        "CSV headers cannot contain duplicates.",
        "ItemReader",
    ),
}


@pytest.mark.skipif(not CATEGORIES, reason="the recordings are not part of the project")
@pytest.mark.parametrize("id", WORDS)
def test_the_words_of_an_explanation(id: str) -> None:
    """Each kind of error says what to look at."""
    case = next(case for case in cases(id.partition("__")[0]) if case["id"] == id)
    explanation = explained(case)
    assert explanation is not None
    text = shown(explanation)
    for words in WORDS[id]:
        assert words in text, text
