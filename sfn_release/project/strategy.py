"""Strategies: how callers of an alias are shifted to a new version, and when they are sent back.

To add a strategy, you write a class here and add it to `STRATEGIES`. Planning, watching and
printing use only the `Strategy` protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sfn_release.text import duration_text


@dataclass(frozen=True)
class Limits:
    """The limits of a shift; when one is exceeded, callers are sent back.

    No CloudWatch alarm of *alarms* can fire, and at most *max_failures* executions of the new
    version can fail (None: no limit). *max_failure_rate* compares failure rates: 2 means twice the
    rate of the old version. With both limits, callers are sent back when both are exceeded.
    """

    alarms: tuple[str, ...] = ()
    max_failures: int | None = None
    max_failure_rate: float | None = None

    @property
    def counted(self) -> bool:
        """Whether failed executions stop a shift, and have to be counted."""
        return self.max_failures is not None or self.max_failure_rate is not None


class Strategy(Protocol):
    """The weights of the new version, each for one *interval*, and the *limits*."""

    @property
    def type(self) -> str:
        """The word in releases.toml."""

    @property
    def interval(self) -> timedelta:
        """How long callers are watched at each weight."""

    @property
    def limits(self) -> Limits:
        """The limits that stop a shift."""

    @property
    def weights(self) -> tuple[int, ...]:
        """The weights of the new version in percent, in order, without the final 100."""

    @property
    def duration(self) -> timedelta:
        """The time until every caller gets the new version."""


@dataclass(frozen=True)
class Canary:
    """Sends *percent* of the callers to the new version for one *interval*, and then all."""

    percent: int
    interval: timedelta
    limits: Limits = Limits()

    type = "canary"

    @property
    def weights(self) -> tuple[int, ...]:
        """One weight."""
        return (self.percent,)

    @property
    def duration(self) -> timedelta:
        """One interval."""
        return self.interval

    def __str__(self) -> str:
        return f"canary: {self.percent} % for {duration_text(self.interval)}"


@dataclass(frozen=True)
class Linear:
    """Sends *percent* more of the callers to the new version with each *interval*."""

    percent: int
    interval: timedelta
    limits: Limits = Limits()

    type = "linear"

    @property
    def weights(self) -> tuple[int, ...]:
        """Every multiple of *percent* below 100."""
        return tuple(range(self.percent, 100, self.percent))

    @property
    def duration(self) -> timedelta:
        """One interval for each weight."""
        return self.interval * len(self.weights)

    def __str__(self) -> str:
        return f"linear: {self.percent} % more every {duration_text(self.interval)}"


STRATEGIES: Mapping[str, Callable[[int, timedelta, Limits], Strategy]] = {
    strategy.type: strategy for strategy in (Canary, Linear)
}
"""The classes by their word in releases.toml."""
