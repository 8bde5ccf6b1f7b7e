"""Colour and links of texts, on terminals that can show them."""

from __future__ import annotations

import os
from typing import IO, Self

from sfn_release.cli.output.terminal.escapes import one_line

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "magenta": "35",
    "cyan": "36",
}
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
    "shifting": "cyan",
    "started": "cyan",
    "never-deployed": "",
    "unreadable": "",
    "retained": "",
    "deleted": "",
    "RUNNING": "cyan",
    "FAILED": "red",
    "TIMED_OUT": "red",
    "ABORTED": "red",
}


class Styled(str):
    """Text with a style, such as ``bold`` or ``green``, that says nothing the text does not.

    *link* is the URL of its page, "" for none.
    """

    __slots__ = ("link", "style")
    style: str
    link: str

    def __new__(cls, text: str, style: str, link: str = "") -> Self:
        """Make a text of that style."""
        _codes(style)  # an unknown style fails everywhere, not on a terminal alone
        made = super().__new__(cls, text)
        made.style, made.link = style, link
        return made


def state(word: str) -> Styled:
    """Return a status word in its usual colour."""
    return Styled(word, _STATES.get(word, ""))  # AWS may add words


def on_terminal(stream: IO[str]) -> bool:
    """Return whether *stream* is a terminal that can show a bar."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def coloured(stream: IO[str]) -> bool:
    """Return whether *stream* can carry colour; see https://no-color.org/."""
    return on_terminal(stream) and not os.environ.get("NO_COLOR")


def paint(text: str, style: str, stream: IO[str]) -> str:
    """Return *text* in a style, if *stream* can carry colour."""
    codes = _codes(style)
    if not codes or not coloured(stream):
        return text
    return f"\x1b[{codes}m{text}\x1b[0m"


def _codes(style: str) -> str:
    return ";".join(_CODES[word] for word in style.split())


def painted(part: str, stream: IO[str], *, shown: str = "") -> str:
    """Return *part* on one line with its style and link, as *stream* can carry them.

    *shown* is the text to write if it differs, such as a line of *part*.
    """
    text = shown or one_line(part)
    text = paint(text, getattr(part, "style", ""), stream)
    if not (link := getattr(part, "link", "")):
        return text
    from sfn_release.cli.output.links import with_link

    return with_link(text, link, stream)
