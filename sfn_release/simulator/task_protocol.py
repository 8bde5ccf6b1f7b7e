"""The seam to the world: how a Task state is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class TaskCall:
    """One attempt of a Task state.

    *payload* is what the service would be sent (after InputPath and Parameters). *attempt* is the
    state's retry count: 0 at first. *iteration* names the Map iterations around the state,
    outermost first, as (Map state, index). *token* is the task token of a callback task.
    *reads_items* says that it is no Task state but a Map's ItemReader that asks.
    """

    state: str
    resource: str
    payload: Any
    attempt: int = 0
    timeout_seconds: float | None = None
    heartbeat_seconds: float | None = None
    iteration: tuple[tuple[str, int], ...] = ()
    role_arn: str | None = None
    token: str | None = None
    reads_items: bool = False


class TaskFailure(Exception):  # noqa: N818 - the name of the thing in the field
    """A task failed with an error name and a cause, as a service would report them.

    *seconds* is how long the task took. A ``.sync`` or callback task fails after its submission,
    to which the service answered *submitted*, unless *at_submission* says that it was refused.
    """

    def __init__(
        self,
        error: str | None,
        cause: str | None = None,
        *,
        seconds: float = 0,
        submitted: Any = None,
        at_submission: bool = False,
    ) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause
        self.seconds = seconds
        self.submitted = submitted
        self.at_submission = at_submission


class NoAnswer(Exception):  # noqa: N818 - a fault of the set-up, not of the workflow
    """Nothing is there to answer a task; *cause* says what to add.

    The execution fails at once with *error*: no Retry and no Catch of the definition applies,
    because the workflow is not what is wrong.
    """

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


@dataclass(frozen=True)
class TaskResult:
    """A task's *result* together with the time it took, which timeouts are measured against.

    *submitted* is what the service answered when a ``.sync`` or callback task was submitted.
    """

    result: Any
    seconds: float = 0
    submitted: Any = None


class Tasks(Protocol):
    """Answers Task states."""

    def run(self, call: TaskCall) -> Any:
        """Return the task's result (JSON), alone or in a `TaskResult`.

        Raises TaskFailure when the task fails, NoAnswer when there is nobody to ask.
        """
        ...
