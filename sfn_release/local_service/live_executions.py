"""Executions that run in real time, each in a thread, and the detection of dead processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sfn_release.simulator import Event, RealClock

_STOP_TIMEOUT = 1.0  # seconds to wait for a stopped execution


ExecutionBody = Callable[[RealClock, Callable[[Event], None]], None]
"""Runs an execution to its end by a clock, and reports its events."""


@dataclass(frozen=True)
class _LiveExecution:
    clock: RealClock
    thread: threading.Thread
    events: list[Event]


class LiveExecutions:
    """The executions that this process runs now, by ARN; *id* identifies the process."""

    def __init__(self, id: str) -> None:
        pid = os.getpid()
        self.owner = f"{pid} {_process_start(pid)} {id}"
        self._running: dict[str, _LiveExecution] = {}
        self._lock = threading.Lock()
        self.closed = threading.Event()

    def start(self, arn: str, run: ExecutionBody) -> None:
        """Run an execution in its own thread, with a clock that `stop` can stop."""
        clock = RealClock()
        events: list[Event] = []

        def body() -> None:
            try:
                run(clock, events.append)
            finally:
                with self._lock:
                    self._running.pop(arn, None)

        thread = threading.Thread(target=body, name=arn, daemon=True)
        with self._lock:
            self._running[arn] = _LiveExecution(clock, thread, events)
        thread.start()

    def events(self, arn: str) -> Sequence[Event]:
        """Return the events so far of an execution in this process, empty for any other.

        It isn't a copy: the list grows while the execution runs.
        """
        with self._lock:
            run = self._running.get(arn)
        return run.events if run is not None else ()

    def stop(self, arn: str, error: str | None = None, cause: str | None = None) -> None:
        """Stop an execution and wait a moment for its end, which a running task may delay."""
        with self._lock:
            run = self._running.get(arn)
        if run is not None:
            run.clock.stop(error, cause)
            run.thread.join(_STOP_TIMEOUT)

    def close(self) -> None:
        """Stop every execution."""
        self.closed.set()
        with self._lock:
            runs = list(self._running.values())
        for run in runs:
            run.clock.stop(cause="The local service was closed.")
        for run in runs:
            run.thread.join(_STOP_TIMEOUT)

    def alive(self, owner: str) -> bool:
        """Return whether the process *owner* of an execution still exists."""
        if owner == self.owner:
            return True
        pid, start, _ = owner.split(" ")
        return _exists(int(pid)) and _process_start(int(pid)) == start


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it belongs to another user
    return True


def _process_start(pid: int) -> str:
    """Return the start time of a process, in the system's units; "-" if it's unknown.

    It distinguishes a process from an earlier one with the same number.
    """
    try:
        # proc(5): the second field is the program in parentheses, the 22nd the start time.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "-"
