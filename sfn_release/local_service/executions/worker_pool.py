"""A few threads that run jobs. A job that blocks doesn't hold up the others."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

Job = Callable[[], None]

_USUAL = 4  # threads; more only while jobs block
_IDLE_SECONDS = 5.0


class WorkerPool:
    """Runs jobs in daemon threads, in the order in which they were submitted.

    It starts with few threads. Call `relieve` now and then: it adds a thread when jobs have waited
    since the last call, because the others are then blocked. Unused threads end by themselves.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._threads = 0
        self._idle = 0
        self._closed = False
        self._stuck: Job | None = None

    def submit(self, job: Job) -> None:
        """Run *job* soon. A job's exception ends its thread, which reports it."""
        with self._changed:
            self._jobs.append(job)
            if self._idle >= len(self._jobs):
                self._changed.notify()
            elif self._threads < _USUAL:
                self._add()

    @property
    def busy(self) -> bool:
        """Whether jobs wait for a thread."""
        return bool(self._jobs)

    def relieve(self) -> None:
        """Add a thread if the oldest job has waited since the last call."""
        with self._changed:
            oldest = self._jobs[0] if self._jobs else None
            if oldest is not None and oldest is self._stuck:
                self._add()
            self._stuck = oldest

    def close(self) -> None:
        """Take no more jobs. Running jobs go on."""
        with self._changed:
            self._closed = True
            self._jobs.clear()
            self._changed.notify_all()

    def _add(self) -> None:
        if not self._closed:
            self._threads += 1
            threading.Thread(target=self._work, name="sfn-release worker", daemon=True).start()

    def _work(self) -> None:
        try:
            while True:
                job = self._next()
                if job is None:
                    return
                job()
        finally:
            with self._changed:
                self._threads -= 1

    def _next(self) -> Job | None:
        with self._changed:
            self._idle += 1
            try:
                while not self._jobs:
                    waited = self._changed.wait(_IDLE_SECONDS) if not self._closed else False
                    if not waited and not self._jobs:
                        return None
                return self._jobs.popleft()
            finally:
                self._idle -= 1
