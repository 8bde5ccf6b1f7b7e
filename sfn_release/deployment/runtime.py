"""What the verbs take from the world around them: clock, identity, chance, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # plans are not needed to read the ledger, and take their time to load
    from sfn_release.plan import Plan
    from sfn_release.plan.steps import Step


@dataclass(frozen=True)
class ExecutionCounts:
    """Executions of one side since callers began to be shifted; *more* were not counted."""

    started: int
    failed: int
    more: bool = False


@dataclass(frozen=True)
class ShiftProgress:
    """How a shift stands: in stage *stage* of *stages*, with *left* until its end.

    *new* and *old* are the executions of the versions that callers go to, and come from; None when
    they are not counted.
    """

    weight: int
    stage: int
    stages: int
    left: timedelta
    new: ExecutionCounts | None = None
    old: ExecutionCounts | None = None


class Watcher(Protocol):
    """Who is told what a deployment does while it does it."""

    def say(self, text: str) -> None:
        """Hear one sentence of talk."""

    def planned(self, plan: Plan) -> None:
        """See the plan before it is applied; raising here refuses it."""

    def applying(self, steps: int) -> None:
        """Hear that applying begins, and how many steps there are."""

    def applied(self, step: Step) -> None:
        """Hear that one step is done."""

    def seen(self, seen: ShiftProgress) -> None:
        """See how a shift stands, every few seconds."""


@dataclass(frozen=True)
class Runtime:
    """What a deployment takes from the world around it, so that tests can give their own.

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
