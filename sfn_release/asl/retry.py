"""What a state does when it fails: Retry and Catch, and the language's error names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from sfn_release.asl.given import NOT_GIVEN, NotGiven, asl_key, plain, plain_object

if TYPE_CHECKING:
    from sfn_release.asl.state import State


class States:
    """The names that the language reserves, spelled as the language spells them.

    >>> States.Timeout
    'States.Timeout'
    """

    ALL: Final = "States.ALL"
    BranchFailed: Final = "States.BranchFailed"
    DataLimitExceeded: Final = "States.DataLimitExceeded"
    ExceedToleratedFailureThreshold: Final = "States.ExceedToleratedFailureThreshold"
    HeartbeatTimeout: Final = "States.HeartbeatTimeout"
    IntrinsicFailure: Final = "States.IntrinsicFailure"
    ItemReaderFailed: Final = "States.ItemReaderFailed"
    NoChoiceMatched: Final = "States.NoChoiceMatched"
    ParameterPathFailure: Final = "States.ParameterPathFailure"
    Permissions: Final = "States.Permissions"
    QueryEvaluationError: Final = "States.QueryEvaluationError"
    ResultPathMatchFailure: Final = "States.ResultPathMatchFailure"
    ResultWriterFailed: Final = "States.ResultWriterFailed"
    Runtime: Final = "States.Runtime"
    TaskFailed: Final = "States.TaskFailed"
    Timeout: Final = "States.Timeout"


@dataclass(frozen=True, slots=True)
class Retry:
    """Try a Task, Parallel or Map again after an error.

    *error_equals* is one error name or several. What is not given has the language's default:
    *interval_seconds* 1, *max_attempts* 3 (0: never), *backoff_rate* 2.0.

    >>> Retry(States.Timeout, max_attempts=2).to_asl()
    {'ErrorEquals': ['States.Timeout'], 'MaxAttempts': 2}
    """

    error_equals: str | Sequence[str]
    interval_seconds: int | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    max_attempts: int | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    backoff_rate: float | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    max_delay_seconds: int | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    jitter_strategy: Literal["FULL", "NONE"] | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    comment: str | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def to_asl(self) -> dict[str, Any]:
        """Return the retrier as the language writes it."""
        return _written(self, _RETRY) | plain_object(self.extra)


@dataclass(frozen=True, slots=True)
class Catch:
    """Go to another state after an error that was not retried away.

    *next* is the state, or its id. *result_path* says where the error's object goes: by default it
    replaces the input; None discards it.
    """

    error_equals: str | Sequence[str]
    next: State | str
    result_path: str | NotGiven | None = field(default=NOT_GIVEN, kw_only=True)
    comment: str | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def to_asl(self, next_id: str) -> dict[str, Any]:
        """Return the catcher as the language writes it; *next_id* is the id of `next`."""
        written = _written(self, _CATCH)
        return written | plain_object(self.extra) | {"Next": next_id}


_RETRY = (
    "comment",
    "error_equals",
    "interval_seconds",
    "max_attempts",
    "backoff_rate",
    "max_delay_seconds",
    "jitter_strategy",
)
_CATCH = ("comment", "error_equals", "result_path")


def _written(rule: Retry | Catch, attributes: Sequence[str]) -> dict[str, Any]:
    values = ((name, getattr(rule, name)) for name in attributes)
    written = {asl_key(name): plain(value) for name, value in values if value is not NOT_GIVEN}
    errors = written["ErrorEquals"]
    written["ErrorEquals"] = [errors] if isinstance(errors, str) else errors
    return written
