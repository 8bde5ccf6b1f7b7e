"""The local service over HTTP, in another process that counts the calls."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from sfn_release.local_service import open_service
from sfn_release.local_service.api.arns import ArnScope
from sfn_release.local_service.http.server import serve
from sfn_release.local_service.service import ServiceResponse
from sfn_release.simulator import Tasks

WRITES = ("Create", "Update", "Delete", "Publish", "Tag", "Untag")
"""The prefixes of operations that change something."""


@contextmanager
def server(database: Path, *, latency: float = 0) -> Iterator[tuple[str, Counts]]:
    """Serve the local service and count the calls; each call takes *latency* seconds longer."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(database, there, latency)
    )
    process.start()
    try:
        yield here.recv(), Counts(here)
    finally:
        process.terminate()
        process.join()


class Counts:
    """The calls since the last count."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self) -> dict[str, int]:
        """Return ``{operation: calls}`` and reset the counts."""
        self._connection.send("counts")
        counts: dict[str, int] = self._connection.recv()
        return counts


def _serve(database: Path, connection: Connection, latency: float) -> None:
    running = open_service(database, tasks_for=lambda _scope: _no_tasks())
    counts: Counter[str] = Counter()
    answer = running.answer

    def counting(operation: str, body: bytes, scope: ArnScope | None = None) -> ServiceResponse:
        counts[operation] += 1
        time.sleep(latency)
        return answer(operation, body, scope)

    running.answer = counting  # type: ignore[method-assign]

    def report() -> None:
        while connection.recv():
            connection.send(dict(counts))
            counts.clear()

    threading.Thread(target=report, daemon=True).start()
    serve(running, port=0, ready=connection.send)


def _no_tasks() -> Tasks:
    raise AssertionError("nothing is executed here")
