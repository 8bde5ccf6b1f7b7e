"""The time of an execution: virtual, where a wait of a day takes no time, or real."""

from __future__ import annotations

import threading
from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import UTC, datetime
from typing import Any, Protocol

Work = Collection[Future[Any]]
"""The work in progress that an execution waits for."""


class Clock(Protocol):
    """The clock of an execution. Hand in your own to control time."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        ...

    def wait(self, until: datetime | None, work: Work = ()) -> None:
        """Wait until an instant, or until some of the *work* is done. You may return earlier."""
        ...


class VirtualClock:
    """A clock that starts at *start* and moves only when you wait: then it jumps."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the virtual instant."""
        return self._now

    def wait(self, until: datetime | None, work: Work = ()) -> None:
        """Wait for *work* while time stands still. Without work, jump to the instant."""
        if work:
            wait(work, return_when=FIRST_COMPLETED)
        elif until is not None:
            self._now = max(self._now, until)


class RealClock:
    """The machine's clock. Another thread can end a wait: call `wake`."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)

    def wait(self, until: datetime | None, work: Work = ()) -> None:
        """Wait. Returns at the instant, when some of the *work* is done, or after `wake`."""
        for future in work:
            future.add_done_callback(lambda _done: self._woken.set())
        seconds = None if until is None else max((until - self.now()).total_seconds(), 0)
        self._woken.wait(None if seconds is None else min(seconds, threading.TIMEOUT_MAX))
        self._woken.clear()

    def wake(self) -> None:
        """End the present wait, or the next one."""
        self._woken.set()
