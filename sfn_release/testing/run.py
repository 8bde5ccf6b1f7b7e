"""A run: one simulated execution, with everything that a test or a report asks about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from sfn_release.errors import NotFoundError
from sfn_release.simulator import ExecutionOutcome, Transition
from sfn_release.testing.histories.state_visits import Visit, api_events, read_visits
from sfn_release.testing.inner_machines import states_in
from sfn_release.text import did_you_mean

Member = TypeVar("Member")
_FEW = 8  # names of states in the text of a run


@dataclass
class Call:
    """One call of a task. *arguments* are its request, after Parameters or Arguments.

    *attempt* is the state's retry count, 0 at first. *iteration* names the enclosing Map
    iterations, outermost first, as (Map state, index). The answer is a *result*, or an *error* with
    its *cause*. Before an answer, all three are None. *at* is the time of the call, in virtual
    seconds since the start, and *step* the number of transitions before it.
    """

    state: str
    resource: str
    arguments: Any
    attempt: int = 0
    iteration: tuple[tuple[str, int], ...] = ()
    result: Any = None
    error: str | None = None
    cause: str | None = None
    at: float = 0
    step: int = 0


@dataclass(frozen=True, repr=False)
class StateRun:
    """All *visits* of one state in a run, in order. The other members are about the last one."""

    name: str
    visits: Sequence[Visit]

    def __repr__(self) -> str:
        return f"StateRun({self.name!r}, {self.type}, {len(self.visits)} visits)"

    @property
    def type(self) -> str:
        """The state's Type."""
        return self.visits[-1].type

    @property
    def attempts(self) -> int:
        """How often a Task, Map or Parallel was tried, in all visits together."""
        return sum(visit.attempts for visit in self.visits)

    @property
    def input(self) -> Any:
        """The input of the last visit, a JSON value."""
        return _value(self.visits[-1].input)

    @property
    def output(self) -> Any:
        """The output of the last visit, a JSON value; None if the state had none."""
        return _value(self.visits[-1].output)

    @property
    def assigned(self) -> dict[str, Any]:
        """The variables that the last visit assigned."""
        return {name: _value(text) for name, text in self.visits[-1].assigned.items()}

    @property
    def error(self) -> str | None:
        """The last error of the last visit, caught or not."""
        return self.visits[-1].error

    @property
    def cause(self) -> str | None:
        """The cause of that error."""
        return self.visits[-1].cause


@dataclass(frozen=True, repr=False)
class Run:
    """One simulated execution of *definition* on *input*.

    *transitions* are its steps from state to state, those of child executions too. *all_calls* are
    the calls of its tasks, in order.
    """

    definition: Mapping[str, Any]
    input: Any
    outcome: ExecutionOutcome
    transitions: Sequence[Transition]
    all_calls: Sequence[Call]

    def __repr__(self) -> str:
        """Return a short text, for failed assertions."""
        shown = [*self.path[:_FEW], "…"] if len(self.path) > _FEW else self.path
        return f"Run({', '.join(filter(None, (self.status, self.error)))}, path={shown})"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Print the same text; hypothesis and IPython would print all fields."""
        printer.text(repr(self))

    @property
    def status(self) -> str:
        """SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return self.outcome.status

    @property
    def output(self) -> Any:
        """The output, a JSON value; None for an execution that didn't succeed."""
        return self.outcome.output

    @property
    def error(self) -> str | None:
        """The error name of an execution that didn't succeed."""
        return self.outcome.error

    @property
    def cause(self) -> str | None:
        """The cause of that error."""
        return self.outcome.cause

    @property
    def seconds(self) -> float:
        """How long the execution took, in virtual seconds."""
        events = self.outcome.events
        return (self.outcome.stopped_at - events[0].timestamp).total_seconds() if events else 0

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """Each visit of a state, in the order of entering; without child executions."""
        return tuple(read_visits(api_events(self.outcome.events)))

    @property
    def path(self) -> list[str]:
        """The names of the machine's own states in the order of entering.

        The states inside a Map or a Parallel are in `visits` and `states`. Branches run in
        parallel, so the order of their states doesn't matter.
        """
        return [visit.state for visit in self.visits if visit.depth == 0]

    @cached_property
    def states(self) -> Mapping[str, StateRun]:
        """The states that were entered, by name. For others you get a NotFoundError."""
        groups = _grouped((visit.state, visit) for visit in self.visits)
        return _States(self, {name: StateRun(name, visits) for name, visits in groups.items()})

    @cached_property
    def calls(self) -> Mapping[str, list[Call]]:
        """The calls of tasks, by the name of their state.

        A state of the definition that called nothing has an empty list. For a name that isn't in
        the definition you get a NotFoundError.
        """
        return _Calls(self, _grouped((call.state, call) for call in self.all_calls))


class _States(dict[str, StateRun]):
    def __init__(self, run: Run, found: Mapping[str, StateRun]) -> None:
        super().__init__(found)
        self._run = run

    def __missing__(self, name: str) -> StateRun:
        known = _known(self._run, name)
        raise NotFoundError(
            f"The run didn't enter the state {name!r}.",
            why=f"It entered: {', '.join(self)}.",
            fix="" if known else _nearest(self._run, name),
        )


class _Calls(dict[str, list[Call]]):
    def __init__(self, run: Run, found: Mapping[str, list[Call]]) -> None:
        super().__init__(found)
        self._run = run

    def __missing__(self, name: str) -> list[Call]:
        if _known(self._run, name):
            return []
        raise NotFoundError(f"The definition has no state {name!r}.", fix=_nearest(self._run, name))


def _known(run: Run, name: str) -> bool:
    return name in states_in(run.definition)


def _nearest(run: Run, name: str) -> str:
    return did_you_mean(name, states_in(run.definition))


def _grouped(pairs: Iterator[tuple[str, Member]]) -> dict[str, list[Member]]:
    groups: dict[str, list[Member]] = {}
    for name, member in pairs:
        groups.setdefault(name, []).append(member)
    return groups


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)
