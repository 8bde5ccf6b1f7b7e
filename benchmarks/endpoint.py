"""The local service on HTTP, in a process of its own that counts what it is asked."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from sfn_release.local import service
from sfn_release.local.arns import Scope
from sfn_release.local.server import serve
from sfn_release.simulator import Tasks

WRITES = ("Create", "Update", "Delete", "Publish", "Tag", "Untag")
"""How the operations begin that change something."""


@contextmanager
def server(database: Path) -> Iterator[tuple[str, Counts]]:
    """Serve the local service, and count what is called."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(database, there))
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}", Counts(here)
    finally:
        process.terminate()
        process.join()


class Counts:
    """The calls since the last time that somebody asked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self) -> dict[str, int]:
        """Return ``{operation: calls}`` and begin anew."""
        self._connection.send("counts")
        counts: dict[str, int] = self._connection.recv()
        return counts


def _serve(database: Path, connection: Connection) -> None:
    running = service(database, tasks_for=lambda _name, _tags: _no_tasks())
    counts: Counter[str] = Counter()
    handle = running.handle

    def counting(
        operation: str, body: bytes, scope: Scope | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        counts[operation] += 1
        return handle(operation, body, scope)

    running.handle = counting  # type: ignore[method-assign]

    def answer() -> None:
        while connection.recv():
            connection.send(dict(counts))
            counts.clear()

    threading.Thread(target=answer, daemon=True).start()
    serve(running, port=0, ready=connection.send)


def _no_tasks() -> Tasks:
    raise AssertionError("nothing is executed here")
