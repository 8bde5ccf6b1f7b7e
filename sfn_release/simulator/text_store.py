"""Stores the long texts of a history: equal texts once, and in a file when they're many.

A loop of 25,000 events may carry gigabytes of inputs and outputs. Memory holds a few megabytes of
them; the rest moves to a temporary file, and memory holds a handle for each text.
"""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tempfile import SpooledTemporaryFile

_SHORT = 512  # characters; shorter texts aren't worth a handle
_IN_MEMORY = 16 * 1024 * 1024  # bytes of all texts, before they move to a file
_DIGEST = 16  # bytes
WHOLE = {"truncated": False}
"""What an event says of each of its texts."""


@dataclass(frozen=True)
class StoredText:
    """A handle for a stored text. *digest* is equal for equal texts."""

    digest: str
    _store: TextStore
    _start: int
    _size: int

    def text(self) -> str:
        """Read the text."""
        return self._store.read(self._start, self._size)


class TextStore:
    """The texts of one execution's history. Other threads may read them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, StoredText] = {}
        self._end = 0
        self._latest: tuple[str, StoredText] | None = None

    @cached_property
    def _file(self) -> SpooledTemporaryFile[bytes]:
        from tempfile import SpooledTemporaryFile  # few histories have long texts

        file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - it lives as long
        weakref.finalize(self, file.close)
        return file

    def keep(self, text: str) -> str | StoredText:
        """Store *text* and return its handle; a short text is returned itself."""
        if len(text) <= _SHORT:
            return text
        if self._latest is not None and self._latest[0] is text:
            return self._latest[1]  # a state often passes its input on
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


def with_handles(details: dict[str, Any], texts: TextStore) -> dict[str, Any]:
    """Return an event's details with handles in place of long texts.

    Most events have none, so they stay as they are.
    """
    for item in details.values():
        if item is WHOLE:
            continue
        if isinstance(item, dict) or (isinstance(item, str) and len(item) > _SHORT):
            return {key: _kept(item, texts) for key, item in details.items()}
    return details


def _kept(value: Any, texts: TextStore) -> Any:
    if isinstance(value, dict):
        return {key: _kept(item, texts) for key, item in value.items()}
    return texts.keep(value) if isinstance(value, str) else value


def with_texts(value: Any) -> Any:
    """Return details with texts in place of handles."""
    if isinstance(value, Mapping):
        return {key: with_texts(item) for key, item in value.items()}
    return value.text() if isinstance(value, StoredText) else value
