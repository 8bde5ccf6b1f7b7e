"""The world around a command in tests: a clock, a watcher, and the system_runtime."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from sfn_release.deployment.runtime import Runtime, ShiftProgress
from sfn_release.plan import Plan
from sfn_release.plan.steps import Step

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""When the tests begin."""


class SilentWatcher:
    """Hears everything and keeps it."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.plans: list[Plan] = []
        self.steps: list[Step] = []
        self.shifts: list[ShiftProgress] = []

    def say(self, text: str) -> None:
        """Hear talk."""
        self.said.append(text)

    def planned(self, plan: Plan) -> None:
        """See a plan."""
        self.plans.append(plan)

    def applying(self, steps: int) -> None:
        """Hear that applying begins."""

    def applied(self, step: Step) -> None:
        """Hear of a step."""
        self.steps.append(step)

    def seen(self, seen: ShiftProgress) -> None:
        """See how a shift stands."""
        self.shifts.append(seen)


class Clock:
    """A clock that goes on by a second each time that it is read."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Return the time, a second later than before."""
        self.at += timedelta(seconds=1)
        return self.at

    def wait(self, seconds: float) -> None:
        """Let time go by, at once."""
        self.at += timedelta(seconds=seconds)


_numbers = itertools.count(1)


def system_runtime(watcher: SilentWatcher, clock: Clock) -> Runtime:
    """Return a world in which nothing waits and every id is new."""
    return Runtime(
        now=clock,
        new_id=lambda at: f"{at:%Y%m%dT%H%M%SZ}-{next(_numbers):08x}",
        new_token=lambda: f"{next(_numbers):032x}",
        pause=lambda attempt: attempt <= 3,
        wait=clock.wait,
        actor="ann",
        host="desk",
        process=1,
        ci=None,
        watcher=watcher,
    )
