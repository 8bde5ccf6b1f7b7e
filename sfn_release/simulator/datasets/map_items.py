"""The items of a Map, whatever their source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

STATE_DATA = "STATE_DATA"
"""The source of the items in a state's input (AWS: "Context object", ``Map.Item.Source``)."""

NOT_ITERABLE = "Attempting to map over non-iterable node."
"""AWS's cause for items that are neither an array nor an object."""


class UnreadableItemsError(Exception):
    """An ItemReader's data can't be read; its text is the cause of States.ItemReaderFailed."""


class MapItem(NamedTuple):
    """One item of a Map. *key* is the name of the member, for an object's items."""

    value: Any
    source: str = STATE_DATA
    key: str | None = None

    def inline_context(self, index: int) -> dict[str, Any]:
        """Return the context object's ``Map.Item`` for an inline Map."""
        key = {} if self.key is None else {"Key": self.key}
        return {"Index": index, **key, "Value": self.value}

    def context(self, index: int) -> dict[str, Any]:
        """Return the context object's ``Map.Item`` for a distributed Map."""
        return {**self.inline_context(index), "Source": self.source}

    def input(self) -> Any:
        """Return the input of an iteration whose Map has no ItemSelector."""
        return self.value if self.key is None else {"Key": self.key, "Value": self.value}


def iterate(value: Any, source: str = STATE_DATA) -> Iterator[MapItem]:
    """Return the items of an array or object. Raises UnreadableItemsError for any other value."""
    if isinstance(value, Mapping):
        return (MapItem(member, source, key) for key, member in value.items())
    if not isinstance(value, list):
        raise UnreadableItemsError(NOT_ITERABLE)
    return (MapItem(item, source) for item in value)
