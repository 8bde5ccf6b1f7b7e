"""Keeps the texts of a history: equal ones once, and on disk when they are many.

A loop of 25,000 events may carry gigabytes of inputs and outputs; in memory stays what fits into a
few megabytes, and a handle for each of the other texts.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SHORT = 512  # characters: a handle is not worth it
_IN_MEMORY = 16 * 1024 * 1024  # bytes of all texts before they move to a temporary file
_DIGEST = 16  # bytes


@dataclass(frozen=True)
class StoredText:
    """A text that is kept elsewhere. *digest* is equal for equal texts."""

    digest: str
    _store: TextStore
    _start: int
    _size: int

    def text(self) -> str:
        """Read the text."""
        return self._store.read(self._start, self._size)


class TextStore:
    """The texts of one execution's history; safe to read from other threads."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - see below
        weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self._known: dict[str, StoredText] = {}
        self._end = 0
        self._latest: tuple[str, StoredText] | None = None

    def keep(self, text: str) -> str | StoredText:
        """Return what stands for *text*: itself, or a handle if it is long."""
        if len(text) <= _SHORT:
            return text
        if self._latest is not None and self._latest[0] is text:
            return self._latest[1]  # a state hands on what it was given
        data = text.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(data, digest_size=_DIGEST).hexdigest()
        payload = self._known.get(digest)
        if payload is None:
            with self._lock:
                self._file.seek(self._end)
                self._file.write(data)
            payload = StoredText(digest, self, self._end, len(data))
            self._known[digest] = payload
            self._end += len(data)
        self._latest = (text, payload)
        return payload

    def read(self, start: int, size: int) -> str:
        """Return the text at *start* of *size* bytes."""
        with self._lock:
            self._file.seek(start)
            return self._file.read(size).decode("utf-8", "surrogatepass")


def kept(value: Any, payloads: TextStore) -> Any:
    """Return an event's details with handles in the place of long texts."""
    if isinstance(value, Mapping):
        return {key: kept(item, payloads) for key, item in value.items()}
    return payloads.keep(value) if isinstance(value, str) else value


def restored(value: Any) -> Any:
    """Return details with the texts in the place of handles."""
    if isinstance(value, Mapping):
        return {key: restored(item) for key, item in value.items()}
    return value.text() if isinstance(value, StoredText) else value
