"""Puts a value at a Reference Path: what ResultPath does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.asl.path_steps import Indexes, Path, PathNames, PathNotFoundError


def put(document: Any, path: Path, value: Any) -> Any:
    """Return *document* with *value* at a Reference *path*; objects on the way are created.

    The document itself stays as it is. Raises PathNotFoundError where the path cannot lead: through
    something that is no object, or to an array element that does not exist.
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
