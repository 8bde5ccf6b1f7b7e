"""Moves the state machines of one project out of a database that several projects shared.

Until 0.2.0 all projects of a repository had one file, where equal names collided. The first command
of a project moves its state machines, with versions, aliases and executions, to a file of its own.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sfn_release.errors import LocalServiceError

_TABLES = ("revisions", "versions", "aliases", "tags", "executions")
_SECONDS = 30.0  # to wait while another process locks the file

# A state machine without the tag was made by hand. The first project that moves takes it.
_OTHERS = "SELECT machine FROM tags WHERE key = :tag AND value <> :project"
_OURS = f"SELECT id FROM machines WHERE id NOT IN ({_OTHERS})"  # noqa: S608 - constants


def move_project(shared: Path, own: Path, *, tag: str, project: str) -> None:
    """Move the state machines of *project* from the database *shared* to the new file *own*.

    Its state machines have the *tag* with its name, or no such tag. Does nothing if *own* exists or
    *shared* doesn't. A *shared* file that is empty afterwards is removed. When two processes
    move at once, one does it. A kill in between loses nothing. Raises LocalServiceError for a file
    that can't be read or written.
    """
    if own.exists() or not shared.exists():
        return
    import tempfile  # few projects have anything to move

    names = {"tag": tag, "project": project}
    try:
        own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(_open(shared)) as old, tempfile.TemporaryDirectory(dir=own.parent) as folder:
            old.execute("BEGIN IMMEDIATE")  # others can read meanwhile, and don't write
            if not _has_machines(old):
                return
            copy = Path(folder) / own.name
            with closing(_open(shared)) as reader, closing(_open(copy)) as new:
                reader.backup(new)
                new.execute("PRAGMA journal_mode = DELETE")  # everything in one file
                _drop(new, _OTHERS, names)
            copy.chmod(0o600)
            try:
                os.link(copy, own)
            except FileExistsError:
                return
            _drop(old, _OURS, names)
            old.execute("COMMIT")
            used = old.execute("SELECT 1 FROM machines").fetchone() is not None
        if not used:
            for end in ("", "-wal", "-shm"):
                shared.with_name(shared.name + end).unlink(missing_ok=True)
    except (sqlite3.Error, OSError) as error:
        raise LocalServiceError(
            f"Can't move the state machines of {project} from {shared} to {own}.",
            why=f"{error}.",
            fix="Check that the folder is writable. To start without them, remove the first file.",
        ) from error


def drop_project(shared: Path, *, tag: str, project: str) -> None:
    """Delete the state machines of *project* from the database *shared*, if it exists."""
    if shared.exists():
        with closing(_open(shared)) as old:
            if _has_machines(old):
                _drop(old, _OURS, {"tag": tag, "project": project})


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_SECONDS, isolation_level=None)


def _has_machines(database: sqlite3.Connection) -> bool:
    found = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'machines'").fetchone()
    return found is not None


def _drop(database: sqlite3.Connection, which: str, names: dict[str, str]) -> None:
    """Delete the machines that the query *which* selects, with everything that belongs to them."""
    chosen = database.execute(which, names).fetchall()
    for table in _TABLES:
        database.executemany(f"DELETE FROM {table} WHERE machine = ?", chosen)  # noqa: S608 - ours
    database.executemany("DELETE FROM machines WHERE id = ?", chosen)
