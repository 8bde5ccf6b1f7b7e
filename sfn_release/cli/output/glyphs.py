"""Whether an output can carry drawings in Unicode, or only in ASCII."""

from __future__ import annotations

from typing import IO

_DRAWN = "●│─├╮╯┼◆█░…"


def writes_unicode(stream: IO[str]) -> bool:
    """Return whether the encoding of *stream* has every character that we draw with."""
    try:
        _DRAWN.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
