"""How much work one path may be: ``$..*..*`` and filters over filters grow beyond any data.

The steps of a path, and of the paths in its filters, draw from one budget; who has none left stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_STEPS = 1_000_000  # values looked at: a state's data, of 256 KB, has at most some 130,000
_SET_OPERATIONS = ("subsetof", "anyof", "noneof")


class PathBudgetError(Exception):
    """A path looks at more values than one may."""

    def __init__(self) -> None:
        super().__init__(f"it looks at more than {_STEPS:,} values")


class Budget:
    """The values that may still be looked at."""

    def __init__(self, steps: int = _STEPS) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Look at so many values. Raises PathBudgetError when there are too many."""
        self._left -= steps
        if self._left < 0:
            raise PathBudgetError

    def compare(self, sign: str, left: Any, right: Any) -> None:
        """Spend what a filter's comparison by *sign* costs. Raises PathBudgetError."""
        if not isinstance(right, list | Mapping) and not isinstance(left, list | Mapping):
            self.spend()
            return
        one, other = self._weight(left), self._weight(right)
        self.spend(one * other if sign in _SET_OPERATIONS else max(one, other))

    def _weight(self, value: Any) -> int:
        """Count the values in *value*, but not beyond what is left."""
        count, pending = 0, [value]
        while pending and count <= self._left:
            node = pending.pop()
            count += 1
            if isinstance(node, Mapping):
                pending.extend(node.values())
            elif isinstance(node, list):
                pending.extend(node)
        return count
