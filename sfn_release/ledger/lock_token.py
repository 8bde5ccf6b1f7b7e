"""The token of a running deployment, as a locked file in the clone's Git folder.

The file is locked as long as the process lives: the kernel releases the lock when the process dies,
even by a kill. So a later run can see that the deployment was started here and was abandoned.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sfn_release.errors import GitError
from sfn_release.names import RECORD_ID, RecordId


@contextmanager
def hold(folder: Path, deployment: RecordId, token: str) -> Iterator[None]:
    """Keep a deployment's token in a locked file while the block runs.

    The file stays until `forget`, so that the next run can recognise an abandoned deployment.
    Raises GitError for a folder that isn't writable.
    """
    path = _path(folder, deployment)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise unwritable_folder(error, folder) from error
    with file:
        _lock(file)
        file.write(token)
        file.flush()
        yield


def abandoned(folder: Path, deployment: RecordId, token: str) -> bool:
    """Return whether a deployment was started from this Git folder and its process is dead."""
    try:
        with _path(folder, deployment).open("r+", encoding="utf-8") as file:
            return file.read() == token and _lock(file)
    except OSError:
        return False  # no such file: it was started elsewhere


def running(folder: Path, deployment: RecordId, token: str) -> bool:
    """Return whether a deployment was started from this Git folder and its process lives.

    On a system without file locks this is always False: see `_lock`.
    """
    try:
        with _path(folder, deployment).open("r+", encoding="utf-8") as file:
            return file.read() == token and _can_lock() and not _lock(file)
    except OSError:
        return False


def forget(folder: Path, deployment: RecordId) -> None:
    """Remove the file of a deployment that has ended."""
    _path(folder, deployment).unlink(missing_ok=True)


def unwritable_folder(error: OSError, folder: Path) -> GitError:
    """Return the error for a *folder* below the Git folder that can't be written."""
    return GitError(
        f"The Git folder can't be written: {error.filename or folder}.",
        why=error.strerror or str(error),
        fix="A deployment keeps a file there while it runs. Make the folder writable.",
    )


def _path(folder: Path, deployment: RecordId) -> Path:
    return folder / RECORD_ID.checked(deployment)


def _lock(file: IO[Any]) -> bool:
    """Lock a file until it is closed; return False if another process has locked it.

    On a system without such locks this is always False: a dead process looks like a live one, and
    its deployment is taken over when it expires.
    """
    if not _can_lock():
        return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _can_lock() -> bool:
    from importlib.util import find_spec

    return find_spec("fcntl") is not None  # Windows has none
