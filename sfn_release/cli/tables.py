"""Tables on stdout: by rich on a terminal, plain aligned text in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from sfn_release.cli.terminal import coloured, on_terminal, one_line

_FREE = {"AUTHOR", "BY", "REASON", "NOTE", "MODULE", "DIFFERENCES", "WORKFLOW"}  # may be long


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, indent: int = 0) -> None:
    """Write a table to stdout; columns that are empty in every row are left out."""
    cells = [list(row) for row in rows]
    kept = [index for index in range(len(columns)) if not cells or any(row[index] for row in cells)]
    names = [columns[index] for index in kept]
    cells = [[row[index] for index in kept] for row in cells]
    if on_terminal(sys.stdout):
        _rich_table(names, cells, indent)
    else:
        _plain_table(names, cells, indent)


def _plain_table(names: list[str], rows: list[list[str]], indent: int) -> None:
    texts = [names, *([one_line(cell) or "-" for cell in row] for row in rows)]
    widths = [max(_columns(row[index]) for row in texts) for index in range(len(names))]
    for row in texts:
        padded = [
            text + " " * (wide - _columns(text)) for text, wide in zip(row, widths, strict=True)
        ]
        sys.stdout.write((" " * indent + "  ".join(padded)).rstrip() + "\n")


def _rich_table(names: list[str], rows: list[list[str]], indent: int) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(Text(name), overflow="fold", no_wrap=name not in _FREE)
    for row in rows:
        table.add_row(
            *(Text(one_line(cell) or "-", style=getattr(cell, "style", "")) for cell in row)
        )
    system: Any = "auto" if coloured(sys.stdout) else None
    console = Console(file=sys.stdout, color_system=system, highlight=False)
    console.print(Padding(table, (0, 0, 0, indent)))


def _columns(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    wide = sum(east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(bool(combining(character)) for character in text)
