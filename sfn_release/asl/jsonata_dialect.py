"""The part of JSONata that Step Functions doesn't have: the operators that are newer than 2.0.6.

Source: "Transforming data with JSONata" in AWS's developer guide, "Supported JSONata version".
"""

from __future__ import annotations

import re

_NEWER = re.compile(
    r"""
      "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*`    # texts and quoted names
    | /\*.*?\*/                                          # comments
    | (?:^|[-(,=~\[{:;?|&!<>+*]|\b(?:and|or|in)\b) \s* /(?:\\.|[^/\\\n])+/[im]*  # expressions
    | (?P<operator> \?[?:] )                             # since 2.1: coalescing, default
    """,
    re.VERBOSE | re.DOTALL,
)


def newer_operator(text: str) -> tuple[str, int] | None:
    """Return the symbol that JSONata 2.0.6 doesn't understand, and its position; None without."""
    if "??" not in text and "?:" not in text:
        return None
    for found in _NEWER.finditer(text):
        if found["operator"]:
            return found["operator"][1], found.start() + 1
    return None
