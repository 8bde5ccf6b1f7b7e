"""A note in the clone's Git folder: the rollbacks of an environment that the user has seen end."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from sfn_release.ledger.lock_token import unwritable_folder


@dataclass(frozen=True)
class RollbackNote:
    """The rollbacks of one environment whose outcome was shown in this clone, or was not yet.

    *pending* is the deployment that started last and was not shown. *shown* are the rollbacks whose
    outcome the CI attempt *attempt* has shown; earlier attempts of the run may have started them.
    """

    pending: str | None = None
    attempt: str | None = None
    shown: tuple[str, ...] = ()


def read_note(path: Path) -> RollbackNote:
    """Return the note at *path*, an empty one if there is none."""
    try:
        members = json.loads(path.read_bytes())
        return RollbackNote(members["pending"], members["attempt"], tuple(members["shown"]))
    except (OSError, ValueError, KeyError, TypeError):
        return RollbackNote()  # this clone knows of no pending rollback


def write_note(path: Path, note: RollbackNote) -> None:
    """Write a note, atomically. Raises GitError for a folder that isn't writable."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(vars(note)), encoding="utf-8")
        new.replace(path)
    except OSError as error:
        raise unwritable_folder(error, path.parent) from error
