"""A child execution of a map run, as the API and the files of a ResultWriter describe it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sfn_release.simulator.execution_outcome import Event
from sfn_release.simulator.timestamps import write_instant

ChildStatus = Literal["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
"""PENDING is a child that has not started: only result files list it."""

_WHOLE = {"Included": True}


@dataclass(slots=True)
class ChildExecution:
    """One child execution.

    *input* and *output* are JSON texts, *items* is the number of items in its batch. *events* is
    its history, which is empty for an EXPRESS child, as on AWS. *position* is the checkpoint of a
    child that didn't succeed, *last_event* the id of its last event.
    """

    index: int
    arn: str
    name: str
    machine_arn: str
    input: str
    items: int = 1
    status: ChildStatus = "PENDING"
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    started: datetime | None = None
    stopped: datetime | None = None
    redrive_count: int = 0
    events: Sequence[Event] = ()
    last_event: int = 0
    position: Mapping[str, Any] | None = None

    def failure(self) -> dict[str, Any]:
        """Return the child's place in its Map's output when it hasn't succeeded.

        Source: distributed Maps with tolerated failures, run on AWS.
        """
        found = {"Status": self.status, "Error": self.error, "Cause": self.cause}
        return {name: value for name, value in found.items() if value is not None}

    def record(self) -> dict[str, Any]:
        """Return the child as a result file describes it without transformation.

        Source: the examples of "ResultWriter (Map)" in AWS's developer guide.
        """
        if self.status == "PENDING":
            return {"Input": self.input, "InputDetails": _WHOLE, "Status": self.status}
        succeeded = self.status == "SUCCEEDED"
        reason = "Execution is SUCCEEDED and cannot be redriven" if succeeded else None
        found = {
            "Cause": self.cause,
            "Error": self.error,
            "ExecutionArn": self.arn,
            "Input": self.input,
            "InputDetails": _WHOLE,
            "Name": self.name,
            "Output": self.output,
            "OutputDetails": _WHOLE,
            "RedriveCount": self.redrive_count,
            "RedriveStatus": "NOT_REDRIVABLE" if succeeded else "REDRIVABLE_BY_MAP_RUN",
            "RedriveStatusReason": reason,
            "StartDate": self.started and write_instant(self.started),
            "StateMachineArn": self.machine_arn,
            "Status": self.status,
            "StopDate": self.stopped and write_instant(self.stopped),
        }
        return {name: value for name, value in found.items() if value is not None}

    def checkpoint(self) -> dict[str, Any]:
        """Return the child as JSON, without its history; `restored` reads it."""
        members = asdict(replace(self, events=()))
        del members["events"]
        for name in ("started", "stopped"):
            members[name] = members[name] and members[name].isoformat()
        return members

    @classmethod
    def restored(cls, checkpoint: Mapping[str, Any]) -> ChildExecution:
        """Return the child of a `checkpoint`."""
        instants = {
            name: checkpoint[name] and datetime.fromisoformat(checkpoint[name])
            for name in ("started", "stopped")
        }
        return cls(**{**checkpoint, **instants})
