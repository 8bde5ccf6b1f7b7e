"""Writes JSON values in little space: the inner parts of long ones are folded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_LONGEST_TEXT = 48  # characters of a text inside a value that is folded
_DEEPEST = 4  # levels to show at most when a value is folded
_FEW = 3  # items of a list to show


def folded(value: Any, width: int) -> str:
    """Return *value* as JSON of at most *width* characters, in one line.

    Parts that don't fit are shown as ``{…}``, ``[… 20]`` (with the number of items) or ``"abc…"``.

    >>> folded({"id": 7, "items": [{"sku": "cup"}, {"sku": "tea"}]}, 40)
    '{"id": 7, "items": [{…}, {…}]}'
    """
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= width:
        return text
    for depth in range(_DEEPEST, 0, -1):
        text = _folded(value, depth)
        if len(text) <= width:
            return text
    return text[: max(width - 1, 0)] + "…"


def _folded(value: Any, depth: int) -> str:
    """Return *value* with *depth* levels of objects and lists."""
    match value:
        case Mapping():
            if depth <= 0 and value:
                return "{…}"
            members = (
                f"{json.dumps(name, ensure_ascii=False)}: {_folded(member, depth - 1)}"
                for name, member in value.items()
            )
            return "{" + ", ".join(members) + "}"
        case list() | tuple():
            if depth <= 0 and value:
                return f"[… {len(value)}]"
            items = [_folded(item, depth - 1) for item in value[:_FEW]]
            more = [f"… {len(value)}"] if len(value) > _FEW else []
            return "[" + ", ".join(items + more) + "]"
        case str() if len(value) > _LONGEST_TEXT:
            return json.dumps(value[:_LONGEST_TEXT], ensure_ascii=False)[:-1] + '…"'
        case _:
            return json.dumps(value, ensure_ascii=False)
