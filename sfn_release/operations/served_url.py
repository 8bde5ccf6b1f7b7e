"""The URL at which another process serves the local service, noted beside its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sfn_release.local_service.executions.process_owner import lives, owner_of_this_process

DEFAULT_URL = "http://127.0.0.1:8083"
"""Where `local serve` listens without options."""


@contextmanager
def noting(database: Path | None, url: str) -> Iterator[None]:
    """Note that this process serves *database* at *url*. A folder that can't be written is fine."""
    note = None if database is None else _note(database)
    if note is not None:
        with suppress(OSError):
            note.write_text(f"{url}\n{owner_of_this_process('serve')}", encoding="utf-8")
    try:
        yield
    finally:
        if note is not None and served_at(database) == url:
            with suppress(OSError):
                note.unlink()


def served_at(database: Path | None) -> str | None:
    """Return the URL of the living process that serves *database*; None if nothing is known."""
    if database is None:
        return None
    try:
        url, owner = _note(database).read_text(encoding="utf-8").split("\n")
        return url if lives(owner) else None
    except (OSError, ValueError):
        return None


def _note(database: Path) -> Path:
    return database.with_suffix(".url")
