"""Small parts of Markdown that GitHub and the site read alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MARK = "<!-- Written by tools/write_reference.py: change the program, and run it again. -->"
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def page(title: str, *parts: str) -> str:
    """Return a page with a mark that it's generated."""
    return "\n\n".join([MARK, f"# {title}", *(part for part in parts if part)]) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table. Cells are Markdown in one line; a bar in them is escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(cell, row))} |" for row in lines)


def cell(text: str) -> str:
    """Return *text* for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def fenced(text: str, language: str) -> str:
    """Return a block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def link(text: str, target: str) -> str:
    """Return a link."""
    return f"[{text}]({target})"


def prose(text: str) -> str:
    """Return plain text, with code in backticks, as Markdown: its ``<`` begins no HTML.

    Options become code, so that a browser never breaks a line inside ``--``.
    """
    pieces = re.split(r"(`[^`]*`)", text)  # prose and code in turn
    return "".join(
        piece if index % 2 else _OPTION.sub(r"`\g<0>`", piece.replace("<", "&lt;"))
        for index, piece in enumerate(pieces)
    )


def sentence(text: str) -> str:
    """Return *text* with a full stop, if it has no other end."""
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."
