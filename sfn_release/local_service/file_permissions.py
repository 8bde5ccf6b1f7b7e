"""The service's file is for its owner only: inputs and outputs of executions are in it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_OURS = "sfn-release"  # our folder in the Git folder, and in the user's data folder
_DEPTH = 2  # <folder>/local.db, <folder>/local/<project>.db


def make_private(path: Path) -> None:
    """Create the file at *path*, and the folders above it, for their owner alone.

    A file that is there keeps its mode, unless it is in our own folder: both are tightened then.
    Another user's are left as they are. Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    folder = next((one for one in (*path.parents,)[:_DEPTH] if one.name == _OURS), None)
    if folder is not None:
        _tighten(folder)
        for one in (path, *path.parent.glob(f"{path.name}-*")):  # SQLite's -wal and -shm too
            _tighten(one)


def _tighten(path: Path) -> None:
    """Take the rights of group and others away."""
    with suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode & 0o7777
        if mode & 0o077:
            path.chmod(mode & ~0o077)
