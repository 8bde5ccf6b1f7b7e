"""Wakes executions when they are due, in one thread."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from datetime import datetime

from sfn_release.simulator import RealClock

_STALE = 1000  # entries of the queue that may be out of date before it's built anew


class WakeTimer:
    """Calls *wake* with the ARN of an execution when it's due.

    Its thread, which the first `set` or `look` starts, also calls *look*: after each wake, and when
    the seconds that *pause* returns have passed (None: no need). *pause* must not wait for a lock.
    """

    def __init__(
        self,
        wake: Callable[[str], None],
        pause: Callable[[], float | None],
        look: Callable[[], None],
    ) -> None:
        self._wake = wake
        self._pause = pause
        self._look = look
        self._wall = RealClock()
        self._changed = threading.Condition()
        self._due: dict[str, datetime] = {}
        # Every time that was set, in order. It counts if it's still in _due.
        self._queue: list[tuple[datetime, str]] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def set(self, arn: str, due: datetime) -> None:
        """Wake an execution at *due*, the wall's time, and no longer at the time set before."""
        with self._changed:
            self._due[arn] = due
            heapq.heappush(self._queue, (due, arn))
            if len(self._queue) > 2 * len(self._due) + _STALE:
                self._queue = sorted((due, arn) for arn, due in self._due.items())
            if self._queue[0] == (due, arn):
                self._changed.notify_all()
            self._start()

    def cancel(self, arn: str) -> None:
        """Don't wake an execution any more."""
        with self._changed:
            self._due.pop(arn, None)

    def look(self) -> None:
        """Call *look* and *pause* soon, because something has changed."""
        with self._changed:
            self._changed.notify_all()
            self._start()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _start(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._run, name="sfn-release timer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                self._changed.wait(self._seconds())
                due = self._taken()
            for arn in due:
                self._wake(arn)
            self._look()

    def _seconds(self) -> float | None:
        """Return the seconds until the next thing to do; None if there is nothing."""
        pause = self._pause()
        if not self._queue:
            return pause
        left = (self._queue[0][0] - self._wall.now()).total_seconds()
        due = min(max(left, 0), threading.TIMEOUT_MAX)
        return due if pause is None else min(pause, due)

    def _taken(self) -> list[str]:
        """Take the executions that are due out of the queue."""
        now, found = self._wall.now(), []
        while self._queue and self._queue[0][0] <= now:
            due, arn = heapq.heappop(self._queue)
            if self._due.get(arn) == due:
                del self._due[arn]
                found.append(arn)
        return found
