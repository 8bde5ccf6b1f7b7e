"""The clock, identity, randomness and progress receiver of a process, which tests replace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # plans are not needed to read the ledger, and take their time to load
    from sfn_release.plan import Plan
    from sfn_release.plan.steps import Step
    from sfn_release.project import Limits


@dataclass(frozen=True)
class ExecutionCounts:
    """Executions of one side since callers began to be shifted; *more* were not counted."""

    started: int
    failed: int
    more: bool = False


@dataclass(frozen=True)
class ShiftProgress:
    """The progress of a traffic shift: in stage *stage* of *stages*, with *left* until its end.

    *new* and *old* are the executions of the versions that callers go to, and come from; None when
    they are not counted. *weight* is followed by *next_weight* after the stage's *interval*.
    *limits* are the strategy's; *alarms* has the state of each alarm, as CloudWatch names it. *at*
    is the time of this look.
    """

    weight: int
    stage: int
    stages: int
    left: timedelta
    new: ExecutionCounts | None = None
    old: ExecutionCounts | None = None
    environment: str = ""
    version: str | None = None
    from_version: str | None = None
    interval: timedelta = timedelta()
    next_weight: int = 100
    limits: Limits | None = None
    alarms: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None


class Watcher(Protocol):
    """Receives a deployment's progress. Implement it to show progress in your own way."""

    def say(self, text: str) -> None:
        """Receive one line of progress."""

    def planned(self, plan: Plan) -> None:
        """Receive the plan before it is applied; raise to refuse it."""

    def applying(self, steps: int) -> None:
        """Receive the number of steps, when applying begins."""

    def applied(self, step: Step) -> None:
        """Receive a step that is done."""

    def seen(self, seen: ShiftProgress) -> None:
        """Receive the progress of a traffic shift, every few seconds."""


@dataclass(frozen=True)
class Runtime:
    """The outside world of a deployment, so that you can replace it in tests.

    *pause* waits before the n-th try of something that failed, or says by False that it is enough;
    *wait* waits some seconds. *actor* may be empty: git's identity then acts. *ci* names the CI run
    and attempt (``{"run": …, "attempt": …}``), None outside CI. *environ* is the process's
    environment, of which a build takes ``PATH`` and the like.
    """

    now: Callable[[], datetime]
    new_id: Callable[[datetime], str]
    new_token: Callable[[], str]
    pause: Callable[[int], bool]
    wait: Callable[[float], None]
    actor: str
    host: str
    process: int
    ci: Mapping[str, Any] | None
    watcher: Watcher
    environ: Mapping[str, str] = field(default_factory=dict)
