"""Whether an output can carry drawings in Unicode, or only in ASCII."""

from __future__ import annotations

from typing import IO

_DRAWN = "●✗↩○│─┼├┤╮╯┴┬█░…"


def writes_unicode(stream: IO[str]) -> bool:
    """Return whether the encoding of *stream* has every character that we draw with."""
    encoding = getattr(stream, "encoding", None)
    if encoding is None:
        return True  # text in memory
    try:
        _DRAWN.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
