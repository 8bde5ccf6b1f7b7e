"""Answers tasks of a run as usual, with faults injected into the calls of some states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, assert_never

from sfn_release.simulator import Later, TaskCall, TaskFailure, TaskResult, Tasks

Iteration = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Failing:
    """The task fails with *error* after *seconds*; *at_submission*, the service refuses it."""

    error: str | None
    cause: str | None = None
    seconds: float = 0
    at_submission: bool = False


@dataclass(frozen=True)
class Overdue:
    """The task takes longer than its TimeoutSeconds or HeartbeatSeconds allow: *error*."""

    error: str


@dataclass(frozen=True)
class Silent:
    """The task never answers, and has no timeout of its own."""


@dataclass(frozen=True)
class Answering:
    """The task answers with *result*, a JSON value."""

    result: Any


@dataclass(frozen=True)
class Oversized(Answering):
    """The task answers with a *result* beyond AWS's quota, which makes it fail."""


Answer = Failing | Overdue | Silent | Answering


@dataclass(frozen=True)
class Fault:
    """One thing that can go wrong with a task.

    *error* is its name in reports: an error name, or words for an odd *answer*, such as ``null``.
    """

    error: str
    answer: Answer

    @property
    def is_error(self) -> bool:
        """Whether the task fails, rather than giving an odd answer."""
        return isinstance(self.answer, Oversized) or not isinstance(self.answer, Answering)


@dataclass(frozen=True)
class Injection:
    """A *fault* in place of the answers to a *state*'s calls: all of them, or the first *times*.

    In a Map, it's injected into the one *iteration*; None means every iteration. A Map's
    ItemReader and ResultWriter differ by their *resource*. The first *spared* calls are answered as
    usual.
    """

    state: str
    fault: Fault
    times: int | None = None
    iteration: Iteration | None = None
    resource: str | None = None
    spared: int = 0

    def covers(self, count: int) -> bool:
        """Whether the call after *count* fitting calls gets the fault."""
        return count >= self.spared and (self.times is None or count < self.spared + self.times)

    def fits(self, call: TaskCall) -> bool:
        """Whether it's about the state, the iteration and the resource of *call*."""
        return (
            call.state == self.state
            and self.iteration in (None, call.iteration)
            and self.resource in (None, call.resource)
        )


class Hit(NamedTuple):
    """A call that got an injected answer: its index among all calls, and how long it takes.

    *seconds* is None for a task that never answers.
    """

    call: int
    seconds: float | None


@dataclass
class InjectedTasks:
    """Answers calls as *tasks* does, unless *injections* answer them; the last that fits wins.

    *hits* are the calls that the last injection answered.
    """

    tasks: Tasks
    injections: Sequence[Injection]
    hits: list[Hit] = field(default_factory=list)
    _calls: int = -1
    _fitting: dict[int, int] = field(default_factory=dict)

    def run(self, call: TaskCall) -> Any:
        """Return the answer to *call*. Raises TaskFailure, and NoAnswer as *tasks* does."""
        self._calls += 1
        for index in reversed(range(len(self.injections))):
            injection = self.injections[index]
            if not injection.fits(call):
                continue
            count = self._fitting.get(index, 0)
            self._fitting[index] = count + 1
            if injection.covers(count):
                if index == len(self.injections) - 1:
                    self.hits.append(Hit(self._calls, _seconds(injection.fault.answer, call)))
                return _give(injection.fault.answer, call)
        return self.tasks.run(call)


def overdue_seconds(call: TaskCall, error: str) -> float:
    """Return how long a task runs until it fails with *error*, a timeout."""
    limits = (call.timeout_seconds, call.heartbeat_seconds)
    if error == "States.HeartbeatTimeout":
        limits = (call.heartbeat_seconds, None)
    return min((limit for limit in limits if limit is not None), default=0)


def _seconds(answer: Answer, call: TaskCall) -> float | None:
    match answer:
        case Failing(seconds=seconds):
            return seconds
        case Overdue(error):
            return overdue_seconds(call, error)
        case Silent():
            return None
        case Answering():
            return 0
        case _:
            assert_never(answer)


def _give(answer: Answer, call: TaskCall) -> Any:
    match answer:
        case Failing(error, cause, seconds, at_submission):
            raise TaskFailure(error, cause, seconds=seconds, at_submission=at_submission)
        case Overdue(error):
            raise TaskFailure(error, "", seconds=overdue_seconds(call, error))
        case Silent():
            return Later(submitted={})
        case Answering(result):
            return TaskResult(result)
        case _:
            assert_never(answer)
