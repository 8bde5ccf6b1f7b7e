"""Notes in a clone's Git folder: which deployments run here, and which outcomes were shown.

A file per running deployment holds its token and is locked for as long as the process lives; the
kernel lets go of the lock when the process dies, however it dies.

A file per environment names the last rollback whose outcome may not have reached the user (`Note`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sfn_release.errors import GitError
from sfn_release.names import RECORD_ID, RecordId


@contextmanager
def hold(folder: Path, deployment: RecordId, token: str) -> Iterator[None]:
    """Hold a deployment's token while the block runs.

    The file stays until `forget`, so that the next run knows whose deployment was left. Raises
    GitError for a folder that cannot be written.
    """
    path = _note(folder, deployment)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise _unwritable(error, folder) from error
    with file:
        _lock(file)
        file.write(token)
        file.flush()
        yield


def abandoned(folder: Path, deployment: RecordId, token: str) -> bool:
    """Tell whether a deployment was started from this Git folder and its process is gone."""
    try:
        with _note(folder, deployment).open("r+", encoding="utf-8") as file:
            return file.read() == token and _lock(file)
    except OSError:
        return False  # no such file: it was started elsewhere


def forget(folder: Path, deployment: RecordId) -> None:
    """Remove the note of a deployment that is closed."""
    _note(folder, deployment).unlink(missing_ok=True)


def _note(folder: Path, deployment: RecordId) -> Path:
    return folder / RECORD_ID.checked(deployment)


@dataclass(frozen=True)
class Note:
    """The rollbacks of one environment whose outcome was shown in this clone, or was not yet.

    *pending* is the deployment that began last and was not shown. *shown* are those that the CI
    attempt *attempt* has shown, of whichever attempt of its run they are.
    """

    pending: str | None = None
    attempt: str | None = None
    shown: tuple[str, ...] = ()


def read_note(path: Path) -> Note:
    """Return the note at *path*, an empty one where there is none."""
    try:
        members = json.loads(path.read_bytes())
        return Note(members["pending"], members["attempt"], tuple(members["shown"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Note()  # nothing is pending that this clone could know of


def write_note(path: Path, note: Note) -> None:
    """Write a note, whole or not at all. Raises GitError for a folder that isn't writable."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(vars(note)), encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise _unwritable(error, path.parent) from error


def _unwritable(error: OSError, folder: Path) -> GitError:
    return GitError(
        f"The Git folder cannot be written: {error.filename or folder}.",
        why=error.strerror or str(error),
        fix="A deployment leaves a note there while it runs. Make the folder writable.",
    )


def _lock(file: IO[Any]) -> bool:
    """Lock a file until it is closed; tell whether nobody else had it.

    Where the system has no such locks, a dead process cannot be told from a live one, and its
    deployment is taken over when it expires.
    """
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
