"""Strategies: how callers of an alias are brought to a new version, and when they are sent back.

A new strategy is a class here and a word in `STRATEGIES`. Planning, watching and printing know the
`Strategy` protocol alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sfn_release.text import duration_text


@dataclass(frozen=True)
class Limits:
    """What stops a shift, so that callers are sent back.

    The CloudWatch *alarms* may not fire, and the new version may have *max_failures* executions
    that failed (None: no limit). *max_failure_rate* limits its share of failed executions to so
    many times that of the old version. With both, callers are sent back when both are exceeded.
    """

    alarms: tuple[str, ...] = ()
    max_failures: int | None = None
    max_failure_rate: float | None = None

    @property
    def counted(self) -> bool:
        """Whether failed executions stop a shift, so that they have to be counted."""
        return self.max_failures is not None or self.max_failure_rate is not None


class Strategy(Protocol):
    """The weights that the new version gets, each for one *interval*, and the *limits*."""

    @property
    def type(self) -> str:
        """The word in releases.toml."""

    @property
    def interval(self) -> timedelta:
        """How long callers are watched at each weight."""

    @property
    def limits(self) -> Limits:
        """What stops a shift."""

    @property
    def weights(self) -> tuple[int, ...]:
        """The weights of the new version in percent, in order; 100 follows by itself."""

    @property
    def duration(self) -> timedelta:
        """How long it takes until every caller is there."""


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
    one.type: one for one in (Canary, Linear)
}
"""The classes by their word in releases.toml."""
