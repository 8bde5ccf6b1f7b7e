"""Makes the pages of a report and writes them into a folder, in several processes if many."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_release.errors import FileError, SfnReleaseError
from sfn_release.report.facts.report_facts import ReportFacts
from sfn_release.report.site_pages import page_estimate, site_pages

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

_ENOUGH = 150  # pages for a process: it starts in the time that a few pages take
_MOST = 8  # processes
_REPORTED = 20  # pages between two messages


@dataclass
class Tally:
    """What was written: how many *pages*, their *bytes*, and the *largest* page with its size."""

    pages: int = 0
    bytes: int = 0
    largest: tuple[str, int] = field(default=("", 0))

    def add(self, other: Tally) -> None:
        """Add what was written elsewhere."""
        self.pages += other.pages
        self.bytes += other.bytes
        self.largest = max(self.largest, other.largest, key=lambda pair: pair[1])


def write_pages(
    facts: ReportFacts, folder: Path, written: Callable[[int], None], *, processes: int | None
) -> Tally:
    """Write every page of a report into *folder*, and return what was written.

    *written* is called with the number of pages now and then. *processes* None means: as many as
    the report and the machine are for. Raises OSError, SfnReleaseError.
    """
    number = processes or _processes(page_estimate(facts))
    total = Tally()
    if number == 1:
        for tally in _written(facts, folder):
            total.add(tally)
            written(total.pages)
        return total
    facts.definitions.ledger.git.objects.rest()  # each process asks a git of its own
    with _workers(facts, folder, number) as answers:
        for tally in _written(facts.shared(0, number), folder):
            total.add(tally)
            written(total.pages)
        while answers:
            for answer in [answer for answer in answers if answer in wait(answers)]:
                match _received(answer):
                    case Tally() as tally:
                        total.add(tally)
                        written(total.pages)
                    case None:
                        answers.remove(answer)
    return total


def _received(answer: Connection) -> Tally | None:
    """Return what a worker wrote, None at its end; raise its error."""
    try:
        found = answer.recv()
    except EOFError:
        raise FileError(
            "A process that makes pages was ended.",
            fix="See above for its error, and run it again.",
        ) from None
    if isinstance(found, BaseException):
        raise found
    return found if isinstance(found, Tally) else None


def _processes(pages: int) -> int:
    """Return how many processes make *pages*. Only on Linux is it safe to copy this process."""
    if sys.platform != "linux":
        return 1
    cores = len(os.sched_getaffinity(0))
    return max(1, min(cores, _MOST, pages // _ENOUGH))


def _written(facts: ReportFacts, folder: Path) -> Iterator[Tally]:
    """Write this process's pages; yield what was written since the last time."""
    tally = Tally()
    for page in site_pages(facts):
        content = page.html.encode("utf-8", "replace")
        path = folder / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
        tally.add(Tally(1, len(content), (page.path, len(content))))
        if tally.pages >= _REPORTED:
            yield tally
            tally = Tally()
    yield tally


@contextmanager
def _workers(facts: ReportFacts, folder: Path, processes: int) -> Iterator[list[Connection]]:
    """Run copies of this process that write the shares 1 and up; they end with the block."""
    context = multiprocessing.get_context("fork")
    answers: list[Connection] = []
    workers: list[BaseProcess] = []
    try:
        for number in range(1, processes):
            ours, theirs = context.Pipe(duplex=False)
            share = facts.shared(number, processes)
            worker: BaseProcess = context.Process(
                target=_work, args=(share, folder, theirs), daemon=True
            )
            worker.start()
            theirs.close()
            answers.append(ours)
            workers.append(worker)
        yield answers
    finally:
        for started in workers:
            started.terminate()
        for started in workers:
            started.join()


def _work(facts: ReportFacts, folder: Path, answer: Connection) -> None:
    """Write a share of the pages in this process, and send what was written; None at the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        for tally in _written(facts, folder):
            answer.send(tally)
    except (OSError, SfnReleaseError) as error:
        answer.send(error)
    else:
        answer.send(None)
