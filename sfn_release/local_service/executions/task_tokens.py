"""The tokens of the tasks of this process that wait for an answer through the API."""

from __future__ import annotations

import threading
from typing import Literal

from sfn_release.local_service.executions.live_execution import LiveExecution

_REMEMBERED = 10_000  # tokens of ended tasks


class TaskTokens:
    """Finds the execution of a token. Remembers the tokens of tasks that have ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, LiveExecution] = {}
        self._ended: dict[str, None] = {}

    def open(self, token: str, run: LiveExecution) -> None:
        """Note a task that can be answered from now on."""
        run.tokens.add(token)
        with self._lock:
            self._open[token] = run

    def find(self, token: str) -> LiveExecution | Literal["ended"] | None:
        """Return the execution whose task waits; "ended" for an ended task; None if unknown."""
        with self._lock:
            run = self._open.get(token)
            if run is not None:
                return run
            return "ended" if token in self._ended else None

    def answer(self, token: str) -> LiveExecution | Literal["ended"] | None:
        """Return the same as `find`, and end the task: only one answer counts."""
        found = self.find(token)
        self._close([token])
        return found

    def close(self, token: str) -> None:
        """End a task."""
        self._close([token])

    def sync(self, run: LiveExecution) -> None:
        """Note the tasks for which an execution waits now, and end all others of it."""
        waiting = {*run.execution.waiting}
        for token in waiting - run.tokens:
            self.open(token, run)
        self._close([*run.tokens - waiting])
        run.tokens &= waiting

    def _close(self, tokens: list[str]) -> None:
        if not tokens:
            return
        with self._lock:
            for token in tokens:
                if self._open.pop(token, None) is not None:
                    self._ended[token] = None
            while len(self._ended) > _REMEMBERED:
                del self._ended[next(iter(self._ended))]
