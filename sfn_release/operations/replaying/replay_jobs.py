"""Replays executions in several processes side by side."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from sfn_release.operations.replaying.candidates import ReplayCandidate
from sfn_release.simulator import Mocks
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_files import read_history_file
from sfn_release.testing.replay.replay_execution import replay_execution
from sfn_release.testing.replay.replayed import Replayed

_BATCH = 16  # executions that are sent to a process at once
_WORTH = 64  # fewer executions are done before a second process has started


@dataclass(frozen=True)
class RecordedFile:
    """A file with the history of an execution. *name* is how the report names the execution."""

    path: Path
    name: str


Recording = FinishedExecution | RecordedFile


@dataclass(frozen=True)
class ReplayWork:
    """What every process needs: the candidate, and the mocks for answers that weren't recorded."""

    candidate: ReplayCandidate
    mocks: Mocks | None = None

    def replay(self, recording: Recording) -> Replayed:
        """Replay one execution. Raises FileError for a file that has no history."""
        if isinstance(recording, RecordedFile):
            found = read_history_file(recording.path, self.candidate.workflow)
            recorded = found if found.arn.startswith("arn:") else replace(found, arn=recording.name)
        else:
            recorded = recording
        if recorded.incomplete:
            return Replayed(recorded.arn, unreplayable=recorded.incomplete)
        definition = self.candidate.form(recorded.version_arn)
        return replay_execution(recorded, definition, mocks=self.mocks)


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
) -> Generator[Replayed]:
    # Threads read histories meanwhile, and a fork of a process with threads may never end.
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(work,)
    )
    waiting: deque[Future[list[Replayed]]] = deque()
    try:
        while True:
            while len(waiting) < 2 * jobs:
                batch = list(islice(recordings, _BATCH))
                if not batch:
                    break
                waiting.append(pool.submit(_replay_batch, batch))
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_work: list[ReplayWork] = []
"""The work of this process, which `_begin` sets once: it is large, and the same for each batch."""


def _begin(work: ReplayWork) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the command, which ends us
    _work[:] = [work]


def _replay_batch(batch: Sequence[Recording]) -> list[Replayed]:
    return [_work[0].replay(recording) for recording in batch]
