"""Executions that run in real time, each in a thread, and the detection of dead processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sfn_release.simulator import Event, Execution, RealClock

_STOP_TIMEOUT = 1.0  # seconds to wait for a stopped execution


ExecutionBody = Callable[[RealClock, Callable[[Event], None], Callable[[Execution], None]], None]
"""Runs an execution to its end by a clock. It reports the execution itself, and its events."""


@dataclass
class _LiveExecution:
    clock: RealClock
    events: list[Event]
    thread: threading.Thread | None = None
    execution: Execution | None = None
    stopped: tuple[str | None, str | None] | None = None

    def begun(self, execution: Execution) -> None:
        """Keep the execution, and stop it if that was asked for before it began."""
        self.execution = execution
        if self.stopped is not None:
            execution.stop(*self.stopped)

    def stop(self, error: str | None, cause: str | None) -> None:
        """Stop the execution, also while it waits."""
        self.stopped = (error, cause)
        if self.execution is not None:
            self.execution.stop(error, cause)
        self.clock.wake()

    def join(self) -> None:
        """Wait a moment for the end."""
        if self.thread is not None:
            self.thread.join(_STOP_TIMEOUT)


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
        live = _LiveExecution(RealClock(), [])

        def body() -> None:
            try:
                run(live.clock, live.events.append, live.begun)
            finally:
                with self._lock:
                    self._running.pop(arn, None)

        live.thread = threading.Thread(target=body, name=arn, daemon=True)
        with self._lock:
            self._running[arn] = live
        live.thread.start()

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
            run.stop(error, cause)
            run.join()

    def close(self) -> None:
        """Stop every execution."""
        self.closed.set()
        with self._lock:
            runs = list(self._running.values())
        for run in runs:
            run.stop(None, "The local service was closed.")
        for run in runs:
            run.join()

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
