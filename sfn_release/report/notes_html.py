"""Release notes from Markdown to HTML that is safe in a page. Pure.

HTML in the notes is shown as text, images aren't loaded, and a link leads to http, https or mailto.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LONGEST: Final = 60_000  # characters of notes
_LINK: Final = re.compile(r"(?:https?://[^\s/]|mailto:[^\s])", re.IGNORECASE)
_HIGHEST: Final = 3  # the notes are under a heading of the second level
_LOWEST: Final = 6


def notes_html(notes: str) -> str:
    """Return *notes*, Markdown as GitHub reads it, as HTML without anything active."""
    text = notes if len(notes) <= _LONGEST else f"{notes[:_LONGEST]}\n\n… (cut off)"
    parser = _parser()
    tokens = parser.parse(text)
    _place_headings(tokens)
    for token in tokens:
        token.attrs.pop("style", None)  # of a cell; the policy of the pages forbids styles
    return str(parser.renderer.render(tokens, parser.options, {}))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 20})
    made.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])
    made.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]
    return made


def _place_headings(tokens: list[Token]) -> None:
    """Put the headings under the page's own, without leaving out a level."""
    levels: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            own = int(token.tag[1:])
            while levels and levels[-1] >= own:
                levels.pop()
            levels.append(own)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(_HIGHEST - 1 + len(levels), _LOWEST)}"
