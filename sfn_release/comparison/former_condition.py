"""What a changed condition was, in the few words that a label of a graph has room for."""

from __future__ import annotations

import re
from typing import Final

_FITS: Final = 20
"""The characters of a condition that a label shows whole."""
_TERMS: Final = re.compile(r"( and | or |, )")
_ENDS: Final = re.compile(r"^(?: and | or |, )|(?: and | or |, )$")


def former_condition(old: str, new: str) -> str:
    """Return what the condition *old* had in the place of what *new* has, for a label.

    >>> former_condition("$.total is present and $.total > 0", "$.total is present and $.total > 9")
    'was … $.total > 0'
    >>> former_condition("$.total is present", "$.total is present and $.total > 9")
    'was without $.total > 9'
    """
    if not old or old == new:
        return "changed"
    before, after = _TERMS.split(old), _TERMS.split(new)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    rest, added = (_whole(side, start, end) for side in (before, after))
    if not rest and added:
        return f"was without {added}"
    if not rest or len(old) <= _FITS or not start + end:
        return f"was {old}"
    return f"was {'… ' if start else ''}{rest}{' …' if end else ''}"


def _common(one: list[str], other: list[str]) -> int:
    """Return how many parts two lists begin with in common."""
    return next(
        (at for at, parts in enumerate(zip(one, other, strict=False)) if parts[0] != parts[1]),
        min(len(one), len(other)),
    )


def _whole(parts: list[str], start: int, end: int) -> str:
    """Return the terms between, "" for none and for a part of a text or of a bracket."""
    text = _ENDS.sub("", "".join(parts[start : len(parts) - end]))
    whole = text.count('"') % 2 == 0 and text.count("(") == text.count(")")
    return text if whole else ""
