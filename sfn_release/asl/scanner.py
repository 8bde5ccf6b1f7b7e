"""Read text from left to right, for the parsers of paths and of intrinsic functions."""

from __future__ import annotations

import re
from typing import ClassVar, NoReturn

_SHOWN = 1000  # characters of the text in a message


class TextScanner:
    """Reads one text. A parser sets *what* it reads, and the *error* to raise."""

    what: ClassVar[str]
    error: ClassVar[type[ValueError]]

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, word: str) -> bool:
        found = self._text.startswith(word, self._at)
        self._at += len(word) if found else 0
        return found

    def _operator(self, word: str) -> bool:
        self._blank()
        return self._skip(word)

    def _blank(self) -> bool:
        """Skip white space. Returns False, so that it can stand before a condition."""
        self._match(r"\s+")
        return False

    def _match(self, pattern: str, flags: int = 0) -> str:
        """Read the text that *pattern* matches here; "" if there is none."""
        found = re.compile(pattern, flags).match(self._text, self._at)
        if not found:
            return ""
        self._at = found.end()
        return found.group()

    def _fail(self, problem: str) -> NoReturn:
        whole = len(self._text) <= _SHOWN
        shown = repr(self._text) if whole else f"{self._text[:_SHOWN]!r}…"
        raise self.error(
            f"{shown} is not a valid {self.what}: {problem} (character {self._at + 1})."
        )


def unescape(name: str) -> str:
    r"""Resolve the backslashes of a dotted name: ``\x`` is x, ``\uXXXX`` a character."""
    if "\\" not in name:
        return name
    name = re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), name)
    name = re.sub(r"\\(.)", r"\1", name, flags=re.DOTALL)
    return name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
