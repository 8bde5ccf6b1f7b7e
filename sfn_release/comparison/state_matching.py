"""Finds which state of an old definition became which state of a new one, renames included.

1. States of equal name in the same place are one state, unless their contents were exchanged.
2. A state of equal name in another place was moved, when its content is nearly the same.
3. In the same place, a state of equal content was renamed; then one of nearly equal content that
   stands between the same states.
4. A state of equal content in another place was moved and renamed.

Each pair can decide others, so the steps run again until nothing is found. The rest was added
or removed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.comparison.placed_states import (
    PlacedScope,
    PlacedState,
    placed_scope,
    scopes_of,
)
from sfn_release.comparison.state_similarity import same_place, similarity

_KEEPS_NAME: Final = 0.35  # of the content; below it, a state of equal content is preferred
_MOVED: Final = 0.5
_RENAMED: Final = ((0.8, 0.0), (0.6, 0.3), (0.5, 0.5))
"""The least common content, and the least common neighbours with it, of a renamed state."""
_MOST_PAIRS: Final = 100_000  # of states whose similarity is measured in one place


@dataclass(frozen=True)
class StatePair:
    """A state before and after; None for a state that was added or removed.

    *moved*: it's in another scope now, and that isn't the old scope under another name.
    """

    old: PlacedState | None
    new: PlacedState | None
    moved: bool = False

    @property
    def renamed(self) -> bool:
        """Whether the state has another name."""
        return self.old is not None and self.new is not None and self.old.name != self.new.name


@dataclass(frozen=True)
class MatchedStates:
    """All states of two definitions in *pairs*, and all scopes.

    The pairs are in the order of the new definition, removed states after them.
    """

    pairs: tuple[StatePair, ...]
    scopes: tuple[tuple[PlacedScope | None, PlacedScope | None], ...]

    def new_label(self, old_label: str) -> str | None:
        """Return the new label of a state (``Each › Charge``); None if it was removed."""
        return self._labels.get(old_label)

    @property
    def _labels(self) -> dict[str, str]:
        return {
            pair.old.label: pair.new.label
            for pair in self.pairs
            if pair.old is not None and pair.new is not None
        }


def matched_states(
    old_definition: Mapping[str, Any], new_definition: Mapping[str, Any]
) -> MatchedStates:
    """Return which state of an old definition became which state of the new one.

    Any JSON objects are definitions; without an object of States they have no states.
    """
    old, new = placed_scope(old_definition), placed_scope(new_definition)
    return _Matching(old, new).result()


class _Matching:
    """The pairs as they're found."""

    def __init__(self, old: PlacedScope, new: PlacedScope) -> None:
        self._old_scopes, self._new_scopes = [*scopes_of(old)], [*scopes_of(new)]
        self._partners: dict[PlacedState, PlacedState] = {}
        self._taken: set[PlacedState] = set()
        self._scopes: dict[PlacedScope, PlacedScope] = {}
        self._pair_scopes(old, new)

    def result(self) -> MatchedStates:
        steps: tuple[Callable[[], bool], ...] = (
            self._moved,
            self._renamed,
            self._other_type,
            self._nearly_equal,
            self._moved_and_renamed,
        )
        while any(step() for step in steps):
            pass
        origins = {new: old for old, new in self._partners.items()}
        homes = {state: scope for scope in self._new_scopes for state in scope.states}
        old_homes = {state: scope for scope in self._old_scopes for state in scope.states}
        pairs = []
        for state, home in homes.items():
            origin = origins.get(state)
            moved = origin is not None and self._scopes.get(old_homes[origin]) is not home
            pairs.append(StatePair(origin, state, moved))
        pairs += (StatePair(state, None) for state in old_homes if state not in self._partners)
        matched = {*self._scopes.values()}
        scopes: list[tuple[PlacedScope | None, PlacedScope | None]] = [*self._scopes.items()]
        scopes += ((scope, None) for scope in self._old_scopes if scope not in self._scopes)
        scopes += ((None, scope) for scope in self._new_scopes if scope not in matched)
        return MatchedStates(tuple(pairs), tuple(scopes))

    def _pair(self, old: PlacedState, new: PlacedState) -> None:
        self._partners[old] = new
        self._taken.add(new)
        for before, after in _inner_pairs(old.inner, new.inner):
            self._pair_scopes(before, after)

    def _pair_scopes(self, old: PlacedScope, new: PlacedScope) -> None:
        """Pair two scopes, and the states in them that have the same name."""
        self._scopes[old] = new
        both = [
            (state, new.by_name[name])
            for name, state in old.by_name.items()
            if name in new.by_name
            and state not in self._partners
            and new.by_name[name] not in self._taken
        ]
        for before, after in both:
            if before.content == after.content:
                self._pair(before, after)
        both = [(before, after) for before, after in both if before not in self._partners]
        for before, after in _exchanged(both):
            self._pair(before, after)
        free = {state.content for state in new.states if state not in self._taken}
        for before, after in both:
            if before in self._partners or after in self._taken or before.type != after.type:
                continue
            elsewhere = bool(before.leaves) and before.content in free
            if not elsewhere or similarity(before, after) >= _KEEPS_NAME:
                self._pair(before, after)

    def _moved(self) -> bool:
        """Pair states of equal name in different places."""
        by_name = defaultdict(list)
        for state in self._left_new():
            by_name[state.name].append(state)
        found = False
        for old in [*self._left_old()]:
            candidates = [state for state in by_name[old.name] if state not in self._taken]
            best = max(candidates, key=lambda new: similarity(old, new), default=None)
            if best is not None and similarity(old, best) >= _MOVED:
                self._pair(old, best)
                found = True
        return found

    def _renamed(self) -> bool:
        """Pair states of equal content in one place; of several, those with equal neighbours."""
        found = False
        for old, new in [*self._scopes.items()]:
            found |= self._equal_in(old, new)
        return found

    def _equal_in(self, old: PlacedScope, new: PlacedScope) -> bool:
        by_content = defaultdict(list)
        for state in self._free(new):
            by_content[state.content].append(state)
        candidates = [
            (before, after)
            for before in self._free_old(old)
            for after in by_content[before.content]
        ]
        if len(candidates) > _MOST_PAIRS:  # many equal states: their order decides
            candidates = [
                (before, by_content[before.content].pop(0))
                for before in self._free_old(old)
                if by_content[before.content]
            ]
        return self._best_first(
            candidates,
            lambda before, after: (same_place(before, after, (old, new), self._partners), 1.0),
            lambda before, _other, place: place > 0 or bool(before.leaves),
        )

    def _nearly_equal(self) -> bool:
        """Pair states of one type in one place, with nearly equal content and neighbours."""
        found = False
        for old, new in [*self._scopes.items()]:
            free, left = self._free(new), self._free_old(old)
            if len(free) * len(left) > _MOST_PAIRS:
                continue
            measured = {
                (before, after): similarity(before, after)
                for before in left
                for after in free
                if before.type == after.type
            }

            def is_renamed(
                before: PlacedState,
                after: PlacedState,
                place: float,
                measured: dict[tuple[PlacedState, PlacedState], float] = measured,
            ) -> bool:
                return (place > 0 or bool(before.leaves)) and any(
                    measured[before, after] >= content and place >= least
                    for content, least in _RENAMED
                )

            def score(
                before: PlacedState,
                after: PlacedState,
                measured: dict[tuple[PlacedState, PlacedState], float] = measured,
                scopes: tuple[PlacedScope, PlacedScope] = (old, new),
            ) -> tuple[float, float]:
                return same_place(before, after, scopes, self._partners), measured[before, after]

            found |= self._best_first([*measured], score, is_renamed)
        return found

    def _best_first(
        self,
        candidates: Sequence[tuple[PlacedState, PlacedState]],
        score: Callable[[PlacedState, PlacedState], tuple[float, float]],
        accepts: Callable[[PlacedState, PlacedState, float], bool],
    ) -> bool:
        """Pair the candidates with the highest scores first; on a tie, in their order."""
        scored = [(score(*pair), pair) for pair in candidates]
        scored.sort(key=lambda item: -sum(item[0]))
        found = False
        for (place, _), (before, after) in scored:
            if (
                before in self._partners
                or after in self._taken
                or not accepts(before, after, place)
            ):
                continue
            self._pair(before, after)
            found = True
        return found

    def _other_type(self) -> bool:
        """Pair states of equal name in one place whose types differ."""
        found = False
        for old, new in [*self._scopes.items()]:
            for before in self._free_old(old):
                after = new.by_name.get(before.name)
                if after is not None and after not in self._taken:
                    self._pair(before, after)
                    found = True
        return found

    def _moved_and_renamed(self) -> bool:
        """Pair states of equal content in different places, if no other state has it."""
        contents: dict[str, tuple[list[PlacedState], list[PlacedState]]] = {}
        for side, states in enumerate((self._left_old(), self._left_new())):
            for state in states:
                if state.leaves:
                    contents.setdefault(state.content, ([], []))[side].append(state)
        found = False
        for old, new in contents.values():
            if len(old) == len(new) == 1 and old[0] not in self._partners:
                self._pair(old[0], new[0])
                found = True
        return found

    def _left_old(self) -> Iterator[PlacedState]:
        for scope in self._old_scopes:
            yield from self._free_old(scope)

    def _left_new(self) -> Iterator[PlacedState]:
        for scope in self._new_scopes:
            yield from self._free(scope)

    def _free_old(self, scope: PlacedScope) -> list[PlacedState]:
        return [state for state in scope.states if state not in self._partners]

    def _free(self, scope: PlacedScope) -> list[PlacedState]:
        return [state for state in scope.states if state not in self._taken]


