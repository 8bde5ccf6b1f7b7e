"""Hides this process's environment from the modules that a build runs.

Modules run in processes without credentials, but as the same user, and on Linux such a process can
read ``/proc/PID/environ`` of any other. A process that is not dumpable is out of its reach:
https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html

Still visible are processes above this one (a shell that exported credentials), any process to root,
and everything on systems other than Linux.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_GET_DUMPABLE, _SET_DUMPABLE = 3, 4  # linux/prctl.h
_DUMPABLE = 1


@contextmanager
def hidden_environment() -> Iterator[None]:
    """Keep this process's environment out of reach of other processes until the block ends.

    Use it only as long as needed: some tools read ``/proc/self``, which is hidden too.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    control = ctypes.CDLL(None).prctl
    changed = control(_GET_DUMPABLE, 0, 0, 0, 0) == _DUMPABLE
    if changed:
        control(_SET_DUMPABLE, 0, 0, 0, 0)
    try:
        yield
    finally:
        if changed:
            control(_SET_DUMPABLE, _DUMPABLE, 0, 0, 0)
