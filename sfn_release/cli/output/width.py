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
            return os.get_terminal_size(stream).columns
        except OSError:  # not a terminal
            continue
    return 80


def columns_of(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    wide = sum(east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(bool(combining(character)) for character in text)
