"""One finished execution with its history: of an environment, or of a file. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FINISHED: Mapping[str, str] = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}
"""The types of events that end an execution, and its status then."""


@dataclass(frozen=True)
class FinishedExecution:
    """A finished execution. *input* and *output* are JSON texts, None where AWS keeps none.

    *workflow* is our name of the state machine. *version* is the release that the execution ran,
    None if no release made its state machine version (*version_arn*). *type* is STANDARD or
    EXPRESS. *status* is SUCCEEDED, FAILED, TIMED_OUT or ABORTED. *events* have the shape of
    ``GetExecutionHistory``, in order. *incomplete* says why events are missing, "" if none are:
    such an execution can't be replayed.
    """

    arn: str
    workflow: str
    version: str | None
    status: str
    input: str | None
    output: str | None
    error: str | None
    cause: str | None
    started: datetime
    stopped: datetime | None
    events: Sequence[Mapping[str, Any]]
    type: str = "STANDARD"
    version_arn: str | None = None
    incomplete: str = ""

    @property
    def name(self) -> str:
        """The execution's name, or for EXPRESS its name and start id."""
        return self.arn.split(":", 7)[-1]


@dataclass(frozen=True)
class HistoryEnds:
    """What the first and the last events of a history say about its execution.

    *status* is None if no event ends the execution.
    """

    input: str | None
    status: str | None
    output: str | None
    error: str | None
    cause: str | None
    started: datetime | None
    stopped: datetime | None
    version_arn: str | None


def ends_of(events: Sequence[Mapping[str, Any]]) -> HistoryEnds:
    """Return what a history in the shape of ``GetExecutionHistory`` says about its ends."""
    first = next((event for event in events if event["type"] == "ExecutionStarted"), None)
    last = next((event for event in reversed(events) if event["type"] in FINISHED), None)
    start = (first or {}).get("executionStartedEventDetails") or {}
    end: Mapping[str, Any] = {}
    if last is not None:
        kind = last["type"]
        end = last.get(f"{kind[0].lower()}{kind[1:]}EventDetails") or {}
    return HistoryEnds(
        input=start.get("input"),
        status=None if last is None else FINISHED[last["type"]],
        output=end.get("output"),
        error=end.get("error"),
        cause=end.get("cause"),
        started=None if first is None else _time(first["timestamp"]),
        stopped=None if last is None else _time(last["timestamp"]),
        version_arn=start.get("stateMachineVersionArn"),
    )


def _time(at: datetime | str | float) -> datetime:
    """Return a time as boto3 (datetime), the AWS CLI (ISO 8601) or the API (seconds) have it."""
    match at:
        case datetime():
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        case str():
            found = datetime.fromisoformat(at)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        case _:
            return datetime.fromtimestamp(at, UTC)
