"""The failures of states, executions and iterations."""

from __future__ import annotations

from sfn_release.asl.quotas import MAX_DATA_BYTES, data_size

RUNTIME = "States.Runtime"


class StateFailure(Exception):  # noqa: N818 - the field's word
    """A state fails with an error that its Retry and Catch may handle.

    *error* and *cause* are reported. A retrier or catcher that names one of *also* applies too:
    ``States.HeartbeatTimeout`` is reported as States.Timeout.
    """

    def __init__(
        self, error: str | None, cause: str | None = None, *, also: tuple[str, ...] = ()
    ) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause
        self.names = (error or "", *also)

    def output(self) -> dict[str, str | None]:
        """Return the error output, which a catcher's ResultPath places.

        A missing error or cause is null, except for a timeout's cause, which is empty.
        """
        silent = "" if self.error == "States.Timeout" else None
        return {"Error": self.error, "Cause": silent if self.cause is None else self.cause}

    @property
    def ends_execution(self) -> bool:
        """Whether it is a States.Runtime, which no Retry or Catch handles."""
        return self.error == RUNTIME

    def matches(self, errors: list[str]) -> bool:
        """Return whether a retrier's or catcher's ErrorEquals covers this failure.

        Nothing covers States.Runtime, not even its own name. States.TaskFailed covers everything
        except timeouts.
        """
        if self.ends_execution:
            return False
        if "States.ALL" in errors or any(name in errors for name in self.names):
            return True
        return "States.TaskFailed" in errors and self.error != "States.Timeout"


class EvaluationFailure(StateFailure):
    """A JSONata field of a state can't be computed.

    *state* and *location* name the field in the history. *refused* is true when the expression
    had a result that the field can't have; AWS links the event of such a failure otherwise. An
    *endless* expression took longer than an expression may.
    """

    def __init__(self, cause: str, state: str, location: str, *, refused: bool = False) -> None:
        super().__init__("States.QueryEvaluationError", cause)
        self.state = state
        self.location = location
        self.refused = refused
        self.endless = False
        self.recorded = False


class ExecutionFailure(Exception):  # noqa: N818 - names an end, not a mistake
    """The whole execution fails at once, without Retry and Catch."""

    def __init__(self, error: str | None, cause: str | None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class HistoryFull(ExecutionFailure):
    """The execution has as many events as AWS allows."""


class ExecutionTimedOut(Exception):  # noqa: N818 - names an end, not a mistake
    """The state machine's TimeoutSeconds, or AWS's limit of a year, has passed."""


class ExecutionStopped(Exception):  # noqa: N818 - names an end, not a mistake
    """StopExecution; *error* and *cause* are the caller's reasons."""

    def __init__(self, error: str | None, cause: str | None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class ChildStopped(Exception):  # noqa: N818 - names the thing
    """StopExecution of one child execution; *error* and *cause* are the caller's reasons."""

    def __init__(self, error: str | None, cause: str | None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


def exceeds_quota(text: str) -> bool:
    """Return whether JSON text is larger than the data of a state can be."""
    return data_size(text) > MAX_DATA_BYTES


def too_large(name: str) -> StateFailure:
    """Return the failure of a state or task *name* with a result beyond the quota."""
    return StateFailure(
        "States.DataLimitExceeded",
        f"The state/task '{name}' returned a result with a size exceeding the maximum number of"
        " bytes service limit.",
    )
