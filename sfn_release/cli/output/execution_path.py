"""The way that an execution took, a line for each state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, assert_never

from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.state_visits import Visit
    from sfn_release.operations.verbs.execute import Execution

_SHOWN = 12  # states at each end of a long way
_TROUBLED = 10  # states that failed or were caught, which are shown wherever they are
_WIDE = 40  # columns of a state's name


def way_lines(done: Execution, *, verbose: bool) -> Iterator[str]:
    """Yield the lines; a long way is folded unless *verbose*, but never where it failed."""
    if done.way is None:
        if done.no_way:
            yield f"not shown: {done.no_way}"
        return
    shown = range(len(done.way)) if verbose else _chosen(done.way)
    names = [_name(one) for one in done.way]
    wide = min(max((len(names[at]) for at in shown), default=0), _WIDE)
    last = -1
    for at in shown:
        if at > last + 1:
            yield _hidden(at - last - 1)
        yield f"{names[at]:<{wide}}  {_ending(done.way[at], done)}".rstrip()
        last = at
    if last + 1 < len(done.way):
        yield _hidden(len(done.way) - last - 1)


def _hidden(states: int) -> str:
    return f"… {count(states, 'more state')}; -v shows all"


def _chosen(way: Sequence[Visit]) -> list[int]:
    """Return which states of a long way are shown: both ends, and those in trouble."""
    if len(way) <= 2 * _SHOWN + 1:
        return [*range(len(way))]
    ends = {*range(_SHOWN), *range(len(way) - _SHOWN, len(way))}
    troubled = [at for at, one in enumerate(way) if one.ended in {"failed", "caught"}]
    return sorted(ends | {*troubled[:_TROUBLED]})


def _name(one: Visit) -> str:
    iteration = f"[{one.iteration}] " if one.iteration is not None else ""
    return f"{'  ' * one.depth}{iteration}{one.state}"


def _ending(one: Visit, done: Execution) -> str:
    """Return what is worth knowing of a visit: its type, retries, and how it went wrong."""
    parts = [one.type]
    if one.attempts > 1:
        parts.append(f"{one.attempts} attempts")
    match one.ended:
        case "succeeded":
            pass
        case "running" | "aborted":
            parts.append(one.ended)
        case "failed" if (one.error, one.cause) == (done.error, done.cause):
            parts.append("failed here")
        case "failed" | "caught":
            why = ": ".join(part for part in (one.error, one.cause) if part)
            parts.append(f"{one.ended}: {why}" if why else one.ended)
        case _:
            assert_never(one.ended)
    return ", ".join(parts)
