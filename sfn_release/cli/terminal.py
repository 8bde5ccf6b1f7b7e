"""What a command prints: results on stdout, talk on stderr, nothing that data could smuggle in.

On a terminal there are tables and colour; in a pipe plain aligned text, and rich is not imported.
Nothing is said by colour alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

# C0 and C1 controls but tab and newline; marks that reorder or hide text; lone surrogates
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_STATES = {
    "succeeded": "green",
    "in-sync": "green",
    "SUCCEEDED": "green",
    "failed": "red",
    "reverted": "red",
    "unreachable": "red",
    "drifted": "yellow",
    "missing": "yellow",
    "abandoned": "yellow",
    "in-progress": "cyan",
    "started": "cyan",
    "RUNNING": "cyan",
    "FAILED": "red",
    "TIMED_OUT": "red",
    "ABORTED": "red",
}


@dataclass(frozen=True)
class Styled:
    """A table's cell with a style, such as ``bold`` or ``green``; its text says the same."""

    text: str
    style: str


Cell = str | Styled


def state(word: str) -> Styled:
    """Return a status word with the colour that people expect of it."""
    return Styled(word, _STATES.get(word, ""))


def safe(text: str) -> str:
    r"""Return *text* with what a terminal would act upon written as escapes.

    >>> safe("\x1b[31mred")
    '\\x1b[31mred'
    """
    return _UNSAFE.sub(_escaped, text)


def one_line(text: str) -> str:
    """Return *text* safe and on one line."""
    return safe(text).replace("\n", "\\n").replace("\t", "\\t")


def json_text(value: Any) -> str:
    """Return JSON for people and programs: indented, controls escaped by JSON's own rules."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def prepare_streams() -> None:
    """Let what an output's encoding lacks be written as an escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a test's stream has none
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def on_terminal(stream: IO[str]) -> bool:
    """Tell whether people look at *stream*."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def coloured(stream: IO[str]) -> bool:
    """Tell whether *stream* may carry colour; see https://no-color.org/."""
    return on_terminal(stream) and not os.environ.get("NO_COLOR")


def width() -> int:
    """Return the terminal's width in columns."""
    return shutil.get_terminal_size((80, 24)).columns


def paint(text: str, style: str, stream: IO[str]) -> str:
    """Return *text* in a style where *stream* may carry one."""
    if not style or not coloured(stream):
        return text
    codes = ";".join(_CODES[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m"


def write(text: str = "", *, style: str = "") -> None:
    """Write a line of the result to stdout."""
    sys.stdout.write(paint(safe(text), style, sys.stdout) + "\n")


def write_raw(text: str) -> None:
    """Write lines of a result that were made safe where they were made: JSON, TOML."""
    sys.stdout.write(safe(text) + "\n")


def tell(text: str = "", *, style: str = "") -> None:
    """Write a line of talk to stderr.

    When nobody reads it any more, whatever is being done is still done to its end.
    """
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(paint(safe(text), style, sys.stderr) + "\n")
        sys.stderr.flush()


def write_parts(*parts: Cell) -> None:
    """Write one line to stdout that is made of styled parts."""
    sys.stdout.write("".join(_painted(part, sys.stdout) for part in parts) + "\n")


def write_json(command: str, members: Mapping[str, Any]) -> None:
    """Write the one JSON object of a command to stdout."""
    value = {"schema": f"sfn-release/{command}/1", **members}
    value["schema"] = f"sfn-release/{command}/1"  # a record's own must not replace it
    sys.stdout.write(json_text(value) + "\n")


def write_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, indent: int = 0) -> None:
    """Write a table to stdout; columns that are empty in every row are left out."""
    cells = [list(row) for row in rows]
    kept = [
        index
        for index in range(len(columns))
        if not cells or any(_text(row[index]) for row in cells)
    ]
    names = [columns[index] for index in kept]
    cells = [[row[index] for index in kept] for row in cells]
    if on_terminal(sys.stdout):
        _rich_table(names, cells, indent)
    else:
        _plain_table(names, cells, indent)


def _plain_table(names: list[str], rows: list[list[Cell]], indent: int) -> None:
    texts = [names, *([one_line(_text(cell)) or "-" for cell in row] for row in rows)]
    widths = [max(_columns(row[index]) for row in texts) for index in range(len(names))]
    for row in texts:
        padded = [
            text + " " * (wide - _columns(text)) for text, wide in zip(row, widths, strict=True)
        ]
        sys.stdout.write((" " * indent + "  ".join(padded)).rstrip() + "\n")


def _rich_table(names: list[str], rows: list[list[Cell]], indent: int) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(Text(name), overflow="fold")
    for row in rows:
        table.add_row(
            *(Text(one_line(_text(cell)) or "-", style=_style(cell) or "") for cell in row)
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


def _painted(part: Cell, stream: IO[str]) -> str:
    return paint(safe(_text(part)), _style(part), stream)


def _text(cell: Cell) -> str:
    return cell.text if isinstance(cell, Styled) else cell


def _style(cell: Cell) -> str:
    return cell.style if isinstance(cell, Styled) else ""


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - one byte
