"""What the suite makes of the machine that it runs on, so that thousands of tests are quick."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")
_ROOM = 6 * 1024**3  # bytes; a run leaves about one GB


def share_bytecode(config: pytest.Config) -> None:
    """Compile each module once, also where Python was asked to leave no bytecode beside sources.

    The workers and every Python that a test starts read it from pytest's cache: without it, each of
    them would compile all that it imports.
    """
    if not sys.dont_write_bytecode or not hasattr(config, "cache"):
        return
    sys.pycache_prefix = str(config.cache.mkdir("bytecode"))
    sys.dont_write_bytecode = False
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def work_in_memory(config: pytest.Config) -> None:
    """Put temporary folders into memory, unless you set TMPDIR or ``--basetemp`` yourself.

    Git and SQLite wait for the disk after each write: here they still do, and it takes no time.
    The folders go at the end of the session.
    """
    if hasattr(config, "workerinput") or config.option.basetemp or "TMPDIR" in os.environ:
        return
    if not _has_room():
        return
    folder = tempfile.mkdtemp(prefix="sfn-release-tests-", dir=_MEMORY)
    os.environ["TMPDIR"] = folder
    tempfile.tempdir = None  # it is chosen anew
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def _has_room() -> bool:
    """Return whether the folder in memory is large, and programs may be run from it."""
    try:
        usage = os.statvfs(_MEMORY)
    except OSError:
        return False
    return (
        usage.f_bavail * usage.f_frsize >= _ROOM
        and not usage.f_flag & os.ST_NOEXEC
        and os.access(_MEMORY, os.W_OK)
    )
