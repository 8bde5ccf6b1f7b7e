"""Limit the work of one path: ``$..*..*`` and nested filters can grow far beyond the data.

The steps of a path and of the paths in its filters share one budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

_STEPS = 1_000_000  # values to visit: the 256 KB of a state's data hold at most 130,000 or so
_SET_OPERATIONS = ("subsetof", "anyof", "noneof")


class PathBudgetError(Exception):
    """A path visits too many values."""

    def __init__(self) -> None:
        super().__init__(f"it visits more than {_STEPS:,} values")


class Budget:
    """The number of values that a path may still visit."""

    def __init__(self, steps: int = _STEPS) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Count visited values. Raises PathBudgetError above the limit."""
        self._left -= steps
        if self._left < 0:
            raise PathBudgetError

    def compare(self, sign: str, left: Any, right: Any) -> None:
        """Count the cost of a filter's comparison by *sign*. Raises PathBudgetError."""
        if not isinstance(right, list | Mapping) and not isinstance(left, list | Mapping):
            self.spend()
            return
        weights = self._weight(left), self._weight(right)
        self.spend(prod(weights) if sign in _SET_OPERATIONS else max(weights))

    def _weight(self, value: Any) -> int:
        """Count the values in *value*, up to the rest of the budget."""
        count, pending = 0, [value]
        while pending and count <= self._left:
            node = pending.pop()
            count += 1
            if isinstance(node, Mapping):
                pending.extend(node.values())
            elif isinstance(node, list):
                pending.extend(node)
        return count
