"""Reads the start and the end of an execution from its history. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sfn_release.testing.histories.instants import instant_of
from sfn_release.testing.histories.task_attempts import details_of

FINISHED: Mapping[str, str] = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}
"""The types of events that end an execution, and its status then."""


@dataclass(frozen=True)
class HistoryEnds:
    """The start and the end of an execution, as far as its history has them.

    *status* is None if no event ends the execution, and *end* is {} then; *redrives* are the times
    of its redrives.
    """

    input: str | None = None
    status: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    started: datetime | None = None
    stopped: datetime | None = None
    version_arn: str | None = None
    alias_arn: str | None = None
    redrives: tuple[datetime | None, ...] = ()
    end: Mapping[str, Any] = field(default_factory=dict)


def ends_of(events: Sequence[Mapping[str, Any]]) -> HistoryEnds:
    """Return the start and the end in a history of the shape of ``GetExecutionHistory``.

    An end before a redrive isn't the execution's end.
    """
    first: Mapping[str, Any] = {}
    last: Mapping[str, Any] = {}
    redrives: list[datetime | None] = []
    for event in events:
        kind = event["type"]
        if kind == "ExecutionStarted":
            first = first or event
        elif kind in FINISHED:
            last = event
        elif kind == "ExecutionRedriven":
            last = {}
            redrives.append(instant_of(event["timestamp"]))
    start, end = details_of(first), details_of(last)
    return HistoryEnds(
        input=text_of(start.get("input")),
        status=FINISHED.get(last.get("type", "")),
        output=text_of(end.get("output")),
        error=text_of(end.get("error")),
        cause=text_of(end.get("cause")),
        started=instant_of(first.get("timestamp")),
        stopped=instant_of(last.get("timestamp")),
        version_arn=text_of(start.get("stateMachineVersionArn")),
        alias_arn=text_of(start.get("stateMachineAliasArn")),
        redrives=tuple(redrives),
        end=last,
    )


def text_of(*values: Any) -> str | None:
    """Return the first text among *values*; None without one. Files may hold anything."""
    return next((value for value in values if isinstance(value, str)), None)
