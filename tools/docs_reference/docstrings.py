"""Turns docstrings into Markdown."""

from __future__ import annotations

import re

from docs_reference.markdown import prose

_CODE = re.compile(r"``(.+?)``", re.DOTALL)
_DOCTEST = re.compile(r"^>>> ", re.MULTILINE)


def docstring_markdown(text: str) -> str:
    """Return a docstring, cleaned of its indentation, as Markdown.

    Its names in *stars* and `ticks` mean the same in Markdown. ``double ticks`` become single ones,
    and doctests become code. Indented text is code in both.
    """
    return "\n\n".join(_part(part) for part in re.split(r"\n\n+", text.strip()) if part)


def first_sentence(text: str) -> str:
    """Return the first sentence of a docstring in one line of Markdown."""
    first = " ".join(docstring_markdown(text).split("\n\n")[0].split())
    return re.split(r"(?<=[.])\s", first)[0].rstrip(":")


def _part(text: str) -> str:
    if _DOCTEST.match(text):
        return f"```pycon\n{text}\n```"
    if text.startswith("    "):
        return text
    return prose(_CODE.sub(lambda found: f"`{' '.join(found[1].split())}`", text))
