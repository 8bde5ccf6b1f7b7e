"""Finds where an answer changed in a row of candidates, by running few of them. Pure.

    candidates in order, a function that runs one → find_changes → Bisection

A binary search finds a change when the two ends differ. Then every other candidate is run too, as
far as *most* allows: an answer may have changed several times, or have changed and come back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

Item = TypeVar("Item")

MOST_RUNS = 500
"""Different candidates that are run to confirm the result of a search."""


@dataclass(frozen=True)
class Candidate(Generic[Item]):
    """One candidate. Candidates with the same *key* have the same content: one of them is run."""

    item: Item
    key: str


@dataclass(frozen=True)
class AnswerChange(Generic[Item]):
    """Two neighbours with different answers. *gap*: candidates between them weren't run."""

    before: Item
    after: Item
    gap: bool = False


@dataclass(frozen=True)
class Bisection(Generic[Item]):
    """The result of a search. *changes* are in the order of the candidates.

    *newest* is the answer of the newest candidate that could be run, None if none could. *failed*
    are the candidates that couldn't. *runs* counts the runs, *unexplored* the candidates that
    weren't run.
    """

    changes: tuple[AnswerChange[Item], ...]
    newest: bool | None
    failed: tuple[Item, ...]
    runs: int
    unexplored: int


def find_changes(
    candidates: Sequence[Candidate[Item]],
    meets: Callable[[Item], bool | None],
    *,
    most: int = MOST_RUNS,
) -> Bisection[Item]:
    """Return where *meets* changes in *candidates*, which are ordered from old to new.

    *meets* runs a candidate and returns whether its answer is the expected one, None if it can't be
    run. It's called once for each key. The binary search runs to its end; the other candidates are
    run until *most* have been.
    """
    return _Search(candidates, meets, most).result()


class _Search(Generic[Item]):
    def __init__(
        self,
        candidates: Sequence[Candidate[Item]],
        meets: Callable[[Item], bool | None],
        most: int,
    ) -> None:
        self._candidates = candidates
        self._meets = meets
        self._most = most
        self._answers: dict[str, bool | None] = {}

    def result(self) -> Bisection[Item]:
        self._halve()
        for at in self._rest():
            if len(self._answers) >= self._most:
                break
            self._answer(at)
        known = {
            at: self._answers[candidate.key]
            for at, candidate in enumerate(self._candidates)
            if candidate.key in self._answers
        }
        ran = [at for at in known if known[at] is not None]
        return Bisection(
            tuple(
                AnswerChange(
                    self._candidates[old].item,
                    self._candidates[new].item,
                    any(between not in known for between in range(old + 1, new)),
                )
                for old, new in pairwise(ran)
                if known[old] != known[new]
            ),
            known[ran[-1]] if ran else None,
            tuple(self._candidates[at].item for at in known if known[at] is None),
            len(self._answers),
            len(self._candidates) - len(known),
        )

    def _answer(self, at: int) -> bool | None:
        candidate = self._candidates[at]
        if candidate.key not in self._answers:
            self._answers[candidate.key] = self._meets(candidate.item)
        return self._answers[candidate.key]

    def _halve(self) -> None:
        """Run the two ends and, if they differ, the candidates of a binary search."""
        low = next((at for at in self._ends(1) if self._answer(at) is not None), None)
        high = next((at for at in self._ends(-1) if self._answer(at) is not None), None)
        if low is None or high is None or self._answer(low) == self._answer(high):
            return
        between = list(range(low + 1, high))
        while between:
            middle = len(between) // 2
            answer = self._answer(between[middle])
            if answer is None:
                del between[middle]
            elif answer == self._answer(low):
                between = between[middle + 1 :]
            else:
                between = between[:middle]

    def _ends(self, step: int) -> range:
        size = len(self._candidates)
        return range(size) if step > 0 else range(size - 1, -1, -1)

    def _rest(self) -> Iterator[int]:
        """Yield the places that weren't run, the nearest to a found change first."""
        places = range(len(self._candidates))
        ran = [at for at in places if self._candidates[at].key in self._answers]
        middle = next(
            (new for old, new in pairwise(ran) if self._answer(old) != self._answer(new)),
            len(places),
        )
        yield from sorted(places, key=lambda at: abs(at - middle))
