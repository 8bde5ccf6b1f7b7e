"""How wide the terminal is. In a file of its own, which imports nothing slow: --help needs it."""

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
