"""The answers of ended executions: a redrive gets the next ones, not the first ones again."""

from __future__ import annotations

import threading

from sfn_release.simulator import Tasks

_KEPT = 1000  # executions


class KeptAnswers:
    """The tasks of the executions of this process that ended last and can be redriven.

    A sequence of mocks counts the calls of one execution, and a redrive goes on with the same
    execution. After a restart of the process, a redrive begins with the first answers.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[str, Tasks] = {}

    def keep(self, arn: str, tasks: Tasks) -> None:
        """Keep whatever answers the tasks of an execution."""
        with self._lock:
            self._tasks[arn] = tasks
            if len(self._tasks) > _KEPT:
                del self._tasks[next(iter(self._tasks))]

    def take(self, arn: str) -> Tasks | None:
        """Return the tasks of an execution for its redrive; None if they aren't kept."""
        with self._lock:
            return self._tasks.pop(arn, None)
