"""JSON as a page shows it: indented, with an end where it is too long. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import escape

LONGEST: Final = 40_000  # characters of one value on a page


@dataclass(frozen=True)
class ShownJson:
    """The *text* of a JSON value. *hidden* counts the characters that were cut off at its end."""

    text: str
    hidden: int = 0

    @property
    def lines(self) -> int:
        """The number of lines."""
        return self.text.count("\n") + 1


def shown_json(value: Any, longest: int = LONGEST) -> ShownJson:
    """Return a JSON value as indented text, cut off at the end of a line where it is longer."""
    return cut(indented(value), longest)


def indented(value: Any) -> str:
    """Return the whole text of a JSON value. Characters of any language stay as they are."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=2)
    except RecursionError:
        return "(nested too deeply to show)"


def cut(text: str, longest: int) -> ShownJson:
    """Return the first lines of *text*; of a single long line, its first characters."""
    if len(text) <= longest:
        return ShownJson(text)
    kept = text[:longest]
    end = kept.rfind("\n")
    kept = kept[:end] if end > longest // 2 else kept
    return ShownJson(kept, len(text) - len(kept))


def length(texts: Iterable[str]) -> int:
    """Return how many bytes *texts* take in a page: in UTF-8, with markup as entities."""
    return sum(len(str(escape(text)).encode(errors="replace")) for text in texts)
