"""SIGHUP and SIGTERM end a command as Ctrl-C does: changes are put back, and recorded."""

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
    """A signal asked the process to end. The text says which; *exit_code* is the exit code."""

    def __init__(self, asked: int) -> None:
        self.exit_code, word = _ENDINGS[signal.Signals(asked)]
        super().__init__(word)


@contextmanager
def terminable() -> Iterator[None]:
    """Raise Terminated in the block on the first SIGHUP or SIGTERM; ignore further signals.

    Handlers that are already set stay, and so do signals that `nohup` ignores.
    """
    main = threading.current_thread() is threading.main_thread()
    ours = [ending for ending in _ENDINGS if main and signal.getsignal(ending) is signal.SIG_DFL]

    def end(asked: int, _frame: FrameType | None) -> None:
        for ending in ours:
            signal.signal(ending, lambda *_: None)
        raise Terminated(asked)

    for ending in ours:
        signal.signal(ending, end)
    try:
        yield
    finally:
        for ending in ours:
            signal.signal(ending, signal.SIG_DFL)
