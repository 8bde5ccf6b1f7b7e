"""Reading objects through one long-lived `git cat-file --batch`.

A git process costs some milliseconds, and an answer of a running one a tenth of that. The process
starts with the first question and ends when its reader is no longer used. Objects never change,
so it can't give old answers: objects that another process writes later are found too.

A program may open many workspaces, and Python may free them late. So only a few processes wait for
questions at once. The oldest one ends first, and starts again when it is needed.
"""

from __future__ import annotations

import subprocess
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sfn_release.ledger.git.command import Result, failure, log_command, start_git, start_time
from sfn_release.ledger.git.remote_timeout import GROUP

_COMMAND = ("cat-file", "--batch")
_AT_ONCE = 8  # processes that wait for questions
_PAGE = 16_000  # bytes of names at once: less than any pipe holds, so that neither side waits

_waiting: deque[weakref.ref[ObjectReader]] = deque()


class StoredObject(NamedTuple):
    """The *kind* of an object (``blob``, ``tree``, ``commit``, ``tag``) and its content."""

    kind: str
    content: bytes


@dataclass
class ObjectReader:
    """Reads the objects of the repository in *directory*. Threads may share it."""

    directory: Path
    _process: Any = None
    _ending: Callable[[], Result | None] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, names: Sequence[str]) -> list[StoredObject | None]:
        """Return each named object, None for a missing one.

        Names are ``<object id>``, ``<commit>:<path>`` and the like, without a line end. Raises
        GitError when git fails.
        """
        if not names:
            return []
        start = start_time()
        with self._lock:
            found = [answer for page in _pages(names) for answer in self._answered(page)]
        log_command([*_COMMAND, f"({len(names)} objects)"], start, Result(0, b"", ""))
        return found

    def rest(self) -> None:
        """End git until the next question, unless it is answering one."""
        if self._lock.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._lock.release()

    def _answered(self, page: Sequence[bytes]) -> list[StoredObject | None]:
        """Return the answers to a page of names. A git that has ended is started once more."""
        is_new = self._process is None
        try:
            return self._ask(page)
        except (OSError, EOFError) as error:
            result = self._end()
            if is_new:
                raise failure(_COMMAND[0], result) from error
        except BaseException:
            self._end()  # the rest of the answer would be taken for the next one
            raise
        return self._answered(page)

    def _ask(self, page: Sequence[bytes]) -> list[StoredObject | None]:
        if self._process is None:
            self._process = start_git(
                self.directory, _COMMAND, istream=subprocess.PIPE, **GROUP
            )  # in a group of its own, Ctrl-C doesn't end it
            self._ending = weakref.finalize(self, _end, self._process)
            _waiting.append(weakref.ref(self))
            while len(_waiting) > _AT_ONCE:
                oldest = _waiting.popleft()()
                if oldest is not None:
                    oldest.rest()
        self._process.stdin.write(b"".join(page))
        self._process.stdin.flush()
        return [self._answer() for _ in page]

    def _answer(self) -> StoredObject | None:
        """Read the next answer: a line with name or id, kind and size, and then the content."""
        output = self._process.stdout
        header = output.readline().rsplit(b" ", 2)
        if not header[-1].endswith(b"\n"):
            raise EOFError
        if header[-1] in {b"missing\n", b"ambiguous\n"}:
            return None
        size = int(header[-1])
        content: bytes = output.read(size + 1)
        if len(content) <= size:
            raise EOFError
        return StoredObject(header[1].decode(), content[:size])

    def _end(self) -> Result:
        """End git, and return its exit code and its words."""
        self._process = None
        result = self._ending() if self._ending else None
        return result or Result(-1, b"", "")


def _end(process: Any) -> Result:
    """End git, and return its exit code and its words."""
    process.proc.kill()
    words = process.stderr.read().decode("utf-8", "replace")
    for stream in (process.stdin, process.stdout, process.stderr):
        with suppress(OSError):  # the pipe to a git that has ended
            stream.close()
    return Result(process.proc.wait(), b"", words)


def _pages(names: Sequence[str]) -> Iterator[list[bytes]]:
    """Yield the names as lines, in pages that fit into a pipe."""
    page: list[bytes] = []
    size = 0
    for name in names:
        line = f"{name}\n".encode("utf-8", "surrogateescape")
        if page and size + len(line) > _PAGE:
            yield page
            page, size = [], 0
        page.append(line)
        size += len(line)
    yield page
