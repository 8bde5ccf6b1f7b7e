"""A quick look at whether a value has a canonical form, for the many values that do."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_DEEP: Final = 100
_LONG_NUMBER: Final = re.compile("[0-9]{16}")
"""Numbers with fewer digits are below 2^53, which RFC 8785 can carry exactly."""
_CONTAINERS: Final = (dict, list, tuple)


def plain_text(value: Any) -> str | None:
    """Return a value as JSON text without spaces; None if `canonical` has to look at it.

    Python's encoder runs at the speed of C, but accepts more than canonical JSON: long numbers,
    keys that aren't strings, half of a surrogate pair, and on some versions any depth.
    """
    try:
        if not _has_plain_keys(value):
            return None
        text = _ENCODER.encode(value)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        return None
    return None if _LONG_NUMBER.search(text) else text


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _has_plain_keys(value: Any) -> bool:
    """Whether all keys are strings, and the value isn't deep. Raises TypeError for other keys."""
    level = [value]
    for _ in range(_DEEP):
        below: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                "".join(node)
                below += [item for item in node.values() if isinstance(item, _CONTAINERS)]
            else:
                below += [item for item in node if isinstance(item, _CONTAINERS)]
        if not below:
            return True
        level = below
    return False
