"""Runs definitions in the simulator, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sfn_release.simulator import (
    ContextSeed,
    Event,
    ExecutionOutcome,
    NoAnswer,
    TaskCall,
    VirtualClock,
    simulate,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
SEED = ContextSeed(
    execution_arn="arn:aws:states:us-east-1:000000000000:execution:orders:run-1",
    execution_name="run-1",
    role_arn="arn:aws:iam::000000000000:role/orders",
    state_machine_arn="arn:aws:states:us-east-1:000000000000:stateMachine:orders",
    state_machine_name="orders",
    started_at=START,
)


class Answers:
    """Answers every task with a function of its call."""

    def __init__(self, answer: Callable[[TaskCall], Any]) -> None:
        self._answer = answer

    def run(self, call: TaskCall) -> Any:
        """Return the function's value."""
        return self._answer(call)


def unanswered(call: TaskCall) -> Any:
    """Answer no task."""
    raise NoAnswer("NoAnswer", f"{call.state} calls {call.resource}")


def execute(
    definition: Mapping[str, Any],
    input: Any = None,
    answer: Callable[[TaskCall], Any] = unanswered,
    seed: ContextSeed = SEED,
) -> ExecutionOutcome:
    """Run *definition* on *input*, ``{}`` by default; *answer* answers its tasks."""
    return simulate(
        definition,
        {} if input is None else input,
        tasks=Answers(answer),
        clock=VirtualClock(START),
        context=seed,
    )


def machine(**states: Mapping[str, Any]) -> dict[str, Any]:
    """Return a machine whose states follow each other, unless they say where they go."""
    names = list(states)
    ends = ("Choice", "Succeed", "Fail")
    linked: dict[str, Any] = {}
    for name, following in zip(names, [*names[1:], None], strict=True):
        state = states[name]
        link = {} if state["Type"] in ends or {"Next", "End"} & {*state} else _link(following)
        linked[name] = {**state, **link}
    return {"StartAt": names[0], "States": linked}


def _link(following: str | None) -> dict[str, Any]:
    return {"Next": following} if following else {"End": True}


def chain_of(outcome: ExecutionOutcome) -> list[tuple[int, int, str]]:
    """Return id, previous id and type of each event."""
    return [(event.id, event.previous, event.type) for event in outcome.events]


def types(outcome: ExecutionOutcome) -> list[str]:
    """Return the type of each event."""
    return [event.type for event in outcome.events]


def detail(event: Event, member: str) -> Any:
    """Return a member of an event's details; None without it."""
    details: dict[str, Any] = next(iter(event.details.values()), {})
    return details.get(member)


def elapsed(outcome: ExecutionOutcome) -> float:
    """Return the virtual seconds of an execution."""
    return (outcome.stopped_at - START).total_seconds()
