"""Signals that ask a program to end: what it does is put back, recorded and told, as on Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sfn_release.cli.exits import HUNG_UP, TERMINATED

_ENDINGS = {
    getattr(signal, name): ending
    for name, ending in {
        "SIGHUP": (HUNG_UP, "hung up"),  # the terminal was closed
        "SIGTERM": (TERMINATED, "terminated"),  # a job was cancelled
    }.items()
    if hasattr(signal, name)  # Windows has no SIGHUP
}


class Terminated(KeyboardInterrupt):
    """The process was asked to end. The text is the word for it, *exit_code* what it exits with."""

    def __init__(self, asked: int) -> None:
        self.exit_code, word = _ENDINGS[signal.Signals(asked)]
        super().__init__(word)


@contextmanager
def terminable() -> Iterator[None]:
    """Raise Terminated in the block on the first SIGHUP or SIGTERM; further ones do not disturb it.

    A handler that somebody else has set stays, and so does what `nohup` ignores.
    """
    main = threading.current_thread() is threading.main_thread()
    ours = [one for one in _ENDINGS if main and signal.getsignal(one) is signal.SIG_DFL]

    def end(asked: int, _frame: FrameType | None) -> None:
        for one in ours:
            signal.signal(one, lambda *_: None)
        raise Terminated(asked)

    for one in ours:
        signal.signal(one, end)
    try:
        yield
    finally:
        for one in ours:
            signal.signal(one, signal.SIG_DFL)
