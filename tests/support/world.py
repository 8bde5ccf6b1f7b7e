"""The world around a command in tests: a clock that is set by hand, and a watcher that listens."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sfn_release.deployment.runtime import Runtime, ShiftProgress
from sfn_release.plan import Plan
from sfn_release.plan.steps import Step

REGION = "eu-west-1"
"""Where `prod` is."""

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""When the tests begin."""

PAST = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When tests begin whose story real processes continue, by the real time."""


class Clock:
    """A clock that goes on by *tick* seconds each time that it is read."""

    def __init__(self, at: datetime = NOON, *, tick: float = 1) -> None:
        self.at = at
        self.tick = tick

    def __call__(self) -> datetime:
        """Return the time, a tick later than before."""
        self.at += timedelta(seconds=self.tick)
        return self.at

    def seconds(self) -> float:
        """Return the time as seconds since 1970, without going on."""
        return self.at.timestamp()

    def forward(self, **duration: float) -> None:
        """Move on by a duration, given as to `timedelta`."""
        self.at += timedelta(**duration)

    def wait(self, seconds: float) -> None:
        """Let time pass immediately."""
        self.forward(seconds=seconds)


class Watcher:
    """Keeps everything that it hears. *on_plan* is called with every plan."""

    def __init__(self, on_plan: Callable[[Plan], None] = lambda _: None) -> None:
        self.said: list[str] = []
        self.plans: list[Plan] = []
        self.steps: list[Step] = []
        self.shifts: list[ShiftProgress] = []
        self._on_plan = on_plan

    def say(self, text: str) -> None:
        """Keep a sentence."""
        self.said.append(text)

    def planned(self, plan: Plan) -> None:
        """Keep a plan."""
        self.plans.append(plan)
        self._on_plan(plan)

    def applying(self, steps: int) -> None:
        """Ignore that applying begins."""

    def applied(self, step: Step) -> None:
        """Keep a step."""
        self.steps.append(step)

    def seen(self, seen: ShiftProgress) -> None:
        """Keep the progress of a shift."""
        self.shifts.append(seen)


_numbers = itertools.count(1)


def world(
    clock: Clock | None = None,
    watcher: Watcher | None = None,
    *,
    wait: Callable[[float], None] | None = None,
    actor: str = "ann",
    process: int = 1,
    ci: Mapping[str, Any] | None = None,
) -> Runtime:
    """Return a runtime in which no test waits and every id is new."""
    clock = clock or Clock()
    return Runtime(
        now=clock,
        new_id=lambda at: f"{at:%Y%m%dT%H%M%SZ}-{next(_numbers):08x}",
        new_token=lambda: f"{next(_numbers):032x}",
        pause=lambda attempt: attempt <= 3,
        wait=wait or clock.wait,
        actor=actor,
        host="desk",
        process=process,
        ci=ci,
        watcher=watcher or Watcher(),
    )
