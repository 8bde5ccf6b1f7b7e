"""Compares an execution with a recording: strictly, or with tolerances that each have a reason.

A recording has a text for each value that differed between two runs, and the matcher beside the
recordings knows them. Everything else must be identical, in every event, member and text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator import Event, ExecutionOutcome
from support.oracle import Case, compare, parsed

_NOISE = ("SdkHttpMetadata", "SdkResponseMetadata")


@dataclass(frozen=True)
class Tolerance:
    """A difference that counts as none, with its reason. *apply* changes a recording's events."""

    name: str
    reason: str
    apply: Callable[[Case, list[Case]], None]


def _linked_as_today(case: Case, events: list[Case]) -> None:
    ends = {event["id"]: event for event in events if event["type"] == "MapRunSucceeded"}
    for event in events:
        if event["type"] == "MapStateExited" and case["aws_recorded_date"] < "2024-11":
            event["prev"] = ends[event["prev"]]["prev"] if event["prev"] in ends else event["prev"]


def _laid_out(case: Case, events: list[Case]) -> None:
    given = events[0]["details"].get("input") if events else None
    if not isinstance(given, str):
        return
    written = compact(parsed(given))
    for event in events if case["aws_recorded_date"] < "2024-07" else events[:1]:
        for key in ("input", "output"):
            if isinstance(event["details"].get(key), str):
                event["details"][key] = event["details"][key].replace(given, written)


def _without_worker(_case: Case, events: list[Case]) -> None:
    for event in events:
        event["details"].pop("workerName", None)


def _rewritten(case: Case, events: list[Case]) -> None:
    if case["id"] == "scenarios__base_scenarios__map_item_reader_base_list_objects_v2":
        for event in events[-2:]:
            event["details"]["output"] = compact(parsed(event["details"]["output"]))


TOLERANCES = (
    Tolerance(
        "the link of a distributed Map's exit",
        "In all recordings up to June 2024, MapStateExited follows MapRunSucceeded. In all since"
        " November 2024 it follows the event before that, MapRunStarted.",
        _linked_as_today,
    ),
    Tolerance(
        "the layout of the caller's input",
        "Until June 2024 a state handed the caller's text on with its blanks; it's compact since."
        " ExecutionStarted still has it: the service knows that text, and the simulator doesn't.",
        _laid_out,
    ),
    Tolerance("the worker of an activity", "Each recording has its own.", _without_worker),
    Tolerance(
        "a text that the recording tool wrote",
        "To put tokens into one output, the tool wrote its JSON anew, with blanks.",
        _rewritten,
    ),
)


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


def event_differences(case: Case, outcome: ExecutionOutcome, *, strict: bool = False) -> list[str]:
    """Compare the history and the CloudWatch log events. *strict* applies no tolerance."""
    expect = case["expect"]
    actual = [event_form(event) for event in outcome.events]
    found = log_differences(case, actual)
    if "events" not in expect:
        return found
    expected = [event_of(recorded) for recorded in expect["events"]]
    if not strict:
        for tolerance in TOLERANCES:
            tolerance.apply(case, expected)
        _without_worker(case, actual)
    if "partial_history" in expect:
        actual = actual[: len(expected)]
    if expect.get("events_order_normalised"):
        return found + unordered_differences(case, expected, actual)
    return found + differences(case, expected, actual)


def log_differences(case: Case, actual: list[Case]) -> list[str]:
    """Compare the ids, links and types of log events, and the details that are logged."""
    expect, found = case["expect"], []
    end = [expect["log_end_event"]] if "log_end_event" in expect else []
    for entry in [*expect.get("logs", []), *end]:
        if int(entry["id"]) > len(actual):
            return [f"{len(actual)} events, no event {entry['id']}"]
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


def differences(case: Case, expected: Any, actual: Any) -> list[str]:
    """Compare values by the recordings' wildcard rules, texts with their layout.

    HTTP headers of an answer count only if the recording has answers to replay.
    """
    if case["replay"] in ("none", "partial"):
        expected, actual = without_noise(expected), without_noise(actual)
    actual = compare().normalise(as_recorded(expected, actual))
    found: list[str] = compare().match(expected, actual, compare().tokens_of(case))
    return found


def without_noise(value: Any) -> Any:
    """Leave out the HTTP metadata of AWS's SDK."""
    if isinstance(value, Mapping):
        return {key: without_noise(item) for key, item in value.items() if key not in _NOISE}
    return [without_noise(item) for item in value] if isinstance(value, list) else value


def as_recorded(expected: Any, actual: Any) -> Any:
    """Parse the JSON texts that the recording holds parsed; all others stay texts."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {
            key: as_recorded(expected[key], value) if key in expected else value
            for key, value in actual.items()
        }
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [as_recorded(left, right) for left, right in zip(expected, actual, strict=True)]
    if isinstance(actual, str) and not isinstance(expected, str):
        return parsed(actual)
    return actual


def event_of(recorded: Case) -> Case:
    """Return a recorded event without the members that only help its reader."""
    event = {key: recorded[key] for key in ("id", "prev", "type")}
    return event | {"details": dict(recorded.get("details") or {})}


def event_form(event: Event) -> Case:
    """Return an event in the form of the recordings."""
    details = dict(next(iter(event.details.values()), {}))
    return {"id": event.id, "prev": event.previous, "type": event.type, "details": details}
