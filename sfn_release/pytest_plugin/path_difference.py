"""Explains ``assert run.path == [...]``: where the run left the expected path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfn_release.testing.run import Run

_AROUND = 3  # states to show on each side of the difference


def path_difference(runs: Iterable[Run], left: Any, right: Any) -> list[str] | None:
    """Return the lines of an explanation; None if neither side is the path of one of *runs*."""
    if not (_is_path(left) and _is_path(right)):
        return None
    for run in runs:
        path = run.path
        if path in (left, right):
            return _lines(path, right if path == left else left)
    return None


def _is_path(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(state, str) for state in value)


def _lines(path: Sequence[str], expected: Sequence[str]) -> list[str]:
    same = next(
        (at for at, (left, right) in enumerate(zip(path, expected, strict=False)) if left != right),
        min(len(path), len(expected)),
    )
    after = f"after {path[same - 1]!r}" if same else "at the first state"
    return [
        f"the run's path == the expected path, but they part {after}:",
        f"  run:      {_shown(path, same)}",
        f"  expected: {_shown(expected, same)}",
    ]


def _shown(path: Sequence[str], at: int) -> str:
    """Return a path around the position *at*."""
    before = ["…"] if at > 1 else []
    shown = [*path[max(at - 1, 0) : at + _AROUND]] or ["(no state)"]
    after = ["…"] if len(path) > at + _AROUND else []
    end = ["(the end)"] if len(path) <= at and path else []
    return " → ".join([*before, *shown, *end, *after])
