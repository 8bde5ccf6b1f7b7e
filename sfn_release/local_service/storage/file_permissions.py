"""Makes the database private to its owner, because it has the data of executions."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_OURS = "sfn-release"  # our folder, in the Git folder and in the user's data folder
_DEPTH = 2  # <folder>/local.db, <folder>/local/<project>.db


def make_private(path: Path) -> None:
    """Create the file at *path*, and the folders above it, for their owner alone.

    An existing file keeps its mode, unless it is in our own folder: then both become private.
    Another user's files stay unchanged. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    folder = next((parent for parent in (*path.parents,)[:_DEPTH] if parent.name == _OURS), None)
    if folder is not None:
        _tighten(folder)
        for file in (path, *path.parent.glob(f"{path.name}-*")):  # SQLite's -wal and -shm too
            _tighten(file)


def _tighten(path: Path) -> None:
    """Remove the permissions of group and others."""
    with suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode & 0o7777
        if mode & 0o077:
            path.chmod(mode & ~0o077)
