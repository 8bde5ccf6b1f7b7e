"""Put a value at a Reference Path, as ResultPath does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.asl.path_steps import Indexes, Path, PathNames, PathNotFoundError


def put(document: Any, path: Path, value: Any) -> Any:
    """Return a copy of *document* with *value* at a Reference *path*. Missing objects are created.

    Raises PathNotFoundError if the path goes through anything but an object, or to an array element
    that doesn't exist.
    """
    trail: list[tuple[Any, Any]] = []
    node = document
    for step in path.steps:
        key: Any
        if isinstance(step, PathNames):
            key, node = step.names[0], {} if node is None else node
            if not isinstance(node, Mapping):
                raise PathNotFoundError(path.text)
            trail.append((node, key))
            node = node.get(key)
        else:
            key = step.indexes[0] if isinstance(step, Indexes) else 0
            if not isinstance(node, list) or not -len(node) <= key < len(node):
                raise PathNotFoundError(path.text)
            trail.append((node, key))
            node = node[key]
    for parent, key in reversed(trail):
        changed: Any = list(parent) if isinstance(parent, list) else dict(parent)
        changed[key] = value
        value = changed
    return value
