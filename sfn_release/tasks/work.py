"""Work in progress: an answer that comes later, whose result the execution collects.

An execution cancels the work that it has abandoned. A thread that runs can't be interrupted: its
result is then dropped.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any


def in_background(run: Callable[[], Any], name: str = "task") -> Future[Any]:
    """Run *run* in a thread of its own and return its future.

    The thread is a daemon: work that never ends doesn't keep the process alive. Whoever abandons
    the work cancels the future. Then the result is dropped.
    """
    future: Future[Any] = Future()

    def body() -> None:
        _fill(future, run)

    threading.Thread(target=body, name=name, daemon=True).start()
    return future


def after(source: Future[Any], finish: Callable[[Any], Any]) -> Future[Any]:
    """Return the future of *finish* of the result of *source*. Cancelling it cancels both."""
    future = _Following(source)
    source.add_done_callback(lambda done: _fill(future, lambda: finish(done.result())))
    return future


class _Following(Future[Any]):
    """A future that depends on another one."""

    def __init__(self, source: Future[Any]) -> None:
        super().__init__()
        self._source = source

    def cancel(self) -> bool:
        """Cancel this future and the one that it depends on."""
        cancelled = super().cancel()
        self._source.cancel()
        return cancelled


def _fill(future: Future[Any], run: Callable[[], Any]) -> None:
    """Complete *future* with the result, or the exception, of *run*, unless it was cancelled."""
    try:
        result = run()
    except BaseException as error:  # noqa: BLE001 - whoever collects the result raises it
        with suppress(InvalidStateError):
            future.set_exception(error)
    else:
        with suppress(InvalidStateError):
            future.set_result(result)
