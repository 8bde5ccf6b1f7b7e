"""Runs the branches and iterations of an execution side by side, in the clock's time.

Each branch is a generator (a *strand*). It yields a `SleepUntil` to wait for an instant, and a
`RunTogether` to wait for other strands. One strand runs at a time. The earliest instant goes next,
and equal instants in the order in which they were yielded. So an execution is deterministic, and a
virtual clock jumps over every wait.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sfn_release.simulator.clock import Clock
from sfn_release.simulator.failure import ExecutionTimedOut, SiblingFailed, StateFailure


@dataclass(frozen=True)
class SleepUntil:
    """Wait for an instant. A past instant lets the other strands run first."""

    instant: datetime


@dataclass(frozen=True)
class RunTogether:
    """Run strands, at most *limit* at a time (0: all), and wait for all of them.

    The value is the list of their values, in order. When a strand fails with a StateFailure, the
    others get SiblingFailed, and the failure is raised where the group was yielded.
    """

    strands: Sequence[Callable[[], Strand]]
    limit: int = 0


Strand = Generator[SleepUntil | RunTogether, Any, Any]


@dataclass(eq=False)
class _RunningStrand:
    strand: Strand
    parent: _Join | None = None
    index: int = 0
    waits_for: _Join | None = None


@dataclass(eq=False)
class _Join:
    owner: _RunningStrand
    group: RunTogether
    values: list[Any]
    next: int = 0
    running: dict[_RunningStrand, None] = field(default_factory=dict)


class Scheduler:
    """Runs one main strand to its end, by *deadline*."""

    def __init__(self, clock: Clock, deadline: datetime) -> None:
        self._clock = clock
        self._deadline = deadline
        self._queue: list[tuple[datetime, int, _RunningStrand, Any]] = []
        self._count = 0
        self._cancelled: set[_RunningStrand] = set()

    def run(self, main: Strand) -> Any:
        """Return the value of *main*.

        Raises the exceptions of *main*, ExecutionTimedOut at the deadline, and the clock's Stopped.
        """
        first = _RunningStrand(main)
        self._resume(first, None)
        while True:
            when, _, running, value = heapq.heappop(self._queue)
            if running in self._cancelled:
                continue
            now = self._clock.now()
            if max(when, now) > self._deadline:
                self._clock.sleep(max((self._deadline - now).total_seconds(), 0))
                raise ExecutionTimedOut
            self._clock.sleep(max((when - now).total_seconds(), 0))
            try:
                self._step(running, value)
            except StopIteration as end:
                if running is first:
                    return end.value
                self._ended(running, end.value)
            except StateFailure as failure:
                if running.parent is None:
                    raise
                self._failed(running.parent, running, failure)

    def _step(self, running: _RunningStrand, value: Any) -> None:
        """Run a strand until it waits again."""
        if isinstance(value, StateFailure):
            wanted = running.strand.throw(value)
        else:
            wanted = running.strand.send(value)
        if isinstance(wanted, SleepUntil):
            self._resume(running, None, wanted.instant)
        else:
            join = _Join(running, wanted, [None] * len(wanted.strands))
            running.waits_for = join
            self._fill(join)

    def _resume(self, running: _RunningStrand, value: Any, when: datetime | None = None) -> None:
        self._count += 1
        due = max(when, self._clock.now()) if when else self._clock.now()
        heapq.heappush(self._queue, (due, self._count, running, value))

    def _fill(self, join: _Join) -> None:
        """Start strands of a group up to its limit; resume its owner when all have ended."""
        strands = join.group.strands
        limit = join.group.limit or len(strands)
        while join.next < len(strands) and len(join.running) < limit:
            running = _RunningStrand(strands[join.next](), join, join.next)
            join.next += 1
            join.running[running] = None
            self._resume(running, None)
        if not join.running:
            join.owner.waits_for = None
            self._resume(join.owner, join.values)

    def _ended(self, running: _RunningStrand, value: Any) -> None:
        join = running.parent
        if join is not None:
            join.values[running.index] = value
            del join.running[running]
            self._fill(join)

    def _failed(self, join: _Join, failed: _RunningStrand, failure: StateFailure) -> None:
        del join.running[failed]
        self._cancel(join)
        join.owner.waits_for = None
        self._resume(join.owner, failure)

    def _cancel(self, join: _Join) -> None:
        """Throw SiblingFailed into the strands that still run, innermost first."""
        for running in join.running:
            if running.waits_for is not None:
                self._cancel(running.waits_for)
            self._cancelled.add(running)
            try:
                running.strand.throw(SiblingFailed())
            except (SiblingFailed, StopIteration):
                continue
        join.running.clear()
