"""Writes the names of the states on a way as text, folded where they repeat, or where it's long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

ROUNDS: Final = 3
"""So many times states have to repeat before they count as a loop."""

_HALF = 15
_LONGEST: Final = 2 * _HALF


def folded_way(names: Sequence[str]) -> str:
    """Return a way as text. A loop at the end of a long one is written once, with its rounds.

    >>> folded_way(["Ask", "Done"])
    'Ask → Done'
    >>> folded_way(["Start", *["Ask", "Wait"] * 500])
    'Start, then 500 times Ask → Wait'
    """
    if len(names) <= _LONGEST:
        return " → ".join(names) or "no state"
    period = repeated(names)
    if period is None:
        return _joined(names)
    start = len(names) - period
    while start and names[start - 1] == names[start - 1 + period]:
        start -= 1
    rounds, rest = divmod(len(names) - start, period)
    head, tail = names[:start], names[len(names) - rest :] if rest else ()
    parts = [
        _joined(head) if head else "",
        f"{rounds:,} times {_joined(names[start : start + period])}",
        _joined(tail) if tail else "",
    ]
    return ", then ".join(filter(None, parts))


def fold(names: Sequence[str]) -> Sequence[str]:
    """Return the first and the last names of a long way, with ``…`` in between."""
    return names if len(names) <= _LONGEST else [*names[:_HALF], "…", *names[-_HALF:]]


def repeated(names: Sequence[str]) -> int | None:
    """Return how many names the shortest loop at the end of *names* has; None without one."""
    for period in range(1, len(names) // ROUNDS + 1):
        tail = names[-period * ROUNDS :]
        if tail[period:] == tail[:-period]:
            return period
    return None


def _joined(names: Sequence[str]) -> str:
    return " → ".join(fold(names))
