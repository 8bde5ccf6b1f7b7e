"""Work in progress: a thread that runs one answer, whose result the execution collects."""

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
        try:
            result = run()
        except BaseException as error:  # noqa: BLE001 - whoever collects the result raises it
            with suppress(InvalidStateError):
                future.set_exception(error)
        else:
            with suppress(InvalidStateError):
                future.set_result(result)

    threading.Thread(target=body, name=name, daemon=True).start()
    return future
