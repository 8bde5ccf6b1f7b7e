"""Writes TOML: values and keys, for advice in errors and for new files."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, time
from typing import Any


def toml(value: Any) -> str:
    """Return a value as TOML writes it on one line.

    >>> toml({"ssm": "/shop/charge", "path": ["a", True]})
    '{ ssm = "/shop/charge", path = ["a", true] }'
    """
    if isinstance(value, dict):
        members = (f"{toml_key(key)} = {toml(item)}" for key, item in value.items())
        return f"{{ {', '.join(members)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)  # strings, numbers and booleans are JSON's


def toml_key(key: str) -> str:
    """Return a key as TOML writes it: in quotes unless it is a bare key.

    >>> toml_key("Pause"), toml_key("_x.y::z")
    ('Pause', '"_x.y::z"')
    """
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)
