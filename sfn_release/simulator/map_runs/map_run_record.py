"""A map run: the child executions that one attempt of a distributed Map starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sfn_release.asl.quotas import MAX_EVENTS

if TYPE_CHECKING:
    from sfn_release.simulator.map_runs.child_execution import ChildExecution

MapRunStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "ABORTED"]

MOST_CONCURRENT = 10_000
"""The most child executions that run at a time (AWS: "Distributed mode")."""

_UNSUCCESSFUL = ("FAILED", "TIMED_OUT", "ABORTED")


def too_many_failed(failed: int, total: int, count: float | None, percentage: float | None) -> bool:
    """Return whether *failed* of *total* items are more than tolerated.

    With both tolerances, either is enough; without any, one failure is too many. Source:
    distributed Maps run on AWS.
    """
    if not count and not percentage:
        return failed > 0
    too_many = count is not None and 0 < count < failed
    return too_many or (bool(percentage) and 100 * failed > (percentage or 0) * total)


@dataclass(eq=False)
class MapRun:
    """One map run, as DescribeMapRun shows it.

    A *max_concurrency* of 0 sets no limit of its own, and a tolerance of 0 none either. *machine*
    is the ARN of the state machine of its children, whose *type* is STANDARD or EXPRESS.
    *event* is the id of its MapRunStarted event. Child executions are in the order of their items.
    You may change concurrency and tolerances while it runs. *abort* ends it, and the children that
    run, after their strands have been closed.
    """

    arn: str
    execution_arn: str
    machine: str
    state: str
    type: str
    started: datetime
    max_concurrency: int = 0
    tolerated_failure_count: int = 0
    tolerated_failure_percentage: float = 0
    status: MapRunStatus = "RUNNING"
    stopped: datetime | None = None
    children: list[ChildExecution] = field(default_factory=list)
    results_written: bool = False
    redrive_count: int = 0
    redriven: datetime | None = None
    event: int = 0
    failed_items: int = 0
    abort: Callable[[], None] = lambda: None
    awaiting_redrive: dict[int, ChildExecution] = field(default_factory=dict)
    """The unsuccessful children, by index, that a redrive of the run hasn't reached yet."""

    def limit(self) -> int:
        """Return how many child executions may run at a time."""
        return min(self.max_concurrency or MOST_CONCURRENT, MOST_CONCURRENT)

    def threshold_exceeded(self) -> bool:
        """Return whether more items have failed than tolerated. A failed batch counts all."""
        return too_many_failed(
            self.failed_items,
            sum(child.items for child in self.children),
            self.tolerated_failure_count,
            self.tolerated_failure_percentage,
        )

    def counts(self, *, items: bool) -> dict[str, int]:
        """Return executionCounts, or with *items* itemCounts, as in DescribeMapRun."""
        found: Counter[str] = Counter()
        for child in self.children:
            found[child.status] += child.items if items else 1
        total = found.total()
        awaiting = self.awaiting_redrive.values()
        lost = [child for child in self.children if self._is_lost(child)]
        done = total - found["PENDING"] - found["RUNNING"]
        return {
            "pending": found["PENDING"],
            "running": found["RUNNING"],
            "succeeded": found["SUCCEEDED"],
            "failed": found["FAILED"],
            "timedOut": found["TIMED_OUT"],
            "aborted": found["ABORTED"],
            "total": total,
            "resultsWritten": done if self.results_written else 0,
            "failuresNotRedrivable": sum(child.items if items else 1 for child in lost),
            "pendingRedrive": sum(child.items if items else 1 for child in awaiting),
        }

    def end(self, status: MapRunStatus, at: datetime) -> None:
        """End the run."""
        self.status, self.stopped = status, at
        self.awaiting_redrive.clear()

    def await_redrives(self) -> None:
        """Let the children that haven't succeeded wait for their redrive."""
        self.awaiting_redrive = {
            child.index: child
            for child in self.children
            if child.status in _UNSUCCESSFUL and not self._is_lost(child)
        }
        self.failed_items = sum(child.items for child in self.children if self._is_lost(child))

    def is_due(self, child: ChildExecution) -> bool:
        """Return whether a child is to run: it never has, or it waits for its redrive."""
        return child.status == "PENDING" or child.index in self.awaiting_redrive

    def _is_lost(self, child: ChildExecution) -> bool:
        """Return whether a child has failed with a history too long for a redrive."""
        full = self.type == "STANDARD" and child.last_event >= MAX_EVENTS - 1
        return full and child.status in _UNSUCCESSFUL

    def redrive(self, child: ChildExecution) -> None:
        """Make a child ready to go on, or (EXPRESS) to start again, if it waits for its redrive."""
        if self.awaiting_redrive.pop(child.index, None) is None:
            return
        child.redrive_count += 1
        if self.type == "EXPRESS":
            child.position, child.last_event = None, 0

    def checkpoint(self) -> dict[str, Any]:
        """Return the run as JSON, for a redrive to go on from it."""
        return {
            "map_run": {
                "arn": self.arn,
                "redrive_count": self.redrive_count,
                "status": self.status,
                "children": [child.checkpoint() for child in self.children],
            }
        }
