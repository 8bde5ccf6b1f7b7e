"""The identity of a process in the store, and whether such a process still lives."""

from __future__ import annotations

import os
from pathlib import Path

PROCESS_ENDED = "SfnRelease.ProcessEnded"
"""The error of an execution whose process ended before it did. It can be redriven."""


def owner_of_this_process(id: str) -> str:
    """Return the identity of this process; *id* distinguishes several services in it."""
    pid = os.getpid()
    return f"{pid} {_process_start(pid)} {id}"


def lives(owner: str) -> bool:
    """Return whether the process *owner* still exists."""
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
