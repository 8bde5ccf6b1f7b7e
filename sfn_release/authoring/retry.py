"""Retry and Catch: how a state handles errors.

You can write both in one call, ``Retry(States.Timeout, max_attempts=2)``, or step by step:
``Retry.new().if_timeout_error().with_max_attempts(2)``. Each step returns a new object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Self

from sfn_release.asl.error_names import States
from sfn_release.asl.field_types import JSONPATH
from sfn_release.asl.placeholders import Parameter
from sfn_release.authoring.expressions import JsonPath
from sfn_release.authoring.field_writer import put_field, with_extra
from sfn_release.authoring.json_values import asl_key
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven
from sfn_release.errors import DefinitionError

if TYPE_CHECKING:
    from sfn_release.authoring.value_types import TransitionTarget


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """The errors that a `Retry` or a `Catch` handles.

    *error_equals* is one error name or several. *extra* holds any other fields, which are written
    as they are.
    """

    error_equals: str | Sequence[str] = ()
    comment: str | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    @classmethod
    def new(cls) -> Self:
        """Return a rule without errors. Add them with ``.if_...`` steps."""
        return cls()

    def if_error(self, *names: str) -> Self:
        """Return the rule for errors of *names* too."""
        return replace(self, error_equals=(*self.errors, *names))

    def if_all_error(self) -> Self:
        """Return the rule for any error. It must be the only error of the last rule."""
        return self.if_error(States.ALL)

    def if_heartbeat_timeout_error(self) -> Self:
        """Return the rule for a task that sent no heartbeat, too."""
        return self.if_error(States.HeartbeatTimeout)

    def if_timeout_error(self) -> Self:
        """Return the rule for a task that took too long, too."""
        return self.if_error(States.Timeout)

    def if_task_failed_error(self) -> Self:
        """Return the rule for any failure of a task except a timeout, too."""
        return self.if_error(States.TaskFailed)

    def if_permissions_error(self) -> Self:
        """Return the rule for a task that lacks a permission, too."""
        return self.if_error(States.Permissions)

    def if_result_path_match_failure_error(self) -> Self:
        """Return the rule for a result that its ResultPath can't place, too."""
        return self.if_error(States.ResultPathMatchFailure)

    def if_parameter_path_failure_error(self) -> Self:
        """Return the rule for a path in Parameters that leads nowhere, too."""
        return self.if_error(States.ParameterPathFailure)

    def if_branch_failed_error(self) -> Self:
        """Return the rule for a branch of a Parallel that failed, too."""
        return self.if_error(States.BranchFailed)

    def if_no_choice_matched_error(self) -> Self:
        """Return the rule for a Choice in which no rule was true, too."""
        return self.if_error(States.NoChoiceMatched)

    def if_intrinsic_failure_error(self) -> Self:
        """Return the rule for an intrinsic function that failed, too."""
        return self.if_error(States.IntrinsicFailure)

    def if_data_limit_exceeded_error(self) -> Self:
        """Return the rule for an output that is too large, too."""
        return self.if_error(States.DataLimitExceeded)

    def if_query_evaluation_error(self) -> Self:
        """Return the rule for a JSONata expression that failed, too."""
        return self.if_error(States.QueryEvaluationError)

    def if_lambda_unknown_error(self) -> Self:
        """Return the rule for a Lambda function that crashed, too."""
        return self.if_error("Lambda.Unknown")

    def if_lambda_service_error(self) -> Self:
        """Return the rule for Lambda's ServiceException, too."""
        return self.if_error("Lambda.ServiceException")

    def if_lambda_aws_error(self) -> Self:
        """Return the rule for Lambda's AWSLambdaException, too."""
        return self.if_error("Lambda.AWSLambdaException")

    def if_lambda_sdk_client_error(self) -> Self:
        """Return the rule for Lambda's SdkClientException, too."""
        return self.if_error("Lambda.SdkClientException")

    def if_lambda_too_many_requests_error(self) -> Self:
        """Return the rule for Lambda's throttling, too."""
        return self.if_error("Lambda.TooManyRequestsException")

    @property
    def errors(self) -> list[str]:
        """The names of the errors that the rule handles."""
        given = self.error_equals
        return [given] if isinstance(given, str) else list(given)


