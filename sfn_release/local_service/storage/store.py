"""The service's state: one SQLite file that threads and processes share, and a kill can't damage.

Every change is one transaction that takes the write lock first (BEGIN IMMEDIATE), so its reads stay
true until it commits. Readers see a snapshot and never wait (write-ahead log).
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sfn_release.errors import LocalServiceError
from sfn_release.local_service.storage import database_tables
from sfn_release.local_service.storage.database_errors import unusable
from sfn_release.local_service.storage.file_permissions import make_private

_BUSY_SECONDS = 30.0
_MEMORY = ":memory:"


class Store:
    """The database at *path*. With ``":memory:"`` you get one in memory.

    The first transaction opens the file, and creates its folder. The state machines of a file from
    before regions and accounts belong to *scope*. Raises LocalServiceError when the file can't be
    used.
    """

    def __init__(self, path: str | Path, scope: str = "us-east-1:000000000000") -> None:
        self._path = str(path)
        self._scope = scope
        # In memory there is one connection, so one thread uses it at a time.
        self._memory = self._path == _MEMORY
        self._alone = threading.RLock()
        self._idle: list[sqlite3.Connection] = []
        self._ready = False
        self._closed = False
        # Closes the connections if close() is never called.
        weakref.finalize(self, _close_all, self._idle)

    @property
    def in_memory(self) -> bool:
        """Whether only this process can use the database."""
        return self._memory

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a transaction, which sees one state of the database."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection with the write lock. Commits at the end, rolls back on an error."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """Close every idle connection. A used one closes when its transaction ends."""
        with self._alone:
            self._closed = True
            _close_all(self._idle)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        if self._memory:
            self._alone.acquire()
        try:
            try:
                connection = self._take()
            except sqlite3.Error as error:
                raise self._unusable(error) from error
            try:
                connection.execute(begin)
            except sqlite3.Error as error:
                connection.close()
                raise self._unusable(error) from error
            try:
                yield connection
                connection.commit()
            except sqlite3.Error as error:
                connection.rollback()
                raise self._unusable(error) from error
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._give_back(connection)
        finally:
            if self._memory:
                self._alone.release()

    def _take(self) -> sqlite3.Connection:
        with self._alone:
            if self._closed:
                raise LocalServiceError("The local service has been closed.")
            if self._idle:
                return self._idle.pop()
            connection = self._open()
            if not self._ready:
                try:
                    self._prepare(connection)
                except BaseException:
                    connection.close()
                    raise
                self._ready = True
            return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._alone:
            if self._closed:
                connection.close()
            else:
                self._idle.append(connection)

    def _open(self) -> sqlite3.Connection:
        if not self._memory:
            try:
                make_private(Path(self._path))
            except OSError as error:
                raise self._unusable(error) from error
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        # With a write-ahead log NORMAL loses nothing to a killed process.
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Create the tables unless they exist. Another process may do the same."""
        if not self._memory:
            connection.execute("PRAGMA journal_mode = WAL")
        if _schema_version(connection) == database_tables.VERSION:
            self._refuse_missing_parts(connection)
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._migrate(connection, _schema_version(connection))
            self._refuse_missing_parts(connection)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise

    def _migrate(self, connection: sqlite3.Connection, found: int) -> None:
        match found:
            case database_tables.VERSION:  # another process was faster
                return
            case 0:
                database_tables.create(connection)
            case 1 | 2 | 3:
                database_tables.upgrade(connection, found, self._scope)
            case _:
                raise LocalServiceError(
                    f"{self._path} was written by another version of sfn-release.",
                    why=f"Its schema is {found}, and this version reads {database_tables.VERSION}.",
                    fix="Use that version, or delete the file: sfn-release local reset",
                )
        connection.execute(f"PRAGMA user_version = {database_tables.VERSION}")

    def _refuse_missing_parts(self, connection: sqlite3.Connection) -> None:
        """Raise LocalServiceError for a file that would fail later, at some request."""
        missing = database_tables.missing_parts(connection)
        if missing:
            raise LocalServiceError(
                f"The tables of {self._path} don't fit this version of sfn-release.",
                why=f"There is no {', '.join(missing)}.",
                fix="Delete the file, with its state machines and executions:"
                "  sfn-release local reset",
            )

    def _unusable(self, error: Exception) -> LocalServiceError:
        return unusable(self._path, error, in_memory=self._memory)


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


def _schema_version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
