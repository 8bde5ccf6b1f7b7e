"""How a command is killed: at its n-th outside call, so that every stretch of a run can be hit.

An outside call is a program that is started, an HTTP request, a statement of SQL, or a change to a
file or folder; Python reports each of them just before it happens. There are four strikes:

    self     the process is killed before the n-th outside call
    orphan   the process is killed as soon as it has started the n-th git, which lives on
    git      the n-th git that writes is killed in the middle of its first write to a file
    both     that git is killed, and the process as soon as git is gone
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Way = Literal["self", "orphan", "git", "both"]
WAYS: tuple[Way, ...] = get_args(Way)

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.utime", "os.chmod", "os.link"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_GIT_WRITES = frozenset(
    {"hash-object", "mktree", "commit-tree", "mktag", "update-ref", "fetch", "push", "symbolic-ref"}
)
# SIGXFSZ ends a process that writes to a file beyond its limit, whatever it holds at that moment:
# as SIGKILL would, and always at the same place. Pipes have no limit.
_DYING = ("sh", "-c", 'ulimit -c 0; ulimit -f 0; exec "$@"', "sh")


@dataclass
class Calls:
    """The outside calls of this process by way, and where it is struck."""

    way: Way = "self"
    at: int = 0
    counts: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))
    names: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hit(self, way: Way, name: str) -> bool:
        """Count a call and return whether it is struck."""
        with self._lock:
            self.counts[way] += 1
            if way == "self":
                self.names.append(name)
            return self.way == way and self.counts[way] == self.at


def die() -> None:
    """End this process as SIGKILL ends it."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch(calls: Calls) -> None:
    """Count the outside calls of this process from now on, and strike where *calls* says."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        name = _outside(event, arguments)
        if name and calls.hit("self", name):
            die()

    sys.addaudithook(hook)
    _watch_sql(calls)
    _watch_git(calls)


def _outside(event: str, arguments: tuple[Any, ...]) -> str:
    """Return the name of an outside call, "" for any other event."""
    if event == "subprocess.Popen":
        return f"run {' '.join(map(str, arguments[1]))[:80]}"
    if event == "http.client.send":
        return "HTTP request"
    if event == "open":
        path, mode, flags = arguments
        writes = any(letter in (mode or "") for letter in "wax+") or bool(flags & _WRITING)
        return f"write {path}" if writes and path != os.devnull else ""
    return f"{event} {arguments[0]}" if event in _CHANGES else ""


def _watch_sql(calls: Calls) -> None:
    connect = sqlite3.connect

    def statement(text: str) -> None:
        if not text.lstrip().upper().startswith(("SELECT", "PRAGMA")) and calls.hit("self", text):
            die()

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(statement)
        return connection

    sqlite3.connect = connected  # type: ignore[assignment]


def _watch_git(calls: Calls) -> None:
    start = subprocess.Popen.__init__

    def started(self: subprocess.Popen[Any], args: Any, *more: Any, **options: Any) -> None:
        words = [str(word) for word in args] if isinstance(args, list | tuple) else [str(args)]
        orphan, dies, both = False, False, False
        if "git" in words:
            orphan = calls.hit("orphan", words[-1])
            if _GIT_WRITES & set(words):
                dies, both = calls.hit("git", words[-1]), calls.hit("both", words[-1])
        start(self, [*_DYING, *words] if dies or both else args, *more, **options)
        if both:
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        if orphan or both:
            die()

    subprocess.Popen.__init__ = started  # type: ignore[method-assign]


def in_child(act: Callable[[], int], *, out: str, err: str) -> int:
    """Run *act* in a process of its own; return its exit code, -9 when it was killed.

    Its output is added to the files *out* and *err*.
    """
    child = os.fork()
    if child == 0:
        code = 70
        try:
            for number, path in ((1, out), (2, err)):
                os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), number)
            code = act()
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:  # noqa: BLE001 - the traceback is the report
            sys.excepthook(*sys.exc_info())
            sys.stderr.flush()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
