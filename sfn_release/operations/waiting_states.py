"""Reads from a history the states in which an execution waits for something. Pure.

    events of GetExecutionHistory → waiting_states → one WaitingState for each open wait

An event that waits is one that no other event follows yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.testing.histories.task_attempts import details_of

_CALLBACK = ".waitForTaskToken"


@dataclass(frozen=True)
class WaitingState:
    """A state that waits. *event* is the event's id, *state* the state's name.

    *reason* completes "waits for". *sent* is the JSON text of the request to the service or the
    worker, which has the task token of a callback.
    """

    event: int
    state: str
    reason: str
    sent: str | None = None
    callback: bool = False
    activity: str | None = None

    @property
    def needs_answer(self) -> bool:
        """Whether it ends only by an answer from outside."""
        return self.callback or self.activity is not None


def waiting_states(events: Iterable[Mapping[str, Any]]) -> list[WaitingState]:
    """Return the waits of a running execution, in the order of their events."""
    by_id = {event["id"]: event for event in events}
    followed = {event["previousEventId"] for event in by_id.values()}
    return [
        found
        for number, event in by_id.items()
        if number not in followed and (found := _wait(event, by_id)) is not None
    ]


def _wait(event: Mapping[str, Any], by_id: Mapping[int, Mapping[str, Any]]) -> WaitingState | None:
    before = list(_before(event, by_id))
    state = next((details_of(past).get("name", "") for past in before if _entered(past)), "")
    number = event["id"]
    match event["type"]:
        case "WaitStateEntered":
            return WaitingState(number, state, "its time")
        case "TaskSubmitted":
            details = details_of(event)
            resource = f"{details.get('resourceType', '')}:{details.get('resource', '')}"
            sent = _scheduled(before, "parameters")
            if resource.endswith(_CALLBACK):
                reason = f"a task token, which {resource} was sent"
                return WaitingState(number, state, reason, sent, callback=True)
            return WaitingState(number, state, f"the end of {resource}", sent)
        case "ActivityScheduled" | "ActivityStarted":
            activity = _scheduled(before, "resource") or ""
            taken = event["type"] == "ActivityStarted"
            reason = f"{'the' if taken else 'a'} worker of the activity {activity}"
            sent = _scheduled(before, "input")
            return WaitingState(number, state, reason, sent, activity=activity)
        case _:
            return None


def _before(
    event: Mapping[str, Any], by_id: Mapping[int, Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """Yield *event* and the events that led to it."""
    found: Mapping[str, Any] | None = event
    while found is not None:
        yield found
        found = by_id.get(found["previousEventId"])


def _entered(event: Mapping[str, Any]) -> bool:
    return str(event["type"]).endswith("StateEntered")


def _scheduled(before: Iterable[Mapping[str, Any]], member: str) -> str | None:
    """Return a member of the event that scheduled the task."""
    scheduled = (past for past in before if str(past["type"]).endswith("Scheduled"))
    found = next(scheduled, None)
    return None if found is None else details_of(found).get(member)
