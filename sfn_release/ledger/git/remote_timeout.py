"""Waiting for a remote or a key with a time limit, so that silence can't hang a command.

Git runs in a process group of its own, so that its helpers (`git-remote-https`, `ssh`) end with it.
The system stops a helper that asks a question on the terminal, like any background process. So we
lend the terminal to git then.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

_TICK = 0.2  # seconds between two looks at the clock; an answer is returned at once
_GRACE = 1.0  # seconds for git to remove its lock files before it is killed
_POSIX = os.name == "posix"
GROUP: dict[str, Any] = {"process_group": 0} if _POSIX else {}
"""Popen arguments for a process that `wait_for` will wait for."""


def _silently(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class RemoteTimeout:
    """How long to wait for a remote, in seconds.

    After *notice* seconds, *say* shows one line; after *limit* seconds git is ended. *silent*
    collects the remotes that didn't answer in this run.
    """

    limit: float = 30.0
    notice: float = 3.0
    say: Callable[[str], None] = _silently
    silent: set[str] = field(default_factory=set, compare=False)


def wait_for(
    process: Any, waiting_for: str, remote_timeout: RemoteTimeout
) -> tuple[bytes, bytes] | None:
    """Return the output of git, or None after ending it because it took too long.

    *waiting_for* names the other side for the notice: ``the remote origin``.

    *process* is a Popen started with `GROUP`. An exception while waiting ends git too.
    """
    terminal = _Terminal(process.pid)
    start = time.monotonic()
    notice, deadline = start + remote_timeout.notice, start + remote_timeout.limit
    try:
        if not hasattr(os, "waitid"):  # macOS before Python 3.13: a stop can't be seen
            terminal.lend()
        while True:
            with suppress(subprocess.TimeoutExpired):
                output: tuple[bytes, bytes] = process.communicate(timeout=_TICK)
                break
            now = time.monotonic()
            if _wants_terminal(process.pid) and terminal.lend():
                notice, deadline = float("inf"), now + remote_timeout.limit
            if now >= deadline:
                _end(process)
                return None
            if now >= notice:
                remote_timeout.say(f"waiting for {waiting_for} …")
                notice = float("inf")
    except BaseException:
        _end(process)
        raise
    finally:
        terminal.take_back()
    if terminal.lent and process.returncode == -signal.SIGINT:
        os.kill(os.getpid(), signal.SIGINT)  # Ctrl-C went to git alone, but was meant for us too
    return output


def has_terminal() -> bool:
    """Return whether this process runs on a terminal, where a person can answer."""
    if not _POSIX:
        return False
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _end(process: Any) -> None:
    """End git and its helpers, by SIGTERM first so that git removes its lock files."""
    for number in (signal.SIGTERM, signal.SIGKILL) if _POSIX else (signal.SIGTERM,):
        with suppress(ProcessLookupError):
            if _POSIX:
                os.killpg(process.pid, number)
                os.killpg(process.pid, signal.SIGCONT)  # a stopped process doesn't receive SIGTERM
            else:
                process.terminate()
        with suppress(subprocess.TimeoutExpired, ValueError):  # ValueError: read to the end before
            process.communicate(timeout=_GRACE)
    for stream in (process.stdout, process.stderr):
        stream.close()


def _wants_terminal(process: int) -> bool:
    """Return whether the system stopped a process because it used the terminal."""
    if not hasattr(os, "waitid"):
        return False
    with suppress(ChildProcessError):
        seen = os.waitid(os.P_PID, process, os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
        return seen is not None and seen.si_status in {signal.SIGTTIN, signal.SIGTTOU}
    return False


class _Terminal:
    """The terminal that we run on, which a process group may borrow."""

    def __init__(self, group: int) -> None:
        self._group = group
        self._file: int | None = None
        self.lent = False

    def lend(self) -> bool:
        """Lend the terminal to the group; False if there is none, or it isn't ours."""
        if not _POSIX:
            return False
        try:
            file = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        if os.tcgetpgrp(file) != os.getpgrp():
            os.close(file)
            return False
        os.tcsetpgrp(file, self._group)
        with suppress(ProcessLookupError):
            os.killpg(self._group, signal.SIGCONT)
        self._file, self.lent = file, True
        return True

    def take_back(self) -> None:
        """Take the terminal back."""
        if self._file is None:
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        try:
            os.tcsetpgrp(self._file, os.getpgrp())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(self._file)
            self._file = None
