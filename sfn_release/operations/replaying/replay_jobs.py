"""Replays executions in several processes side by side."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import islice
from queue import SimpleQueue
from typing import Any, Self

from sfn_release.errors import FileError
from sfn_release.operations.finished.execution_histories import read_side_by_side
from sfn_release.operations.replaying import replay_worker
from sfn_release.operations.replaying.replay_work import Recording, ReplayWork
from sfn_release.testing.replay.replayed import Replayed

_BATCH = 16  # executions that are sent to a process at once
_WORTH = 256  # fewer executions are done before a second process has started


def replay_side_by_side(
    recordings: Iterable[Recording], work: ReplayWork, jobs: int | None
) -> Generator[Replayed]:
    """Yield the replay of each recording, as they end.

    *jobs* is the number of processes; None means as many as there are processors, and one for few
    executions. When you stop early, the processes end.
    """
    recordings = iter(recordings)
    if jobs is None:
        first = list(islice(recordings, _WORTH))
        processors = os.cpu_count() or 1
        jobs = 1 if len(first) < _WORTH else processors
        recordings = _chained(first, recordings)
    if jobs <= 1:
        for recording in recordings:
            yield work.replay(recording)
        return
    yield from _in_processes(recordings, work, jobs)


def _chained(first: Sequence[Recording], rest: Iterator[Recording]) -> Iterator[Recording]:
    yield from first
    yield from rest


def _in_processes(
    recordings: Iterator[Recording], work: ReplayWork, jobs: int
) -> Iterator[Replayed]:
    with ExitStack() as stack:
        idle: SimpleQueue[_ReplayProcess] = SimpleQueue()
        for _ in range(jobs):
            idle.put(stack.enter_context(_ReplayProcess(work)))

        def replay(batch: Sequence[Recording]) -> list[Replayed]:
            process = idle.get()
            try:
                return process.replay(batch)
            finally:
                idle.put(process)

        batches = iter(lambda: list(islice(recordings, _BATCH)), [])
        with closing(read_side_by_side(batches, replay, threads=jobs)) as done:
            for replayed in done:
                yield from replayed


class _ReplayProcess:
    """A process that replays batches, one after the other; a context manager."""

    def __init__(self, work: ReplayWork) -> None:
        program = (
            "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN);"
            f" sys.path[:] = sys.argv[1:]; from {replay_worker.__name__} import main; main()"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._requests: Any = self._process.stdin
        self._answers: Any = self._process.stdout
        self._send(work)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._answers.close()
        with suppress(OSError):  # what it didn't read any more
            self._requests.close()

    def replay(self, batch: Sequence[Recording]) -> list[Replayed]:
        """Return the replays of a batch.

        Raises FileError for a file that isn't a history, and RuntimeError if the process died.
        """
        self._send(batch)
        try:
            answer: Any = pickle.load(self._answers)  # noqa: S301 - our own process wrote it
        except (EOFError, pickle.UnpicklingError) as error:
            raise self._died() from error
        if isinstance(answer, dict):
            raise FileError(**answer)
        found: list[Replayed] = answer
        return found

    def _send(self, value: object) -> None:
        try:
            pickle.dump(value, self._requests)
            self._requests.flush()
        except OSError as error:
            raise self._died() from error

    def _died(self) -> RuntimeError:
        """Return the error of a process that ended by itself: by a bug, or without memory."""
        return RuntimeError(f"a process that replays executions ended: {self._process.wait()}")
