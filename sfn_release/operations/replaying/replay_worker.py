"""The program of a process that replays executions for another process.

    standard input: the `ReplayWork`, then batches of recordings → standard output: a list for each

Everything is pickled. It isn't `multiprocessing`, which would run the script of a library's user
again in each process.
"""

from __future__ import annotations

import pickle
import signal
import sys
from collections.abc import Sequence
from typing import Any

from sfn_release.errors import FileError
from sfn_release.operations.replaying.replay_work import Recording, ReplayWork


def main() -> None:
    """Replay batches until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the command, which ends us
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    work: ReplayWork = pickle.load(source)  # noqa: S301 - our own process wrote it
    while True:
        try:
            batch: Sequence[Recording] = pickle.load(source)  # noqa: S301 - as above
        except EOFError:
            return
        pickle.dump(_answer(work, batch), sink)
        sink.flush()


def _answer(work: ReplayWork, batch: Sequence[Recording]) -> Any:
    """Return the replays of a batch, or the members of the error of a file."""
    try:
        return [work.replay(recording) for recording in batch]
    except FileError as error:
        return {"message": error.message, "why": error.why, "fix": error.fix}
