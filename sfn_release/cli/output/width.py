"""How wide the terminal is, and a text on it. Imports nothing slow: --help needs this file."""

from __future__ import annotations

import os


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
