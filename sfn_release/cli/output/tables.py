"""Tables on stdout: aligned columns that fit the terminal. No cell is ever cut.

A cell that doesn't fit goes below its row. If even names and states don't fit beside each other,
every cell gets its own line. A pipe gets whole rows.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from sfn_release.cli.output.line_folding import folded, wrapped
from sfn_release.cli.output.terminal import on_terminal, one_line, paint, painted
from sfn_release.cli.output.width import columns_of, width

_LONG = {"AUTHOR", "BY", "REASON", "NOTE", "OVERRIDE", "MODULE"}  # may stand below their row
_GAP = "  "
_NARROWEST = 20  # columns that a text is still wrapped into


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, indent: int = 0) -> None:
    """Write a table to stdout; columns that are empty in every row are left out."""
    for line in table_lines(columns, rows, table_room(indent)):
        sys.stdout.write(" " * indent + line + "\n")


def table_room(indent: int = 0) -> int | None:
    """Return how many columns a table on stdout can have; None if it is not a terminal."""
    return width() - indent if on_terminal(sys.stdout) else None


def hanging_lines(text: str, indent: int) -> list[str]:
    """Return the lines of a text with an indent on stdout, broken between words on a terminal."""
    room = table_room(indent)
    text = one_line(text)
    if room is None or columns_of(text) <= room:
        return [text]
    return wrapped(text, max(room, _NARROWEST))


def folded_lines(text: str, stream: IO[str]) -> list[str]:
    """Return a line for *stream*, in several parts on a terminal that is too narrow for it."""
    return folded(one_line(text), width() if on_terminal(stream) else None)


def table_lines(
    columns: Sequence[str], rows: Iterable[Sequence[str]], room: int | None
) -> Iterator[str]:
    """Yield the lines of a table that is at most *room* columns wide, if it can be."""
    cells = [list(row) for row in rows]
    kept = [index for index in range(len(columns)) if not cells or any(row[index] for row in cells)]
    names = [one_line(columns[index]) for index in kept]
    yield from _lines(names, [[row[index] for index in kept] for row in cells], room)


def _lines(names: list[str], rows: list[list[str]], room: int | None) -> Iterator[str]:
    beside = list(range(len(names)))
    wide = [max(columns_of(_text(row[index])) for row in [names, *rows]) for index in beside]
    while room is not None and sum(wide[i] for i in beside) + len(_GAP) * (len(beside) - 1) > room:
        long = [index for index in beside if names[index] in _LONG]
        if not long:
            yield from _stacked(names, rows, room)
            return
        beside.remove(long[-1])
    below = [index for index in range(len(names)) if index not in beside]
    heads = [paint(name, "dim", sys.stdout) if room is not None else name for name in names]
    yield _row([(heads[i], names[i], wide[i]) for i in beside])
    for row in rows:
        yield _row([(_painted(row[i]), _text(row[i]), wide[i]) for i in beside])
        for index in below:
            yield from _below(names[index], row[index], room)


def _stacked(names: list[str], rows: list[list[str]], room: int) -> Iterator[str]:
    """Yield every row as its first cell, and the others below it."""
    for row in rows:
        yield _painted(row[0])
        for name, cell in zip(names[1:], row[1:], strict=True):
            yield from _below(name, cell, room)


def _below(name: str, cell: str, room: int | None) -> Iterator[str]:
    """Yield a cell with its column's name, wrapped between words."""
    if not cell:
        return
    head = f"    {name.lower() if name.isupper() else name}: "
    lines = textwrap.wrap(
        _text(cell),
        max((room or 0) - len(head), _NARROWEST),
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield head + painted(cell, sys.stdout, shown=lines[0])
    yield from (" " * len(head) + line for line in lines[1:])


def _row(cells: Iterable[tuple[str, str, int]]) -> str:
    """Return cells side by side, each given as it is written, as it is read, and how wide."""
    parts = [(written, " " * (wide - columns_of(text))) for written, text, wide in cells]
    return _GAP.join(written + pad for written, pad in parts).rstrip()


def _text(cell: str) -> str:
    return one_line(cell) or "-"


def _painted(cell: str) -> str:
    return painted(cell, sys.stdout, shown=_text(cell))
