"""The visits of states in an execution, and the attempts of its tasks, as a history has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Ended = Literal["succeeded", "caught", "failed", "aborted", "running"]
AttemptEnded = Literal["succeeded", "failed", "timed out", "running"]


@dataclass(frozen=True)
class FailedChildren:
    """How many of a map run's child executions failed, and why the first of them did.

    *first* is the ARN of that one.
    """

    failed: int
    total: int
    error: str | None = None
    cause: str | None = None
    first: str | None = None


@dataclass
class TaskAttempt:
    """One attempt of a Task.

    *resource* is its Resource, without ``arn:aws:states:::`` if it is a service integration
    (``lambda:invoke.waitForTaskToken``). *arguments*, *submitted* (the service's answer to the
    submission of a ``.sync`` or callback task) and *result* are JSON texts, None where the history
    has none. Times are as the history has them.
    """

    resource: str
    arguments: str | None
    scheduled: datetime | str
    timeout_seconds: float | None = None
    heartbeat_seconds: float | None = None
    submitted: str | None = None
    ended: AttemptEnded = "running"
    result: str | None = None
    error: str | None = None
    cause: str | None = None
    stopped: datetime | str | None = None


@dataclass
class Visit:
    """One visit of a state. *depth* is how many Map iterations and Parallels it is inside.

    *iteration* is its index in the innermost Map, None outside of one; *iterations* are all of them
    as (Map state, index), outermost first. *attempts* counts how often a Task, Map or Parallel ran,
    and *tasks* are the attempts of a Task; *map_failures* are errors and causes of a distributed
    Map's failed map runs. *error* and *cause* belong to its last failure, as far as
    the history has them: a Catch took it when *ended* is ``caught``. *map_run* is the ARN of the
    last map run of a distributed Map, and *children* are the failed ones of its child executions.

    *retried* are the errors after which a retrier had it run again, None where the history has
    none. *event* is the id of its StateEntered event. *input* and *output* are JSON texts, None
    where the history has none; *assigned* are the variables that it assigned, each as JSON text.
    *previous* is the visit before it in the same machine, branch or iteration, and *container* the
    visit of the Map or Parallel around it.
    """

    state: str
    type: str
    entered: datetime | str
    depth: int = 0
    iteration: int | None = None
    attempts: int = 0
    ended: Ended = "running"
    exited: datetime | str | None = None
    error: str | None = None
    cause: str | None = None
    map_run: str | None = None
    children: FailedChildren | None = None
    event: int = 0
    iterations: tuple[tuple[str, int], ...] = ()
    input: str | None = None
    output: str | None = None
    assigned: Mapping[str, str] = field(default_factory=dict)
    tasks: list[TaskAttempt] = field(default_factory=list)
    retried: list[str | None] = field(default_factory=list)
    map_failures: list[tuple[str | None, str | None]] = field(default_factory=list)
    previous: Visit | None = field(default=None, repr=False)
    container: Visit | None = field(default=None, repr=False)

    @property
    def entered_at(self) -> str:
        """The time of its entry, as records write times."""
        return _text(self.entered)

    @property
    def exited_at(self) -> str | None:
        """The time of its exit, as records write times; None without an exit."""
        return None if self.exited is None else _text(self.exited)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "state": self.state,
            "type": self.type,
            "entered_at": self.entered_at,
            "depth": self.depth,
            "iteration": self.iteration,
            "attempts": self.attempts,
            "ended": self.ended,
            "exited_at": self.exited_at,
            "error": self.error,
            "cause": self.cause,
            "map_run": self.map_run,
            "children": None if self.children is None else asdict(self.children),
        }


def _text(at: datetime | str) -> str:
    from sfn_release.release.record import timestamp

    return timestamp(at) if isinstance(at, datetime) else at
