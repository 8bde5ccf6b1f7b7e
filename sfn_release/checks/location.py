"""Locations in a definition, and how to walk its arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sfn_release.canonical import member

KeyPath = tuple[str | int, ...]
"""The keys and indexes from the top of a definition to a value in it."""


class Location(NamedTuple):
    """A place in a definition: its keys, and the id of the state around it ("" outside one)."""

    keys: KeyPath = ()
    state: str = ""

    def at(self, *keys: str | int) -> Location:
        """Return a location below this one."""
        return Location((*self.keys, *keys), self.state)

    @property
    def path(self) -> str:
        """The location as a JSON path: ``$.States["Two words"].Retry[0]``."""
        path = "$"
        for key in self.keys:
            path = f"{path}[{key}]" if isinstance(key, int) else member(path, key)
        return path


def entries(value: Any) -> Iterator[tuple[int, Any]]:
    """Yield the items of an array with their index. Anything else has no items."""
    if isinstance(value, list | tuple):
        yield from enumerate(value)
