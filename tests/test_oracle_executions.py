"""Replays executions that real AWS recorded: the same outcome, and the same history."""

from __future__ import annotations

import importlib.util
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sfn_release.simulator import (
    ContextSeed,
    Event,
    NoAnswer,
    Outcome,
    TaskCall,
    TaskFailure,
    Took,
    VirtualClock,
    simulate,
)

ORACLE = Path(__file__).parents[2] / "shared" / "oracle"
START = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not ORACLE.exists(), reason="the recordings are not here")

Case = dict[str, Any]


@cache
def compare() -> Any:
    """Load the recordings' own matcher."""
    spec = importlib.util.spec_from_file_location("oracle_compare", ORACLE / "compare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(category: str) -> Iterator[Case]:
    """Yield the JSONPath cases of a category that can be replayed from what was recorded."""
    for file in sorted((ORACLE / "executions" / category).glob("*.json")):
        case = json.loads(file.read_text())
        replayable = case["replay"] in ("pure", "mocks") and "time_relative" not in case
        if replayable and case["query_language"] == "JSONPath" and case["aws_validation_entry"]:
            yield case


class Recorded:
    """Answers tasks as AWS's services answered when the case was recorded."""

    def __init__(self, case: Case) -> None:
        self._events = {str(event["id"]): event for event in case["expect"].get("events", [])}
        self._mocks: dict[object, list[Case]] = defaultdict(list)
        for mock in case["mocks"]:
            self._mocks[self._key(mock["state"], mock.get("iteration", []))].append(mock)

    @staticmethod
    def _key(state: str, iteration: Any) -> object:
        return state, tuple(map(tuple, iteration))

    def run(self, call: TaskCall) -> Any:
        """Give the answer that was recorded for the state's next call."""
        mocks = self._mocks[self._key(call.state, call.iteration)] or self._mocks[call.state, ()]
        if not mocks:
            raise NoAnswer("NotRecorded", f"{call.state}: no answer was recorded")
        mock = mocks.pop(0)
        previous = self._events.get(
            str(self._events.get(str(mock["event_id"]), {}).get("prev")), {}
        )
        submission = previous if previous.get("type") == "TaskSubmitted" else None
        submitted = submission["details"]["output"] if submission else None
        if "error" in mock:
            cause, prefix = mock["cause"], mock["event"]
            if isinstance(cause, dict):
                separators = (", ", ": ") if prefix.startswith("Lambda") else (",", ":")
                cause = json.dumps(cause, separators=separators)
            raise TaskFailure(
                mock["error"], cause, submitted=submitted, at_submission=submission is None
            )
        return Took(parsed(mock["output"]), submitted=submitted)


def parsed(value: Any) -> Any:
    """Read a JSON text; whatever is none stays."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def replay(case: Case) -> Outcome:
    values = {token["token"]: token.get("value") for token in case["wildcards"]}
    machine = values.get("<ArnPart_0idx>") or "machine"
    execution = case.get("execution_name") or values.get("<ExecArnPart_0idx>") or "execution"
    return simulate(
        case["definition"],
        {} if case.get("input_omitted") or case.get("input") is None else case["input"],
        tasks=Recorded(case),
        clock=VirtualClock(START),
        context=ContextSeed(
            execution_arn=f"arn:aws:states:us-east-1:111111111111:execution:{machine}:{execution}",
            execution_name=execution,
            role_arn=values.get("snf_role_arn") or "arn:aws:iam::111111111111:role/role",
            state_machine_arn=f"arn:aws:states:us-east-1:111111111111:stateMachine:{machine}",
            state_machine_name=machine,
            started_at=START,
        ),
    )


def differences(expected: Any, actual: Any, tokens: list[str]) -> list[str]:
    """Compare values by the recordings' wildcard rules; the layout of JSON texts is free."""
    expected, actual = aligned(expected, actual)
    found: list[str] = compare().match(expected, compare().normalise(actual), tokens)
    return found


def aligned(expected: Any, actual: Any) -> tuple[Any, Any]:
    """Parse JSON texts on both sides wherever the two are not equal as they stand."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        pairs = {key: aligned(expected[key], actual[key]) for key in expected if key in actual}
        one = {key: pairs[key][0] if key in pairs else value for key, value in expected.items()}
        other = {key: pairs[key][1] if key in pairs else value for key, value in actual.items()}
        return one, other
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        both = [aligned(one, other) for one, other in zip(expected, actual, strict=True)]
        return [one for one, _ in both], [other for _, other in both]
    if isinstance(actual, str) and expected != actual:
        one, other = parsed(expected), parsed(actual)
        if isinstance(one, dict | list) and isinstance(other, dict | list):
            return aligned(one, other)
        if not isinstance(expected, str) or (type(one) is type(other) and one == other):
            return one, other
    return expected, actual


def outcome_differences(case: Case, outcome: Outcome) -> list[str]:
    expect, tokens = case["expect"], compare().tokens_of(case)
    if "partial_history" in expect:
        return []  # it was still running when it was looked at
    actual = {"status": outcome.status, "error": outcome.error, "cause": outcome.cause}
    expected = {key: expect.get(key) for key in actual}
    if "output" in expect:
        expected["output"], actual["output"] = expect["output"], outcome.output
    return differences(expected, actual, tokens)


def event_differences(case: Case, outcome: Outcome) -> list[str]:
    expect, tokens = case["expect"], compare().tokens_of(case)
    if "events" not in expect:
        return []
    actual = [told(event) for event in outcome.events]
    expected = [
        {"id": event["id"], "prev": event["prev"], "type": event["type"], **facts(event)}
        for event in modernised(case)
    ]
    if "partial_history" in expect:
        actual = actual[: len(expected)]
    if expect.get("events_order_normalised"):
        return unordered_differences(expected, actual, tokens)
    return differences(expected, actual, tokens)


def modernised(case: Case) -> list[Case]:
    """Return the events of a recording, with one link as today's recordings have it.

    The exit of a distributed Map follows the end of its map run (MapRunSucceeded) in all recordings
    up to June 2024, and the event before that (MapRunStarted) in all since November 2024. We do as
    the younger ones. Without this, five scenarios would differ in this one number.
    """
    events = [dict(event) for event in case["expect"]["events"]]
    if case["aws_recorded_date"] < "2024-11":
        ends = {event["id"]: event for event in events if event["type"] == "MapRunSucceeded"}
        for event in events:
            if event["type"] == "MapStateExited" and event["prev"] in ends:
                event["prev"] = ends[event["prev"]]["prev"]
    return events


def facts(event: Case) -> Case:
    details = dict(event.get("details") or {})
    details.pop("workerName", None)  # who happened to take the activity
    return {"details": details}


def told(event: Event) -> Case:
    details = compare().response(next(iter(event.details.values()), {}))
    return {
        "id": event.id,
        "prev": event.previous,
        "type": event.type,
        **facts({"details": details}),
    }


def unordered_differences(expected: list[Case], actual: list[Case], tokens: list[str]) -> list[str]:
    """Compare events whose order and ids the recording has not kept.

    Such recordings leave some events out as well; the last event's id tells how many there were.
    """
    left = list(actual)
    missing = []
    for event in expected:
        for other in left:
            pair = [{"type": one["type"], "details": one["details"]} for one in (event, other)]
            if not differences(pair[0], pair[1], tokens):
                left.remove(other)
                break
        else:
            missing.append(f"missing {event['type']}")
    last = expected[-1]["id"]
    return missing + ([] if last == len(actual) else [f"{len(actual)} events, not {last}"])


def report(category: str) -> tuple[int, int, list[str]]:
    """Replay a category: how many cases there are, how many agree, what differs in the others."""
    total = agreeing = 0
    faults = []
    for case in cases(category):
        total += 1
        outcome = replay(case)
        found = outcome_differences(case, outcome) + event_differences(case, outcome)
        agreeing += not found
        faults += [f"{case['id']}: {line}" for line in found[:3]]
    return total, agreeing, faults


# Category: how many recordings agree, of how many. What is missing, and why:
# - api: stop_execution is stopped from outside (test_simulator_clock.py does that).
# - callback: two recordings expect the token "<<task_token>:1>", which is a token replaced twice
#   and so matches no text but itself.
REACHED = {
    "activities": (2, 2),
    "api": (1, 2),
    "assign": (17, 17),
    "base": (18, 18),
    "callback": (9, 11),
    "choice_operators": (246, 246),
    "comments": (1, 1),
    "context_object": (4, 4),
    "credentials": (4, 4),
    "error_handling": (16, 16),
    "express": (2, 2),
    "intrinsic_functions": (61, 61),
    "local_mocking": (4, 4),
    "logs": (7, 7),
    "query_language": (2, 2),
    "scenarios": (57, 57),
    "services": (37, 37),
    "timeouts": (4, 4),
}


@pytest.mark.parametrize("category", REACHED)
def test_executions_end_and_are_told_as_aws_recorded_them(
    category: str, record_property: Callable[[str, object], None]
) -> None:
    """Status, output, error, cause and every event agree with what AWS answered."""
    total, agreeing, faults = report(category)
    record_property("agreeing", f"{agreeing}/{total}")
    least, known = REACHED[category]
    rate = (
        f"{category}: {agreeing} of {total} recordings agree (reached before: {least} of {known})"
    )
    assert total >= known, rate
    assert total - agreeing <= known - least, "\n  ".join([rate, *faults])
