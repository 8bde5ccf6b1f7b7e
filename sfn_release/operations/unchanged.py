"""Says of an interrupted command that nothing was changed yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

NOTHING_CHANGED = "nothing was changed"


@contextmanager
def nothing_changed() -> Iterator[None]:
    """Note in a KeyboardInterrupt of the block that nothing was changed: the block only reads."""
    try:
        yield
    except KeyboardInterrupt as stopped:
        stopped.add_note(NOTHING_CHANGED)
        raise
