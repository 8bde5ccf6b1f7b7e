"""Which finished executions of a workflow to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sfn_release.release.record import timestamp

FINISHED_STATUSES = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class ExecutionFilter:
    """The executions to read: the newest *last* executions that match everything else.

    *version* is a release; without one, executions of all versions count. *since* and *until* limit
    the start time. *statuses* are the final statuses to read; empty means all.
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

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "last": self.last,
            "version": self.version,
            "since": timestamp(self.since.astimezone(UTC)) if self.since else None,
            "until": timestamp(self.until.astimezone(UTC)) if self.until else None,
            "statuses": list(self.statuses),
        }

    def __str__(self) -> str:
        """Return the conditions as the end of a sentence: `` since 2026-01-01T00:00:00Z``."""
        members = self.to_json()
        parts = [
            f" with status {' or '.join(self.statuses)}" if self.statuses else "",
            *(f" {name} {members[name]}" for name in ("since", "until") if members[name]),
            f" that ran {self.version}" if self.version else "",
        ]
        return "".join(parts)
