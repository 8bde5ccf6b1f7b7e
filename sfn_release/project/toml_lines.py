"""Finds the line of each key in a TOML document, which TOML readers don't report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r'''
      (?P<skip>[ \t\r]+|\#[^\n]*)
    | (?P<newline>\n)
    | (?P<string>"""(?:\\.|[^\\])*?"""(?:"{0,2})    # a quote or two, then three
               |\'\'\'.*?\'\'\'(?:\'{0,2})
               |"(?:\\.|[^"\\\n])*"
               |'[^'\n]*')
    | (?P<mark>[\[\]{},=.])
    | (?P<bare>[^\s\#"'\[\]{},=.]+)
    ''',
    re.VERBOSE | re.DOTALL,
)

Key = tuple[str | int, ...]
"""The path of a value; numbers are indices of arrays."""


def key_lines(text: str) -> dict[Key, int]:
    """Return the line, counted from 1, on which each key of a TOML document first stands.

    A key is its whole path: ``("environments", "prod", "alias")``, however it is written (header,
    dotted, quoted, inline table). Keys of tables inside an array go by the array's path, and by
    their own, with the index: ``("checks", "silence", 1, "rule")``. *text* must be valid TOML.
    """
    return _scanned(text).lines


@dataclass(frozen=True)
class Statement:
    """A header, or a key with its value: its *key*, and its lines from *first* to *last*."""

    key: Key
    first: int
    last: int


def statements(text: str) -> list[Statement]:
    """Return the headers and the keys with values of a TOML document, in order.

    Comments and blank lines around them belong to none. *text* must be valid TOML.
    """
    return _scanned(text).statements


def _scanned(text: str) -> _Scanner:
    scanner = _Scanner()
    line = 1
    for kind, written in _tokens(text):
        if kind == "mark":
            scanner.mark(written, line)
        elif kind == "newline":
            scanner.end_of_line(line)
        elif kind != "skip" and scanner.expects_key:
            scanner.parts.append(_unquote(written) if kind == "string" else written)
        line += written.count("\n")
        if kind not in ("skip", "newline"):
            scanner.last = line
    return scanner


class _Scanner:
    """The position in the document."""

    def __init__(self) -> None:
        self.lines: dict[Key, int] = {}
        self.statements: list[Statement] = []
        self.last = 1  # the line on which the last word or mark ended
        self.parts: list[str] = []  # of the key being read
        self.expects_key = True  # or else a value, or the end of one
        self.in_header = False
        self.in_array = False  # the header is of an array's next table
        self.items: Counter[Key] = Counter()  # how many items of an array there were
        self.table: Key = ()  # of the last header
        self.key: Key = ()  # whose value is being read
        self.statement: Key = ()  # the key that the value belongs to, outside of all brackets
        self.first = 1  # its line
        self.open: list[tuple[str, Key]] = []  # the brackets around, with the key of each value

    def mark(self, mark: str, line: int) -> None:
        """Process a character that structures the document."""
        if self.in_header:
            self.in_array |= mark == "["
            return
        if self.expects_key and mark == "[":
            self.in_header = True
        elif self.expects_key and mark == "=":
            self.key = self._record(self.open[-1][1] if self.open else self.table, line)
            self.expects_key = False
            if not self.open:
                self.statement, self.first = self.key, line
        elif mark in "[{":
            in_array = self.open and self.open[-1][0] == "["
            self.open.append((mark, self._item(self.key, line) if in_array else self.key))
            self.key = self.open[-1][1]
            self.expects_key = mark == "{"
        elif mark in "]}":
            self.open.pop()
            self.expects_key = False
        elif mark == "," and self.open:
            opener, self.key = self.open[-1]
            self.expects_key = opener == "{"

    def end_of_line(self, line: int) -> None:
        """Process the end of a line: after a header, after a value, or inside brackets."""
        if self.in_header:
            *around, name = self.parts
            self.parts = [name]
            self.table, self.in_header = self._record(self._inside(around, line), line), False
            if self.in_array:
                self.table, self.in_array = self._item(self.table, line), False
            self.statements.append(Statement(self.table, line, line))
        if not self.open:
            if not self.expects_key:
                self.statements.append(Statement(self.statement, self.first, self.last))
            self.expects_key = True

    def _inside(self, names: list[str], line: int) -> Key:
        """Return the table that a header's *names* lead to: an array stands for its last item."""
        key: Key = ()
        for name in names:
            self.parts, kept = [name], self.parts
            key = self._record(key, line)
            self.parts = kept
            if self.items[key]:
                key = (*key, self.items[key] - 1)
        return key

    def _record(self, prefix: Key, line: int) -> Key:
        for length in range(1, len(self.parts) + 1):
            here = (*prefix, *self.parts[:length])
            self.lines.setdefault(here, line)
            self.lines.setdefault(tuple(key for key in here if isinstance(key, str)), line)
        key = (*prefix, *self.parts)
        self.parts.clear()
        return key

    def _item(self, array: Key, line: int) -> Key:
        """Record the next item of *array*."""
        item = (*array, self.items[array])
        self.items[array] += 1
        self.lines.setdefault(item, line)
        return item


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text + "\n"):
        yield str(match.lastgroup), match[0]


def _unquote(written: str) -> str:
    if written[0] == "'" or "\\" not in written:
        return written[1:-1]
    import tomli

    return str(tomli.loads(f"key = {written}")["key"])
