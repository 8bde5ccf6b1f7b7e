"""Keeps the processes of handlers warm, and runs each event in a free one."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sfn_release.tasks.handler_process import (
    HandlerFailure,
    HandlerProcess,
    HandlerSpec,
    Log,
)

_MOST_PROCESSES = 64  # of all functions together: a Map may have a thousand iterations
_MOST_IDLE = 8  # of one function, after _IDLE_SECONDS
_IDLE_SECONDS = 2.0
_BROKEN = ("Runtime.ExitError", "Sandbox.Timedout")


class HandlerPool:
    """Processes of handlers. Use it from any number of threads; close it when done.

    As on AWS, a process handles one event at a time. It is used again until it times out, exits, or
    its code changes. *log* takes the lines that a function's handler prints.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._idle: dict[str, list[HandlerProcess]] = {}
        self._all: set[HandlerProcess] = set()
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(_MOST_PROCESSES)
        self._events = 0
        self._trimming: threading.Timer | None = None
        self._end = weakref.finalize(self, _end_all, self._all)

    def run(
        self,
        arn: str,
        spec: HandlerSpec,
        environment: Mapping[str, str],
        event: Any,
        context: Mapping[str, Any],
        timeout: float,
    ) -> Any:
        """Return the result of the function *arn* for *event*, within *timeout* seconds.

        It waits first while too many events are being handled. Raises HandlerFailure, and
        HandlerTimeout.
        """
        with self._lock:
            self._events += 1
        try:
            with self._free:
                return self._run(arn, spec, environment, event, context, timeout)
        finally:
            self._ended()

    def _run(
        self,
        arn: str,
        spec: HandlerSpec,
        environment: Mapping[str, str],
        event: Any,
        context: Mapping[str, Any],
        timeout: float,
    ) -> Any:
        process = self._taken(arn)
        try:
            if process is None:
                process = self._started(spec, environment)
            result = process.invoke(event, context, timeout)
        except HandlerFailure as failure:
            if process is not None and failure.members.get("errorType") not in _BROKEN:
                self._give_back(arn, process)
            else:
                self._retire(process)
            raise
        except BaseException:
            self._retire(process)
            raise
        self._give_back(arn, process)
        return result

    def close(self) -> None:
        """End every process. You can call it twice."""
        self._end()

    def _taken(self, arn: str) -> HandlerProcess | None:
        while True:
            with self._lock:
                idle = self._idle.get(arn)
                process = idle.pop() if idle else None
            if process is None or process.usable:
                return process
            self._retire(process)

    def _started(self, spec: HandlerSpec, environment: Mapping[str, str]) -> HandlerProcess:
        process = HandlerProcess(spec, self._log)
        with self._lock:
            self._all.add(process)
        try:
            process.load(environment)
        except BaseException:
            self._retire(process)
            raise
        return process

    def _give_back(self, arn: str, process: HandlerProcess) -> None:
        with self._lock:
            self._idle.setdefault(arn, []).append(process)

    def _ended(self) -> None:
        """Note the end of an event. If there is no next one for a while, keep few processes."""
        with self._lock:
            self._events -= 1
            many = any(len(idle) > _MOST_IDLE for idle in self._idle.values())
            if self._events or not many or self._trimming is not None:
                return
            self._trimming = threading.Timer(_IDLE_SECONDS, self._trim)
            self._trimming.daemon = True
            self._trimming.start()

    def _trim(self) -> None:
        unneeded: list[HandlerProcess] = []
        with self._lock:
            self._trimming = None
            for idle in self._idle.values():
                unneeded += idle[_MOST_IDLE:]
                del idle[_MOST_IDLE:]
        for process in unneeded:
            self._retire(process)

    def _retire(self, process: HandlerProcess | None) -> None:
        if process is not None:
            process.end()
            with self._lock:
                self._all.discard(process)


def _end_all(processes: set[HandlerProcess]) -> None:
    for process in tuple(processes):
        with suppress(OSError):
            process.end()
