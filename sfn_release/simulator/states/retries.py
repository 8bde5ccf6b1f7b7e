"""Retry and Catch of a Task, Parallel or Map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.machine import ExecutionRun, Frame, record_evaluation
from sfn_release.simulator.observer import Transition
from sfn_release.simulator.scheduler import SleepUntil, Strand
from sfn_release.simulator.states.state_visit import StateVisit
from sfn_release.simulator.timestamps import later

_ATTEMPTS, _INTERVAL, _BACKOFF = 3, 1, 2.0  # the States Language's defaults


def with_retries(
    run: ExecutionRun,
    frame: Frame,
    visit: StateVisit,
    attempt: Callable[[int], Strand],
    gave_up: Callable[[StateFailure], None],
) -> Strand:
    """Run ``attempt(retry count)`` until it succeeds or no retrier is left; return the StateExit.

    After the last attempt *gave_up* receives the failure. Then the first matching catcher catches
    it; without one it is raised.
    """
    retriers = _Retriers(visit.definition.get("Retry", []), run.random)
    count = 0
    while True:
        visit.count_retries(count)
        try:
            return (yield from attempt(count))
        except StateFailure as failure:
            record_evaluation(run, frame, visit, failure)
            retry = retriers.next_retry(failure)
            if retry is None:
                gave_up(failure)
                return _caught(run, frame, visit, failure)
            again = Transition("retry", visit.name, visit.name, retry.retrier, failure.error)
        yield SleepUntil(later(run.clock.now(), retry.delay))
        run.observer.transition(again)  # a retry that is cut off while it waits is none
        count += 1


def _caught(run: ExecutionRun, frame: Frame, visit: StateVisit, failure: StateFailure) -> Any:
    catchers = visit.definition.get("Catch", [])
    index = first_match(catchers, failure)
    if index is None:
        raise failure
    language = run.language(frame, visit.definition)
    exit_ = language.catch(visit, index, failure.output())
    return replace(exit_, kind="catch", rule=index, error=failure.error)


def first_match(handlers: Iterable[Any], failure: StateFailure) -> int | None:
    """Return the index of the first retrier or catcher that covers *failure*."""
    for index, handler in enumerate(handlers):
        if failure.matches(handler["ErrorEquals"]):
            return index
    return None


def backoff(retrier: Mapping[str, Any], used: int) -> float | None:
    """Return the seconds to wait after *used* retries, without jitter; None after the last one."""
    if used >= retrier.get("MaxAttempts", _ATTEMPTS):
        return None
    longest: float = retrier.get("MaxDelaySeconds", 31_622_400)  # a year ends the execution anyway
    rate = retrier.get("BackoffRate", _BACKOFF)
    delay: float = retrier.get("IntervalSeconds", _INTERVAL)
    for _ in range(used):
        if delay >= longest:
            break
        delay *= rate
    return min(delay, longest)


@dataclass(frozen=True)
class _Retry:
    """The next attempt: the index of its *retrier*, and the *delay* before it in seconds."""

    retrier: int
    delay: float


class _Retriers:
    """The retriers of one visit to a state. Each counts its own attempts."""

    def __init__(self, retriers: list[Any], random: Random) -> None:
        self._retriers = retriers
        self._used = [0] * len(retriers)
        self._random = random

    def next_retry(self, failure: StateFailure) -> _Retry | None:
        """Return the next attempt; None when there's none left."""
        index = first_match(self._retriers, failure)
        if index is None:
            return None
        retrier = self._retriers[index]
        delay = backoff(retrier, self._used[index])
        if delay is None:
            return None
        self._used[index] += 1
        full = retrier.get("JitterStrategy") == "FULL"
        return _Retry(index, self._random.uniform(0, delay) if full else delay)
