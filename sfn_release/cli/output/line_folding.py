"""Breaks texts into lines that fit a terminal."""

from __future__ import annotations

import re

from sfn_release.cli.output.width import columns_of

_WORD = re.compile(r"(\s*)((?:`[^`]*`|\S)+)")  # with the gap before it; quoted code is one word
_HANG = 4  # columns that the rest of a folded line is indented more


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
