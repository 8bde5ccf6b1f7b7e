"""Fit text into a picture: readable characters, lines that wrap, an ellipsis where it is cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from sfn_release.report.drawing.glyph_widths import text_width

_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
"""Invisible characters that emoji and some scripts are written with."""
_PIECES: Final = re.compile(r"\s+|[^\s]+?(?:[-_/.:,]+(?=[^\s])|(?<=[a-z])(?=[A-Z])|(?=\s)|$)")
_ELLIPSIS: Final = "…"


def visible(text: str) -> str:
    r"""Return *text* with invisible characters written as JSON writes them, such as ``\u0007``.

    XML has no control characters at all, and marks of direction would turn a label around.
    """
    if text.isprintable():
        return text
    return "".join(map(_visible, " ".join(text.split()) if _spaced(text) else text))


@lru_cache(maxsize=4096)  # the names of a report's states come again and again
def wrapped(
    text: str, size: float, width: float, *, most: int, bold: bool = False
) -> tuple[str, ...]:
    """Return *text* in at most *most* lines of at most *width*. The last one may end in ``…``."""
    lines: list[str] = []
    line = ""
    for piece in _fitting_pieces(visible(text), size, width, bold=bold):
        if text_width((line + piece).rstrip(), size, bold=bold) <= width:
            line += piece
        else:
            lines.append(line)
            line = piece.lstrip()
    lines.append(line)
    lines = [stripped for found in lines if (stripped := found.strip())] or [""]
    if len(lines) > most:
        rest = "".join(lines[most - 1 :]) if most == 1 else " ".join(lines[most - 1 :])
        lines = [*lines[: most - 1], shortened_to(rest, size, width, bold=bold)]
    return tuple(lines)


@lru_cache(maxsize=4096)
def shortened_to(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Return *text* on one line of at most *width*, cut off with ``…`` if it's longer."""
    shown = visible(text)
    if text_width(shown, size, bold=bold) <= width:
        return shown
    kept = ""
    room = width - text_width(_ELLIPSIS, size, bold=bold)
    for sign in shown:
        room -= text_width(sign, size, bold=bold)
        if room < 0:
            break
        kept += sign
    return kept.rstrip() + _ELLIPSIS


def _spaced(text: str) -> bool:
    return any(sign.isspace() for sign in text)


def _visible(sign: str) -> str:
    if sign.isprintable() or sign in _JOINERS:
        return sign
    return f"\\u{ord(sign):04x}"


def _fitting_pieces(text: str, size: float, width: float, *, bold: bool) -> Iterator[str]:
    """Yield the words of *text* and the spaces between; a word that is too long in parts."""
    for piece in _PIECES.findall(text):
        part = ""
        for sign in piece:
            longer = text_width(part + sign, size, bold=bold) > width
            if part and longer and not unicodedata.combining(sign):
                yield part
                part = ""
            part += sign
        yield part
