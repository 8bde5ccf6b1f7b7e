"""Measure text without a font: the widths of ASCII glyphs, and classes of other characters.

The widths are those of DejaVu Sans, the widest font that browsers fall back to. In Arial, Helvetica
and Liberation Sans, which the style sheet asks for, a label is a little shorter.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_BOLD: Final = 1.14  # how much wider bold letters are
_WIDE: Final = 1000  # East Asian characters and emoji are squares
_OTHER: Final = 650
_CAPITAL: Final = 760
_ZERO_WIDTH: Final = frozenset({"Mn", "Me", "Cf"})  # they join the character before
_PRINTED: Final = {
    275: "'",
    278: "ijl",
    295: "IJ",
    318: " ,.",
    337: "/:;\\|",
    352: "f",
    361: "-",
    390: "()[]t",
    411: "!r",
    460: '"',
    500: "*_`",
    525: "sz?",
    550: "cL",
    592: "Fkvxy",
    613: "PTYao",
    634: "Eehnu",
    636: "$0123456789Sbdgpq{}",
    656: "K",
    686: "ABVXZ",
    698: "CR",
    752: "HNU",
    780: "DG&",
    787: "OQ",
    838: "#+<=>^w~",
    863: "M",
    989: "%Wm",
    1000: "@",
}
_WIDTHS: Final = {sign: width for width, signs in _PRINTED.items() for sign in signs}


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of *text* on one line, in the unit of the font's *size*."""
    width = sum(map(_glyph, text)) * size / 1000
    return width * _BOLD if bold else width


@lru_cache(maxsize=4096)
def _glyph(sign: str) -> int:
    """Return the width of a character in thousandths of the font's size."""
    known = _WIDTHS.get(sign)
    if known is not None:
        return known
    category = unicodedata.category(sign)
    if category in _ZERO_WIDTH:
        return 0
    if unicodedata.east_asian_width(sign) in {"W", "F", "A"} or ord(sign) > 0x1F000:  # noqa: PLR2004 - pictures
        return _WIDE
    return _CAPITAL if category == "Lu" else _OTHER
