"""Reads the attempts of tasks from the events of a history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.simulator.event_recorder import details_member
from sfn_release.testing.histories.event_kinds import EventKind
from sfn_release.testing.histories.visits import AttemptEnded, TaskAttempt, Visit

_TASK_ENDS: dict[str, AttemptEnded] = {"Succeeded": "succeeded", "TimedOut": "timed out"}


def note_task(
    visit: Visit, what: EventKind, event: Mapping[str, Any], details: Mapping[str, Any]
) -> None:
    """Update the attempts of a Task with an event of its work."""
    kind = event["type"]
    if what.tried:
        visit.tasks.append(scheduled_attempt(event, details))
        return
    if not visit.tasks or not what.task:
        return  # the end of the execution follows its last state
    attempt = visit.tasks[-1]
    if kind == "TaskSubmitted":
        attempt.submitted = details.get("output")
    else:
        attempt.ended = next(
            (ended for end, ended in _TASK_ENDS.items() if kind.endswith(end)), "failed"
        )
        attempt.stopped = event["timestamp"]
        attempt.result = details.get("output")
        attempt.error, attempt.cause = details.get("error"), details.get("cause")


def scheduled_attempt(event: Mapping[str, Any], details: Mapping[str, Any]) -> TaskAttempt:
    """Return the attempt that an event ...Scheduled begins."""
    resource = str(details.get("resource", ""))
    if details.get("resourceType"):
        resource = f"{details['resourceType']}:{resource}"
    arguments = details.get("parameters")
    return TaskAttempt(
        resource,
        details.get("input") if arguments is None else arguments,
        event["timestamp"],
        details.get("timeoutInSeconds"),
        details.get("heartbeatInSeconds"),
    )


def details_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the details of an event."""
    found = event.get(details_member(event.get("type", "")))
    if isinstance(found, dict):
        return found
    for key in event:  # a type that is unknown here
        if key.endswith("EventDetails"):
            details = event[key]
            return details if isinstance(details, Mapping) else {}
    return {}
