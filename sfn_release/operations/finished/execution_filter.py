"""Which finished executions of a workflow to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

FINISHED_STATUSES = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class ExecutionFilter:
    """The executions to read: the newest *last* of those that match everything else.

    *version* is a release; without one, executions of all versions count. *since* and *until*
    bound the start time. *statuses* are the ends that count, all without any.
    """

    last: int | None = 100
    version: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    statuses: tuple[str, ...] = ()

    def takes(self, listed: Mapping[str, Any]) -> bool:
        """Return whether an item of ListExecutions has the status and start time."""
        started: datetime = listed["startDate"]
        return (
            listed["status"] in (self.statuses or FINISHED_STATUSES)
            and (self.since is None or started >= self.since)
            and (self.until is None or started < self.until)
        )

    def __str__(self) -> str:
        parts = [
            "/".join(self.statuses),
            f"of release {self.version}" if self.version else "",
            f"since {self.since:%Y-%m-%dT%H:%M:%SZ}" if self.since else "",
            f"until {self.until:%Y-%m-%dT%H:%M:%SZ}" if self.until else "",
        ]
        return " ".join(part for part in parts if part)
