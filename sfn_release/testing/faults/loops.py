"""Finds the loop that a run was in when it was stopped, or timed out."""

from __future__ import annotations

from dataclasses import dataclass

from sfn_release.testing.folded_way import ROUNDS, repeated
from sfn_release.testing.run import Run


@dataclass(frozen=True)
class Loop:
    """The *states* of a loop, in their order.

    It is *proven* to have no end if two rounds had the same data: with the same answers, the next
    round has them too.
    """

    states: tuple[str, ...]
    proven: bool


def find_loop(run: Run) -> Loop | None:
    """Return the loop at the end of a run; None if its last states don't repeat."""
    steps = run.transitions
    if len(steps) >= ROUNDS and all(step.kind == "retry" for step in steps[-ROUNDS:]):
        return Loop((steps[-1].state,), proven=False)
    entered = [step.next or "" for step in steps if step.next and step.kind != "retry"]
    period = repeated(entered)
    if period is None:
        return None
    cycle = entered[-period:]
    first = min(range(period), key=lambda at: entered.index(cycle[at]))
    states = tuple(cycle[first:] + cycle[:first])
    return Loop(states, _same_data(run, states))


def _same_data(run: Run, states: tuple[str, ...]) -> bool:
    """Whether the last rounds of a loop had the same inputs and assigned the same variables."""
    for name in states:
        visits = [visit for visit in run.visits if visit.state == name][-ROUNDS:]
        rounds = [(visit.input, visit.assigned) for visit in visits[:-1]]
        if len(rounds) < ROUNDS - 1 or any(data != rounds[0] for data in rounds):
            return False
    return True
