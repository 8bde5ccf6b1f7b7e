"""A source of answers that is loaded with the first task that it may answer."""

from __future__ import annotations

from collections.abc import Callable

from sfn_release.simulator import TaskCall
from sfn_release.tasks.chain import Answer, TaskSource


class DeferredSource:
    """The source that *load* returns, for calls of a resource that contains one of *parts*."""

    def __init__(self, parts: tuple[str, ...], load: Callable[[], TaskSource]) -> None:
        self._parts = parts
        self._load = load
        self._source: TaskSource | None = None

    def answer_to(self, call: TaskCall) -> Answer | None:
        """Return the source's answer to *call*; None for all other resources."""
        if not any(part in call.resource for part in self._parts):
            return None
        if self._source is None:
            self._source = self._load()
        return self._source.answer_to(call)
