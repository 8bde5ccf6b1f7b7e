"""How much two states have in common: their content, and their place between other states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from sfn_release.comparison.placed_states import PlacedScope, PlacedState

_CALLED: Final = frozenset(
    (
        *(".Resource", "FunctionName", "StateMachineArn", "TopicArn", "QueueUrl", "TableName"),
        *("JobName", "JobDefinition", "TaskDefinition", "ApiEndpoint", "EventBusName"),
    )
)
"""The fields that say which resource a Task calls. Another one makes it another task."""
_CALLED_WEIGHT: Final = 3
_SAME_PLACE: Final = 0.5  # of a value that changed under the same name


def similarity(old: PlacedState, new: PlacedState) -> float:
    """Return the common share of two states' content, between 0 and 1; 1 for equal content.

    A value that changed under its name counts half. States of different types have nothing in
    common.
    """
    if old.type != new.type:
        return 0.0
    if not old.leaves and not new.leaves:
        return 1.0
    common = old.leaves & new.leaves
    one, other = old.leaves - common, new.leaves - common
    left, right = _paths(one), _paths(other)
    changed = sum(min(count, right[path]) for path, count in left.items() if not _is_called(path))
    shared = sum(count * _weight(path) for (path, _), count in common.items())
    total = sum(
        count * _weight(path)
        for leaves in (old.leaves, new.leaves)
        for (path, _), count in leaves.items()
    )
    return 2 * (shared + _SAME_PLACE * changed) / total


def same_place(
    old: PlacedState,
    new: PlacedState,
    scopes: tuple[PlacedScope, PlacedScope],
    partners: Mapping[PlacedState, PlacedState],
) -> float:
    """Return the common share of two states' neighbours in two *scopes*, between 0 and 1.

    *partners* are the new states of old ones that are known already.
    """
    before, after = scopes
    left = set()
    for side, kind, name in before.neighbours[old.name]:
        neighbour = before.by_name.get(name)
        partner = partners.get(neighbour) if neighbour is not None else None
        left.add((side, kind, partner.name if partner is not None else name))
    right = after.neighbours[new.name]
    union = left | right
    return len(left & right) / len(union) if union else 0.0


def _paths(leaves: Counter[tuple[str, str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (path, _), count in leaves.items():
        found[path] += count
    return found


def _weight(path: str) -> int:
    return _CALLED_WEIGHT if _is_called(path) else 1


def _is_called(path: str) -> bool:
    return path in _CALLED or path.rpartition(".")[2] in _CALLED