@dataclass(frozen=True, slots=True)
class Retry(ErrorRule):
    """Try a Task, Parallel or Map again after an error.

    *error_equals* is one error name or several. The language's defaults are: *interval_seconds* 1,
    *max_attempts* 3 (0 never retries), *backoff_rate* 2.0. *interval_seconds* and
    *max_delay_seconds* may be a `timedelta` of whole seconds.

    >>> Retry(States.Timeout, max_attempts=2).to_asl()
    {'ErrorEquals': ['States.Timeout'], 'MaxAttempts': 2}
    """

    interval_seconds: int | timedelta | Parameter | NotGiven = field(
        default=NOT_GIVEN, kw_only=True
    )
    max_attempts: int | Parameter | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    backoff_rate: float | Parameter | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    max_delay_seconds: int | timedelta | Parameter | NotGiven = field(
        default=NOT_GIVEN, kw_only=True
    )
    jitter_strategy: Literal["FULL", "NONE"] | NotGiven = field(default=NOT_GIVEN, kw_only=True)

    def with_interval_seconds(self, seconds: int | timedelta) -> Retry:
        """Return the rule with *seconds* before the first retry."""
        return replace(self, interval_seconds=seconds)

    def with_max_attempts(self, attempts: int) -> Retry:
        """Return the rule with up to *attempts* retries."""
        return replace(self, max_attempts=attempts)

    def with_back_off_rate(self, rate: float) -> Retry:
        """Return the rule with pauses that grow by the factor *rate*."""
        return replace(self, backoff_rate=rate)

    def with_max_delay_seconds(self, seconds: int | timedelta) -> Retry:
        """Return the rule with pauses of at most *seconds*."""
        return replace(self, max_delay_seconds=seconds)

    def with_full_jitter(self) -> Retry:
        """Return the rule with pauses of random length, up to their usual length."""
        return replace(self, jitter_strategy="FULL")

    def to_asl(self) -> dict[str, Any]:
        """Return the retrier as JSON."""
        return _write_rule(self, _RETRY, JSONPATH)


@dataclass(frozen=True, slots=True)
class Catch(ErrorRule):
    """Go to another state after an error that retries didn't resolve.

    *next* is the state, or its id. *result_path* (JSONPath) is the place of the error object: by
    default it replaces the input, None discards it. *output* (JSONata) is the input of the next
    state. *assign* sets variables, in both languages.
    """

    next: TransitionTarget | None = None
    result_path: str | JsonPath | NotGiven | None = field(default=NOT_GIVEN, kw_only=True)
    assign: Mapping[str, Any] | NotGiven = field(default=NOT_GIVEN, kw_only=True)
    output: Any = field(default=NOT_GIVEN, kw_only=True)

    def next_then(self, state: TransitionTarget) -> Catch:
        """Return the rule that goes to *state*."""
        return replace(self, next=state)

    def with_result_path(self, result_path: str | JsonPath | None) -> Catch:
        """Return the rule that puts the error object at *result_path*. None discards it."""
        return replace(self, result_path=result_path)

    def with_output(self, output: Any) -> Catch:
        """Return the rule that passes *output* on (JSONata)."""
        return replace(self, output=output)

    def with_assign(self, assign: Mapping[str, Any]) -> Catch:
        """Return the rule that sets the variables of *assign*."""
        return replace(self, assign=assign)

    @property
    def target(self) -> TransitionTarget:
        """The state to go to. Raises DefinitionError without one."""
        if self.next is None:
            raise DefinitionError(
                f"The Catch of {', '.join(self.errors) or 'no error'} has no next state.",
                fix="Write sfn.Catch(errors, state) or .next_then(state).",
            )
        return self.next

    def to_asl(self, next_id: str, language: str = JSONPATH) -> dict[str, Any]:
        """Return the catcher as JSON. *next_id* is the id of `next`.

        Raises DefinitionError for values of the other query language.
        """
        return _write_rule(self, _CATCH, language) | {"Next": next_id}


_RETRY = (
    *("comment", "error_equals", "interval_seconds", "max_attempts", "backoff_rate"),
    *("max_delay_seconds", "jitter_strategy"),
)
_CATCH = ("comment", "error_equals", "result_path", "assign", "output")


def _write_rule(rule: Retry | Catch, attributes: Sequence[str], language: str) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name in attributes:
        value = rule.errors if name == "error_equals" else getattr(rule, name)
        if value is not NOT_GIVEN:
            put_field(body, asl_key(name), value, language)
    return with_extra(body, rule.extra, language)
