"""Explains executions that reached the quota of history events: names the loop. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sfn_release.testing.histories.visits import Visit

_FULL = "maximum number of history events"  # words of AWS's cause


def is_full(cause: str | None) -> bool:
    """Whether an execution failed because its history had no room for more events."""
    return _FULL in (cause or "")


def full_history(visits: Sequence[Visit]) -> Iterator[str]:
    """Yield what filled the history: the loop at its end, or the state that was entered most."""
    if not visits:
        return
    times = Counter(visit.state for visit in visits)
    loop = _loop(visits[-1])
    if loop:
        rounds = min(times[state] for state in loop)
        yield f"It was in a loop: {' → '.join([*loop, loop[0]])}, {rounds:,} times."
        yield (
            "Look at the Choice that has to leave the loop. For so many rounds, go on in a new"
            " execution."
        )
        return
    state, entered = times.most_common(1)[0]
    yield f"{state} was entered most often: {entered:,} times."
    yield "The iterations of a distributed Map have histories of their own."


def _loop(last: Visit) -> list[str]:
    """Return the states from the last visit of the same state on, in their order; [] without one.

    The loop may be around the Map or Parallel of the last visit.
    """
    place: Visit | None = last
    while place is not None:
        states = [place.state]
        before = place.previous
        while before is not None and before.state != place.state:
            states.append(before.state)
            before = before.previous
        if before is not None:
            return states[::-1]
        place = place.container
    return []
