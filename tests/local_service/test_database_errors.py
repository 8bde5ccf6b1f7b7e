"""Errors of the local service's database: only a damaged file may be deleted."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from sfn_release.errors import LocalServiceError
from sfn_release.local_service.storage.database_errors import unusable
from sfn_release.local_service.storage.store import Store

RESET = "sfn-release local reset"


def failed(code: int) -> sqlite3.OperationalError:
    """Return an error of SQLite with a result code."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


def test_a_database_that_may_not_grow(tmp_path: Path) -> None:
    """SQLite's own error of a full disk isn't taken for a damaged file, and nothing is lost."""
    store = Store(tmp_path / "local.db")
    with store.writing() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")

    def fill() -> None:
        with store.writing() as connection:
            connection.execute("PRAGMA max_page_count = 1")
            connection.execute("CREATE TABLE more AS SELECT zeroblob(1000000) AS bytes")

    with pytest.raises(LocalServiceError) as caught:
        fill()
    assert "no space left" in str(caught.value)
    assert RESET not in str(caught.value)
    with store.reading() as connection:
        assert connection.execute("SELECT number FROM kept").fetchone()[0] == 1
    store.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """It is damaged, so the advice is to delete it."""
    path = tmp_path / "local.db"
    path.write_bytes(b"not a database" * 200)
    with pytest.raises(LocalServiceError) as caught, Store(path).reading():
        pass
    assert "The file is damaged" in str(caught.value)
    assert RESET in str(caught.value)


@pytest.mark.parametrize(
    ("error", "free", "expected"),
    [
        (failed(sqlite3.SQLITE_IOERR_WRITE), 0, "no space left"),
        (failed(sqlite3.SQLITE_IOERR_SHMSIZE), 4096, "no space left"),
        (failed(sqlite3.SQLITE_CANTOPEN), 0, "no space left"),
        (OSError(errno.ENOSPC, "No space left on device"), 10**9, "no space left on its"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 10**9, "no space left on its"),
        (failed(sqlite3.SQLITE_IOERR_READ), 10**9, "check the disk"),
        (failed(sqlite3.SQLITE_BUSY), 0, "Run the command again"),
        (failed(sqlite3.SQLITE_CORRUPT_INDEX), 0, "The file is damaged"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_cause_decides_the_advice(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    free: int,
    expected: str,
) -> None:
    """A full disk, an error of the disk, a lock: none of them is a reason to delete the file."""
    usage: Callable[[object], SimpleNamespace] = lambda _: SimpleNamespace(free=free)  # noqa: E731
    monkeypatch.setattr(shutil, "disk_usage", usage)
    text = str(unusable(str(tmp_path / "local.db"), error, in_memory=False))
    assert expected in text
    assert (RESET in text) is ("damaged:" in text)
