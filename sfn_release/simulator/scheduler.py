"""Runs the branches and iterations of an execution side by side.

Each branch is a generator (a *strand*). It yields a `SleepUntil` to wait for an instant, a
`WaitForMessage` to wait for somebody outside, and a `RunTogether` to wait for other strands. One
strand runs at a time. The earliest instant goes next, and equal instants in the order in which they
were yielded. So an execution is deterministic.

The scheduler never waits itself. It runs the strands that are due and returns, so one thread can
drive any number of executions.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sfn_release.simulator.clock import Clock
from sfn_release.simulator.failure import ExecutionTimedOut, HistoryFull, StateFailure


class SleepUntil(NamedTuple):
    """Wait for an instant. A past instant lets the other strands run first."""

    instant: datetime


class WaitForMessage(NamedTuple):
    """Wait for a message to *token*. The value is the message, or TIME_IS_UP at *until*."""

    token: str
    until: datetime | None = None


class TimeIsUp(Enum):
    """The type of `TIME_IS_UP`."""

    TIME_IS_UP = "time is up"


TIME_IS_UP = TimeIsUp.TIME_IS_UP
"""The value of a WaitForMessage whose time has passed."""


class RunTogether(NamedTuple):
    """Run strands, at most *limit* at a time (0: all), and wait for all of them.

    The value is the list of their values, in order. When a strand fails with a StateFailure, the
    others are closed, and the failure is raised where the group was yielded. *limit* is
    called whenever a strand could start, so it may change meanwhile. At *until* the strands that
    still run are closed, and the value is TIME_IS_UP. A group with a *name* is an execution of its
    own: it can be cut off, and a HistoryFull of its strands, at any depth, is raised where it was
    yielded.
    """

    strands: Sequence[Callable[[], Strand]]
    limit: Callable[[], int] = lambda: 0
    until: datetime | None = None
    name: str | None = None


Strand = Generator[SleepUntil | WaitForMessage | RunTogether, Any, Any]

_NEVER_DUE = 0  # no turn in the queue
_FEW = 1000  # stale entries that stay in the queue


@dataclass(eq=False)
class _RunningStrand:
    """A strand that waits. *turn* is its place in the queue; other entries of it are stale."""

    strand: Strand
    parent: _Join | None = None
    index: int = 0
    turn: int = _NEVER_DUE
    waits_for: _Join | None = None
    token: str | None = None


@dataclass(eq=False)
class _Join:
    owner: _RunningStrand
    group: RunTogether
    values: list[Any]
    next: int = 0
    running: dict[_RunningStrand, None] = field(default_factory=dict)


class Scheduler:
    """Runs the strand *main* to its end, piece by piece."""

    def __init__(self, clock: Clock, main: Strand) -> None:
        self._clock = clock
        self._queue: list[tuple[datetime, int, _RunningStrand, Any]] = []
        self._count = 0
        self._stale = 0
        self._tokens: dict[str, _RunningStrand] = {}
        self._named: dict[str, _RunningStrand] = {}
        self._main = _RunningStrand(main)
        self._resume(self._main, None)
        self.ended = False
        self.value: Any = None

    @property
    def waiting(self) -> Collection[str]:
        """The tokens of the messages that strands wait for."""
        return self._tokens.keys()

    @property
    def due(self) -> datetime | None:
        """The next instant at which a strand is due; None if none is."""
        while self._queue and self._queue[0][1] != self._queue[0][2].turn:
            heapq.heappop(self._queue)  # it was answered or cancelled meanwhile
            self._stale = max(self._stale - 1, 0)
        return self._queue[0][0] if self._queue else None

    def run_due(self, deadline: datetime) -> None:
        """Run every strand that is due now, until *main* has ended or all strands wait.

        Raises the exceptions of *main*, and ExecutionTimedOut at the *deadline* if *main* still
        waits then.
        """
        while not self.ended:
            now = self._clock.now()
            due = self.due
            if now > deadline or (now == deadline and (due is None or due > now)):
                raise ExecutionTimedOut
            if due is None or due > now:
                return
            _, _, running, value = heapq.heappop(self._queue)
            running.turn = _NEVER_DUE
            self._forget_token(running)
            self._run(running, value)

    def deliver(self, token: str, message: Any) -> bool:
        """Give the strand that waits for *token* its message; False if no strand does."""
        running = self._tokens.get(token)
        if running is None:
            return False
        self._forget_token(running)
        self._resume(running, message)
        return True

    def cut(self, name: str, value: Any) -> bool:
        """Close the strands of the group *name*, whose value is *value*; False without one."""
        owner = self._named.get(name)
        if owner is None or owner.waits_for is None:
            return False
        self._resume(owner, value)  # `_run` closes the strands
        return True

    def refill(self) -> None:
        """Start the strands that a group's limit allows now, after it has changed."""
        pending = [self._main]
        while pending:
            running = pending.pop()
            if running.waits_for is not None:
                pending += running.waits_for.running
                self._fill(running.waits_for)

    def _run(self, running: _RunningStrand, value: Any) -> None:
        if running.waits_for is not None:  # the time of its group is up, or it's cut off
            self._cancel(running.waits_for)
            self._leave(running)
        try:
            self._step(running, value)
        except StopIteration as end:
            if running is self._main:
                self.ended, self.value = True, end.value
            else:
                self._ended(running, end.value)
        except StateFailure as failure:
            if running.parent is None:
                raise
            self._failed(running.parent, failure)
        except HistoryFull as full:
            execution = _execution(running)
            if execution is None:
                raise
            self._failed(execution, full)

    def _step(self, running: _RunningStrand, value: Any) -> None:
        """Run a strand until it waits again."""
        if isinstance(value, StateFailure | HistoryFull):
            wanted = running.strand.throw(value)
        else:
            wanted = running.strand.send(value)
        match wanted:
            case SleepUntil(instant):
                self._resume(running, None, instant)
            case WaitForMessage(token, until):
                running.token = token
                self._tokens[token] = running
                if until is not None:
                    self._resume(running, TIME_IS_UP, until)
            case RunTogether():
                join = _Join(running, wanted, [None] * len(wanted.strands))
                running.waits_for = join
                if wanted.until is not None:
                    self._resume(running, TIME_IS_UP, wanted.until)
                if wanted.name is not None:
                    self._named[wanted.name] = running
                self._fill(join)

    def _resume(self, running: _RunningStrand, value: Any, when: datetime | None = None) -> None:
        self._leave_queue(running)
        self._count += 1
        running.turn = self._count
        now = self._clock.now()
        heapq.heappush(self._queue, (max(when, now) if when else now, self._count, running, value))

    def _leave_queue(self, running: _RunningStrand) -> None:
        """Make the strand's entry in the queue stale. Stale entries are never most of the queue."""
        if running.turn == _NEVER_DUE:
            return
        running.turn = _NEVER_DUE
        self._stale += 1
        if self._stale > max(len(self._queue) // 2, _FEW):
            self._queue = [entry for entry in self._queue if entry[1] == entry[2].turn]
            heapq.heapify(self._queue)
            self._stale = 0

    def _forget_token(self, running: _RunningStrand) -> None:
        if running.token is not None:
            del self._tokens[running.token]
            running.token = None

    def _fill(self, join: _Join) -> None:
        """Start strands of a group up to its limit; resume its owner when all have ended."""
        strands = join.group.strands
        limit = join.group.limit() or len(strands)
        while join.next < len(strands) and len(join.running) < limit:
            running = _RunningStrand(strands[join.next](), join, join.next)
            join.next += 1
            join.running[running] = None
            self._resume(running, None)
        if not join.running:
            self._leave(join.owner)
            self._resume(join.owner, join.values)

    def _ended(self, running: _RunningStrand, value: Any) -> None:
        join = running.parent
        if join is not None:
            join.values[running.index] = value
            del join.running[running]
            self._fill(join)

    def _failed(self, join: _Join, failure: StateFailure | HistoryFull) -> None:
        self._cancel(join)
        self._leave(join.owner)
        self._resume(join.owner, failure)

    def _leave(self, owner: _RunningStrand) -> None:
        """Let the owner of a group wait for it no more."""
        if owner.waits_for is not None and owner.waits_for.group.name is not None:
            self._named.pop(owner.waits_for.group.name, None)
        owner.waits_for = None

    def _cancel(self, join: _Join) -> None:
        """Close the strands that still run, innermost first."""
        for running in join.running:
            if running.waits_for is not None:
                self._cancel(running.waits_for)
                self._leave(running)
            self._leave_queue(running)
            self._forget_token(running)
            running.strand.close()
        join.running.clear()


def _execution(running: _RunningStrand) -> _Join | None:
    """Return the group of the innermost child execution that a strand belongs to."""
    join = running.parent
    while join is not None and join.group.name is None:
        join = join.owner.parent
    return join
