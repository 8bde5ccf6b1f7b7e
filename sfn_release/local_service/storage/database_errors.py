"""Tell a full disk, a missing permission and a damaged file apart, when the database fails.

SQLite says which: https://www.sqlite.org/rescode.html. Only a damaged file may be deleted.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path

from sfn_release.errors import LocalServiceError

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_PRIMARY = 0xFF  # the bits of the primary result code
_LITTLE = 1_000_000  # bytes; the write-ahead log and its index need several pages at once


def unusable(path: str, error: Exception, *, in_memory: bool) -> LocalServiceError:
    """Return the error for a database at *path* that SQLite or the system refused with *error*."""
    place = Path(path)
    unwritable = None if in_memory else _unwritable(place)
    message = f"The local service can't use its database {path}."
    if unwritable is not None:
        return LocalServiceError(
            message,
            why=f"{unwritable} isn't writable: {error}.",
            fix="Make it writable for you, or work in a clone that you can write to.",
        )
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code == sqlite3.SQLITE_FULL or _lacks_space(error, code, None if in_memory else place):
        return LocalServiceError(
            message,
            why=f"There is no space left on its disk: {error}.",
            fix="Free some space, and run the command again. The database itself is not damaged.",
        )
    if code in _DAMAGED:
        return LocalServiceError(
            message,
            why=f"The file is damaged: {error}.",
            fix="Delete it, with its state machines and executions:  sfn-release local reset",
        )
    return LocalServiceError(
        message,
        why=f"{error}.",
        fix="Run the command again. If it fails again, check the disk and the permissions of the"
        " file's folder.",
    )


def _lacks_space(error: Exception, code: int, path: Path | None) -> bool:
    """Return whether a failed read or write has its cause in a full disk.

    SQLite reports a full disk as an I/O error where it extends the index of the write-ahead log.
    """
    if isinstance(error, OSError):
        return error.errno in _NO_SPACE
    if path is None or code not in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}:
        return False
    try:
        return shutil.disk_usage(_folder(path)).free < _LITTLE
    except OSError:
        return False


def _unwritable(path: Path) -> Path | None:
    """Return the folder of a database, or the database, if you can't write it; None if you can."""
    needed = [_folder(path), *([path] if path.exists() else [])]
    return next((place for place in needed if not os.access(place, os.W_OK)), None)


def _folder(path: Path) -> Path:
    """Return the lowest folder above *path* that exists."""
    return next(place for place in path.parents if place.exists())
