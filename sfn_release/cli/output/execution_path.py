"""The path of an execution: a line for each state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, assert_never

from sfn_release.cli.output.width import columns_of, padded
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.verbs.execute import Execution
    from sfn_release.testing.histories.state_visits import FailedChildren, Visit

_SHOWN = 12  # states at each end of a long path
_TROUBLED = 10  # failed or caught states to show, wherever they are
_WIDE = 40  # columns of a state's name


def way_lines(done: Execution, *, verbose: bool) -> Iterator[str]:
    """Yield the lines. Unless *verbose*, a long path is folded, except where it failed."""
    if done.way is None:
        if done.no_way:
            yield f"not shown: {done.no_way}"
        return
    shown = range(len(done.way)) if verbose else shown_visits(done.way)
    names = [visit_name(visit) for visit in done.way]
    wide = min(max((columns_of(names[at]) for at in shown), default=0), _WIDE)
    last = -1
    for at in shown:
        if at > last + 1:
            yield hidden_states(at - last - 1)
        ending = visit_ending(done.way[at], done.error, done.cause)
        yield f"{padded(names[at], wide)}  {ending}".rstrip()
        last = at
    if last + 1 < len(done.way):
        yield hidden_states(len(done.way) - last - 1)


def hidden_states(states: int) -> str:
    """Return the line in the place of states that aren't shown."""
    return f"… {count(states, 'more state')}; -v shows all"


def shown_visits(way: Sequence[Visit]) -> list[int]:
    """Return the states of a long path to show: both ends, and the states with problems."""
    if len(way) <= 2 * _SHOWN + 1:
        return [*range(len(way))]
    ends = {*range(_SHOWN), *range(len(way) - _SHOWN, len(way))}
    troubled = [at for at, visit in enumerate(way) if visit.ended in {"failed", "caught"}]
    return sorted(ends | {*troubled[:_TROUBLED]})


def visit_name(visit: Visit) -> str:
    """Return the name of a state, indented and with its Map iteration."""
    iteration = f"[{visit.iteration}] " if visit.iteration is not None else ""
    return f"{'  ' * visit.depth}{iteration}{visit.state}"


def visit_ending(visit: Visit, error: str | None, cause: str | None) -> str:
    """Return the details of a visit: its type, retries, and its error.

    *error* and *cause* belong to the whole execution, and aren't shown again.
    """
    parts = [visit.type]
    if visit.attempts > 1:
        parts.append(f"{visit.attempts} attempts")
    match visit.ended:
        case "succeeded":
            pass
        case "running" | "aborted":
            parts.append(visit.ended)
        case "failed" if (visit.error, visit.cause) == (error, cause):
            parts.append("failed here")
        case "failed" | "caught":
            why = ": ".join(part for part in (visit.error, visit.cause) if part)
            parts.append(f"{visit.ended}: {why}" if why else visit.ended)
        case _:
            assert_never(visit.ended)
    if visit.children is not None:
        parts.append(_children(visit.children))
    return ", ".join(parts)


def _children(found: FailedChildren) -> str:
    """Return how many child executions failed, and why the first of them did."""
    why = ": ".join(part for part in (found.error, found.cause) if part)
    failed = f"{found.failed} of {count(found.total, 'child execution')} failed"
    return f"{failed}; first: {why}" if why else failed
