"""The quotas of executions that the language's fields and the simulator share.

Source: "Quotas" in AWS's developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

MAX_SECONDS: Final = 99_999_999
"""The most seconds that a Wait or a timeout can have."""

MAX_DATA_BYTES: Final = 262_144
"""The largest input, result or output of a state, and the largest batch of items."""

MAX_ITEMS: Final = 100_000_000
"""The most items that an ItemReader reads."""

MAX_EVENTS: Final = 25_000
"""The most events of a STANDARD execution; with all but one of them, it can't be redriven."""

LONGEST_EXECUTION: Final[Mapping[str, int]] = {"STANDARD": 365 * 24 * 3600, "EXPRESS": 300}
"""The longest execution in seconds, by the state machine's type."""


def data_size(text: str) -> int:
    """Return the size of JSON text in bytes, as quotas count it."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def longest_seconds(definition: Mapping[str, Any], type: str) -> float:
    """Return how long an execution of a definition may take, by its TimeoutSeconds and its type."""
    longest = LONGEST_EXECUTION[type]
    seconds: float = min(definition.get("TimeoutSeconds", longest), longest)
    return seconds
