"""How wide the terminal is, and a text on it. Imports nothing slow: --help needs this file."""

from __future__ import annotations

import os
import re

_WORD = re.compile(r"(\s*)((?:`[^`]*`|\S)+)")  # with the gap before it; quoted code is one word
_HANG = 4  # columns that the rest of a folded line is indented more


def width() -> int:
    """Return the terminal's width in columns: ``COLUMNS``, else the terminal's own, else 80."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    for stream in (1, 2):
        try:
            found = os.get_terminal_size(stream).columns
        except OSError:  # not a terminal
            continue
        if found:  # a terminal whose size was never set has 0, as under `script` without input
            return found
    return 80


def columns_of(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    from unicodedata import category, east_asian_width

    joins = character in "\u200c\u200d" or "\u1160" <= character <= "\u11ff"
    if joins or category(character) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def padded(text: str, columns: int) -> str:
    """Return a text with the spaces that make it at least so many *columns* wide."""
    return text + " " * (columns - columns_of(text))


def wrapped(text: str, columns: int) -> list[str]:
    """Return a text in lines of at most *columns*, broken between words where that is possible.

    Wide characters count twice, which `textwrap` doesn't know.
    """
    lines: list[str] = []
    for word in text.split():
        if lines and columns_of(lines[-1]) + 1 + columns_of(word) <= columns:
            lines[-1] += f" {word}"
            continue
        lines.append("")
        for character in word:
            if lines[-1] and columns_of(lines[-1]) + columns_of(character) > columns:
                lines.append("")
            lines[-1] += character
    return lines


def folded(line: str, columns: int | None) -> list[str]:
    """Return a line in parts of at most *columns*, broken between words and hanging below it.

    A command in backticks, or a word that doesn't fit any line, stays whole: you may copy it.
    """
    if columns is None or columns_of(line) <= columns:
        return [line]
    indent = len(line) - len(line.lstrip())
    hang = " " * min(indent + _HANG, columns // 2)
    lines = [""]
    for gap, word in _WORD.findall(line):
        if lines[-1] and columns_of(lines[-1] + gap + word) > columns:
            lines.append(hang + word)
        else:
            lines[-1] += gap + word
    return lines
