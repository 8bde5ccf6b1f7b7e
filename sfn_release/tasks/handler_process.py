"""One process of a Lambda handler: started once, sent one event at a time, ended on a timeout."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

_WORKER = Path(__file__).with_name("handler_worker.py")
_INIT_SECONDS = 60.0  # for the handler's imports, which don't count against its timeout
_END_SECONDS = 5.0
_SIGNALS = {
    1: "hangup",
    2: "interrupt",
    3: "quit",
    4: "illegal instruction",
    6: "aborted",
    8: "floating point exception",
    9: "killed",
    11: "segmentation fault",
    13: "broken pipe",
    14: "alarm clock",
    15: "terminated",
}
"""The signals that have the same number on every system, as Go, Lambda's runtime, writes them."""

Log = Callable[[str], None]
"""Takes one line that a handler has printed."""


@dataclass(frozen=True)
class HandlerSpec:
    """A Python function that stands in for a Lambda function.

    *module* and *function* name it; *folder* is where its module is found. *timeout* is in seconds,
    *memory* in MB; *environment* has the function's variables.
    """

    module: str
    function: str
    folder: Path
    timeout: float = 60.0
    memory: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)

    def is_found(self) -> bool:
        """Whether the module is in the folder or among the installed ones. Imports nothing."""
        top, *rest = self.module.split(".")
        found = PathFinder.find_spec(top, [str(self.folder)]) or PathFinder.find_spec(top)
        name = top
        for part in rest:
            if found is None or found.submodule_search_locations is None:
                return False
            name = f"{name}.{part}"
            found = PathFinder.find_spec(name, [*found.submodule_search_locations])
        return found is not None


class HandlerFailure(Exception):  # noqa: N818 - as `TaskFailure`
    """A function failed as Lambda reports it; *members* are Lambda's."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        super().__init__(members.get("errorType"))
        self.members = members


class HandlerTimeout(Exception):  # noqa: N818 - as `TaskFailure`
    """A function took longer than it may."""


class HandlerProcess:
    """A process that has loaded *spec*, once `load` has returned. *log* takes its output."""

    def __init__(self, spec: HandlerSpec, log: Log) -> None:
        self._spec = spec
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-P", str(_WORKER)],
            cwd=spec.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A session of its own: Ctrl-C doesn't reach it, and its children end with it.
            start_new_session=True,
        )
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._changed: dict[str, float] = {}
        self._logging = threading.Thread(target=self._read_log, args=[log], daemon=True)
        self._logging.start()
        threading.Thread(target=self._read_answers, daemon=True).start()

    def load(self, environment: Mapping[str, str]) -> None:
        """Import the handler. Raises HandlerFailure if that fails."""
        setup = {
            "module": self._spec.module,
            "function": self._spec.function,
            "environment": dict(environment),
            "path": str(self._spec.folder),
        }
        ready = self._ask(setup, _INIT_SECONDS)["ready"]
        self._changed = {file: _changed(file) for file in ready}

    def invoke(self, event: Any, context: Mapping[str, Any], timeout: float) -> Any:
        """Return the handler's result for *event*, within *timeout* seconds.

        Raises HandlerFailure, and HandlerTimeout.
        """
        request = {"event": event, "context": context, "timeout": timeout}
        return json.loads(self._ask(request, timeout)["result"])

    @property
    def usable(self) -> bool:
        """Whether it can take another event: it lives, and its code hasn't changed since."""
        alive = self._process.poll() is None
        return alive and all(_changed(file) == then for file, then in self._changed.items())

    def end(self) -> None:
        """End the process and whatever it has started. You can call it twice."""
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        if self._logging is not threading.current_thread():
            self._logging.join(_END_SECONDS)  # the last lines that it printed

    def _ask(self, request: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        with contextlib.suppress(OSError):  # it has ended: no answer follows
            if self._process.stdin is not None:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
        try:
            line = self._answers.get(timeout=timeout)
        except queue.Empty:
            raise HandlerTimeout from None
        if not line:
            raise HandlerFailure(self._exited())
        answer: dict[str, Any] = json.loads(line)
        if "failure" in answer:
            raise HandlerFailure(answer["failure"])
        return answer

    def _exited(self) -> dict[str, Any]:
        """Return Lambda's words for a runtime that ended while it had an event.

        A handler can also close the descriptors of the runtime and live on. Nothing can be answered
        then, so its process ends here.
        """
        try:
            code = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.end()
            code = self._process.wait()
        signalled = f"signal: {_SIGNALS.get(-code, f'signal {-code}')}"
        how = signalled if code < 0 else f"exit status {code}"
        ended = f"with error: {how}" if code else "without providing a reason"
        message = f"Runtime exited {ended}"
        return {"errorType": "Runtime.ExitError", "errorMessage": message}

    def _read_answers(self) -> None:
        stream = self._process.stdout
        if stream is not None:
            with stream:
                for line in stream:
                    self._answers.put(line)
        self._answers.put(b"")  # it has ended

    def _read_log(self, log: Log) -> None:
        stream = self._process.stderr
        if stream is not None:
            with stream:
                for line in stream:
                    log(line.decode("utf-8", "replace").rstrip("\r\n"))


def _changed(file: str) -> float:
    try:
        return Path(file).stat().st_mtime
    except OSError:
        return 0.0