def _inner_pairs(
    old: Sequence[PlacedScope], new: Sequence[PlacedScope]
) -> Iterator[tuple[PlacedScope, PlacedScope]]:
    """Pair the scopes inside of two states: those with most names in common, then in order."""
    left, right = [*old], [*new]
    shared = [
        (len(before.by_name.keys() & after.by_name.keys()), -abs(at - to), before, after)
        for at, before in enumerate(old)
        for to, after in enumerate(new)
    ]
    for common, _, before, after in sorted(shared, key=lambda item: (-item[0], -item[1])):
        if common and before in left and after in right:
            left.remove(before)
            right.remove(after)
            yield before, after
    yield from zip(left, right, strict=False)


def _exchanged(
    pairs: Sequence[tuple[PlacedState, PlacedState]],
) -> Iterator[tuple[PlacedState, PlacedState]]:
    """Yield the states whose contents went round: each has the content that another one had."""
    old = {before.name: before for before, _ in pairs}
    new: dict[str, list[PlacedState]] = defaultdict(list)
    for _, after in pairs:
        new[after.content].append(after)
    follows = {
        name: new[state.content][0]
        for name, state in old.items()
        if len(new[state.content]) == 1 and state.leaves
    }
    done: set[str] = set()
    for name in follows:
        ring = [name]
        while ring[-1] in follows and follows[ring[-1]].name not in ring:
            ring.append(follows[ring[-1]].name)
        closed = ring[-1] in follows and follows[ring[-1]].name == name
        if closed and done.isdisjoint(ring):
            done.update(ring)
            yield from ((old[member], follows[member]) for member in ring)
