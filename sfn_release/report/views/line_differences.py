"""Two texts side by side, line by line: equal lines, and lines of one side alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

LineKind = Literal["same", "changed", "removed", "added", "folded"]

_CONTEXT: Final = 3  # equal lines beside a difference
_MOST_COMPARED: Final = 1_500  # lines of both sides; more are shown as all different
_MOST_SHOWN: Final = 400


@dataclass(frozen=True)
class LinePair:
    """A line of each side, None where a side has none. *folded* counts lines that aren't shown."""

    kind: LineKind
    old: str | None = None
    new: str | None = None
    folded: int = 0


def line_differences(old: str, new: str) -> tuple[LinePair, ...]:
    """Return the lines of two texts side by side. Long runs of equal lines are folded."""
    before, after = old.split("\n") if old else [], new.split("\n") if new else []
    pairs = [*_folded([*_pairs(before, after)])]
    hidden = len(pairs) - _MOST_SHOWN
    if hidden > 0:
        pairs[_MOST_SHOWN:] = [LinePair("folded", folded=hidden)]
    return tuple(pairs)


def _pairs(old: list[str], new: list[str]) -> Iterator[LinePair]:
    if not old or not new or len(old) + len(new) > _MOST_COMPARED:
        yield from _beside(old, new)
        return
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (LinePair("same", line, line) for line in old[i1:i2])
        else:
            yield from _beside(old[i1:i2], new[j1:j2])


def _beside(old: list[str], new: list[str]) -> Iterator[LinePair]:
    """Yield lines that differ: as many as both sides have beside each other, then the rest."""
    both = min(len(old), len(new))
    yield from (LinePair("changed", *pair) for pair in zip(old[:both], new[:both], strict=True))
    yield from (LinePair("removed", line) for line in old[both:])
    yield from (LinePair("added", None, line) for line in new[both:])


def _folded(pairs: list[LinePair]) -> Iterator[LinePair]:
    """Fold equal lines that no difference is near to."""
    near = {
        place
        for at, pair in enumerate(pairs)
        if pair.kind != "same"
        for place in range(at - _CONTEXT, at + _CONTEXT + 1)
    }
    at = 0
    while at < len(pairs):
        end = at
        while end < len(pairs) and end not in near:
            end += 1
        if end - at > 1:
            yield LinePair("folded", folded=end - at)
            at = end
        else:
            yield pairs[at]
            at += 1
