"""Reads the executions of EXPRESS workflows from log events of CloudWatch Logs. Pure.

    messages of log events → ExpressLog → events in the shape of GetExecutionHistory

Step Functions writes each event as a JSON object. Its ids and times are texts, its details have no
member named after the type, and the events of an execution may come in any order.
https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sfn_release.simulator.event_recorder import details_member
from sfn_release.testing.histories.history_ends import FINISHED
from sfn_release.testing.histories.history_faults import missing_ids
from sfn_release.testing.histories.task_attempts import details_of

_NUMBERS = ("index", "length", "timeoutInSeconds", "heartbeatInSeconds", "redriveCount")


@dataclass
class LoggedExecution:
    """The events of one execution, as far as they were read, by id."""

    arn: str
    events: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether the event that ends the execution was read."""
        return any(event["type"] in FINISHED for event in self.events.values())

    @property
    def begun(self) -> bool:
        """Whether the first event was read."""
        return 1 in self.events

    @property
    def history(self) -> list[dict[str, Any]]:
        """The events, ordered by id."""
        return [self.events[id] for id in sorted(self.events)]

    @property
    def incomplete(self) -> str:
        """Why a part of the history is missing; "" if nothing is."""
        missing = missing_ids(list(self.events))
        if missing:
            return f"the log has no event {missing}"
        if not self.ended:
            return "the log has no event that ends it"
        for id, event in sorted(self.events.items()):
            problem = _lacking(event)
            if problem:
                return f"{problem} of event {id} ({event['type']})"
        return ""


def _lacking(event: Mapping[str, Any]) -> str:
    """Return the data that an event should have and hasn't; "" if it has all."""
    details = details_of(event)
    for member in ("input", "output", "parameters"):
        if (details.get(f"{member}Details") or {}).get("truncated") is True:
            return f"the log has only a part of the {member}"
    if event["type"] == "ExecutionStarted" and "input" not in details:
        return "the log has no input"
    if event["type"] == "ExecutionSucceeded" and "output" not in details:
        return "the log has no output"
    return ""


class ExpressLog:
    """The executions of one EXPRESS state machine, from the messages of its log group.

    *machine* is the state machine's ARN without a version. A log group may have executions of
    others, and messages that aren't events; both are left out.
    """

    def __init__(self, machine: str) -> None:
        self.executions: dict[str, LoggedExecution] = {}
        self._start = machine.replace(":stateMachine:", ":express:") + ":"

    def read(self, message: str) -> None:
        """Take in the message of one log event."""
        try:
            record = json.loads(message)
        except ValueError:
            return
        if not isinstance(record, dict):
            return
        arn = record.get("execution_arn")
        if not isinstance(arn, str) or not arn.startswith(self._start):
            return
        event = _event(record)
        if event is not None:
            execution = self.executions.setdefault(arn, LoggedExecution(arn))
            execution.events[event["id"]] = event

    def finished(self) -> Iterator[LoggedExecution]:
        """Yield the executions whose last event was read."""
        return (execution for execution in self.executions.values() if execution.ended)


def _event(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a logged event in the shape of ``GetExecutionHistory``; None if it isn't an event."""
    try:
        type = str(record["type"])
        event: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(int(record["event_timestamp"]) / 1000, UTC),
            "type": type,
            "id": int(record["id"]),
            "previousEventId": int(record["previous_event_id"]),
        }
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    details = record.get("details")
    if isinstance(details, Mapping) and type:
        event[details_member(type)] = {key: _number(key, value) for key, value in details.items()}
    return event


def _number(key: str, value: Any) -> Any:
    if key in _NUMBERS and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value
