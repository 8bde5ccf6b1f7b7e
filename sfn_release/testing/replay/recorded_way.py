"""The recorded visits of an execution, found by their place.

Branches and iterations run side by side, so their visits have no common order. Each visit is found
in its own strand: the first of a strand by its container and index, every other by the one before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sfn_release.testing.histories.state_visits import Visit

_ROOT = 0
_CUT_SHORT = ("ABORTED", "RUNNING", "TIMED_OUT")


class RecordedWay:
    """The *visits* of a recorded execution that ended with *status*.

    A visit is used once: `use` marks it.
    """

    def __init__(self, visits: Sequence[Visit], status: str) -> None:
        self.visits = visits
        self.names = {visit.state for visit in visits}
        self.cut_short = status in _CUT_SHORT
        """Whether the recording has no end of its own: its last states say nothing of one."""
        self._after: dict[int, Visit] = {}
        self._first: dict[tuple[int, int | None], list[Visit]] = {}
        self._by_state: dict[object, list[Visit]] | None = None
        self._used: set[int] = set()
        for visit in visits:
            if visit.previous is not None:
                self._after[visit.previous.event] = visit
            else:
                container = visit.container
                key = (_ROOT if container is None else container.event, visit.iteration)
                self._first.setdefault(key, []).append(visit)

    def use(self, visit: Visit) -> None:
        """Mark a visit as used."""
        self._used.add(visit.event)

    @property
    def last_used(self) -> Visit | None:
        """The last visit that was used."""
        return next((visit for visit in reversed(self.visits) if visit.event in self._used), None)

    def after(self, visit: Visit) -> Visit | None:
        """Return the visit after another in its strand."""
        return self._after.get(visit.event)

    def first(
        self, container: Visit | None, index: int | None, name: str, known: Collection[str]
    ) -> Visit | None:
        """Return the first visit of a strand in *container*, which begins with the state *name*.

        *index* counts iterations; it's None for a branch or the execution. A branch is found by
        its first state. If no branch begins with that state, it may have been renamed: then you get
        the first visit of a branch whose state isn't *known* to the candidate.
        """
        key = (_ROOT if container is None else container.event, index)
        left = [visit for visit in self._first.get(key, ()) if visit.event not in self._used]
        if container is None or index is not None:
            return left[0] if left else None
        for visit in left:
            if visit.state == name:
                return visit
        return next((visit for visit in left if visit.state not in known), None)

    def inside(self, container: Visit, index: int | None) -> Visit | None:
        """Return the first unused visit of an iteration in *container*, or (None) of any branch."""
        left = self._first.get((container.event, index), ())
        return next((visit for visit in left if visit.event not in self._used), None)

    def left_out(self, container: Visit) -> Visit | None:
        """Return the first visit of a strand in *container* of which no visit is used.

        Attempts of a container that failed don't count.
        """
        if container.attempts > 1:
            return None
        for (event, _), left in self._first.items():
            for visit in left if event == container.event else ():
                if visit.event not in self._used:
                    return visit
        return None

    def unused(self, name: str, iterations: tuple[tuple[str, int], ...]) -> Visit | None:
        """Return the next visit of a state in the same iterations that isn't used."""
        if self._by_state is None:
            self._by_state = {}
            for visit in self.visits:
                self._by_state.setdefault(_key(visit.state, visit.iterations), []).append(visit)
        for visit in self._by_state.get(_key(name, iterations), ()):
            if visit.event not in self._used:
                return visit
        return None

    def was_cut(self, container: Visit | None) -> bool:
        """Whether a strand in *container* may have been cut off before its own end."""
        if self.cut_short or container is None:
            return self.cut_short
        return container.ended != "succeeded" or container.attempts > 1


def _key(name: str, iterations: tuple[tuple[str, int], ...]) -> object:
    return name, tuple(index for _, index in iterations)
