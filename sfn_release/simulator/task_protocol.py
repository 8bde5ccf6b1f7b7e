"""The interface between a Task state and whatever answers it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, Protocol


@dataclass(frozen=True)
class TaskCall:
    """One attempt of a Task state.

    *payload* is the request to the service, after InputPath and Parameters. *attempt* is the
    state's retry count: 0 at first. *iteration* names the enclosing Map iterations, outermost
    first, as (Map state, index). *token* identifies this attempt; it is the task token of a
    callback task or an activity. *reads_items* is true for the ItemReader of a Map, which you
    answer like a Task state. The ARNs of the execution and its state machine are known for Task
    states.
    """

    state: str
    resource: str
    payload: Any
    attempt: int = 0
    timeout_seconds: float | None = None
    heartbeat_seconds: float | None = None
    iteration: tuple[tuple[str, int], ...] = ()
    role_arn: str | None = None
    token: str = ""
    reads_items: bool = False
    execution_arn: str = ""
    state_machine_arn: str = ""


class TaskFailure(Exception):  # noqa: N818 - the name of the thing in the field
    """A task failed with an error name and a cause, as a service would report them.

    *seconds* is how long the task took. A ``.sync`` or callback task fails after its submission,
    which the service answered with *submitted*. With *at_submission* the service refused the
    submission itself.
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


OURS = "SfnRelease."
"""The prefix of errors that AWS doesn't have. They are about the set-up, such as a missing mock."""


class NoAnswer(Exception):  # noqa: N818 - a fault of the set-up, not of the workflow
    """A task has no answer; *cause* explains how to add one.

    The execution fails at once with *error*. The definition's Retry and Catch don't apply, because
    the set-up is at fault, not the workflow.
    """

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


@dataclass(frozen=True)
class TaskResult:
    """A task's *result*, and the time it took, which counts against the task's timeouts.

    *submitted* is the service's answer to the submission of a ``.sync`` or callback task. With
    *text*, you say that *result* was parsed from this JSON text and is nobody else's: it's neither
    written again nor copied.
    """

    result: Any
    seconds: float = 0
    submitted: Any = None
    text: str | None = None


@dataclass(frozen=True)
class FunctionResult(TaskResult):
    """The result of a Lambda function, in the form that the task's integration gives it."""


@dataclass(frozen=True)
class Later:
    """The answer comes later, by `sfn_release.simulator.execution.Execution.answer`.

    With a *work* in progress, its result is the answer, as `Tasks.run` returns or raises it. In
    virtual time the execution waits for that work while time stands still. *submitted* is the
    service's answer to the submission of a ``.sync`` or callback task.

    With a *timeout*, the answer never comes, on purpose: the task runs into its TimeoutSeconds
    (``task``; its heartbeats come in time) or into its HeartbeatSeconds (``heartbeat``).
    """

    work: Future[Any] | None = None
    submitted: Any = None
    timeout: Literal["task", "heartbeat"] | None = None


@dataclass(frozen=True)
class TaskStarted:
    """An activity worker has taken the task."""

    worker: str


@dataclass(frozen=True)
class TaskHeartbeat:
    """The worker is still at it."""


class Tasks(Protocol):
    """Answers Task states. Implement it to answer tasks your own way."""

    def run(self, call: TaskCall) -> Any:
        """Return the task's result (JSON), alone or in a `TaskResult`, or `Later`.

        Raises TaskFailure when the task fails, and NoAnswer when nothing can answer it.
        """
        ...
