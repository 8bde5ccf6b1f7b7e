"""Advice about a failed state, by the kind of its error. Pure.

The kinds are AWS's error names and the words of AWS's causes, as executions on AWS report them
("Handling errors in Step Functions workflows" in AWS's developer guide).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sfn_release.asl.error_names import States
from sfn_release.asl.quotas import MAX_DATA_BYTES, data_size
from sfn_release.testing.histories import cause_details
from sfn_release.testing.histories.missing_path import missing_path
from sfn_release.testing.histories.state_visits import TaskAttempt, Visit
from sfn_release.testing.histories.timeline import Timeline
from sfn_release.text import count, duration_text, excerpt, shorten

_THROTTLED = re.compile(
    r"TooManyRequests|Throttl|ProvisionedThroughputExceeded|LimitExceeded|SlowDown"
    r"|RequestLimitExceeded|Rate exceeded|ServiceQuotaExceeded",
)
_DENIED = re.compile(
    r"AccessDenied|NotAuthorized|Unauthorized|States\.Permissions|Forbidden|\.403$"
)
_NOT_ALLOWED = re.compile(r"not authorized to (?:perform:? )?`?(?P<action>[a-z0-9-]+:[A-Za-z*]+)")
_ON = re.compile(r"on resource:? (?P<resource>arn:[^\s,;()]+)")
_MISSING = re.compile(
    r"(?:NoSuch|NotFound|DoesNotExist|NotExist)|Function not found|\.404$", re.IGNORECASE
)
_LONGEST = 400  # characters of a cause or of data
_NO_RULE = "Failed to transition out of the state"
"""In AWS's cause when no rule of a Choice matches, and it has no Default."""
_TRANSIENT = frozenset(
    {
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.Unknown",
    }
)
"""Errors that AWS's developer guide ("Handle transient Lambda service exceptions") retries."""


@dataclass(frozen=True)
class FailedState:
    """A failed visit with its error. *defined* is its state in the definition, {} if unknown."""

    timeline: Timeline
    visit: Visit
    error: str | None
    cause: str | None
    defined: Mapping[str, Any]

    @property
    def attempt(self) -> TaskAttempt | None:
        """The last attempt of a Task."""
        return self.visit.tasks[-1] if self.visit.tasks else None

    @property
    def words(self) -> str:
        """The error and its cause in one text."""
        return f"{self.error or ''} {self.cause or ''}"


def advice_of(failed: FailedState) -> tuple[str, ...]:
    """Return sentences about a failure: its details, and where you look next."""
    kind = _KINDS.get(failed.error or "")
    return tuple((kind or _by_words(failed))(failed))


def _by_words(failed: FailedState) -> Callable[[FailedState], Iterator[str]]:
    """Return the advice for an error whose name isn't reserved, by its words."""
    error = failed.error or ""
    if _DENIED.search(error) or _NOT_ALLOWED.search(failed.words):
        return _permissions
    if _THROTTLED.search(error) or _THROTTLED.search(failed.cause or ""):
        return _throttled
    if error in _TRANSIENT:
        return _transient
    if _MISSING.search(error) or _MISSING.search((failed.cause or "").partition("(")[0]):
        return _missing_resource
    return _reported


def _timeout(failed: FailedState) -> Iterator[str]:
    attempt = failed.attempt
    if attempt is None:
        yield from _cause(failed)
        return
    took = failed.timeline.between(attempt.scheduled, attempt.stopped)
    after = f" after {seconds_text(took)}" if took is not None else ""
    limit, beat = attempt.timeout_seconds, attempt.heartbeat_seconds
    late = took is not None and limit is not None and took < timedelta(seconds=limit)
    if beat is not None and (limit is None or late):
        yield (
            f"No heartbeat came for {beat:g} s (HeartbeatSeconds); the attempt was given up{after}."
        )
        yield "Look at the worker: it has to call SendTaskHeartbeat more often than that."
        return
    known = f"its TimeoutSeconds of {limit:g} s" if limit is not None else "its time limit"
    yield f"The attempt reached {known}, and was given up{after}."
    if attempt.resource.endswith(".waitForTaskToken"):
        yield (
            f"Nothing sent the task token of {attempt.resource} back in time. Look at the receiver:"
            " it has to call SendTaskSuccess or SendTaskFailure."
        )
    elif ":activity:" in attempt.resource:
        yield f"Look at the workers of {attempt.resource}: does one call GetActivityTask?"
    else:
        yield f"Look at how long {attempt.resource} takes, or raise TimeoutSeconds."


def _runtime(failed: FailedState) -> Iterator[str]:
    yield from _cause(failed)
    if failed.visit.type == "Choice" and _NO_RULE in (failed.cause or ""):
        yield from _no_choice(failed)
        return
    attempt = failed.attempt
    result = attempt.result if attempt is not None else None
    yield from missing_path(failed.cause or "", failed.visit.input, result)


def _evaluation(failed: FailedState) -> Iterator[str]:
    faults = [fault for fault in failed.timeline.evaluations if fault.cause == failed.cause]
    if faults and faults[-1].location:
        yield f"The field is {faults[-1].location}."
    yield from _cause(failed)
    if failed.visit.input is not None:
        yield f"$states.input was {excerpt(failed.visit.input, _LONGEST)}"
    attempt = failed.attempt
    if attempt is not None and attempt.result is not None:
        yield f"$states.result was {excerpt(attempt.result, _LONGEST)}"


def _no_choice(failed: FailedState) -> Iterator[str]:
    from sfn_release.authoring.diagrams.captions import condition, shortened

    rules = failed.defined.get("Choices")
    conditions = [shortened(condition(rule)) for rule in rules] if isinstance(rules, list) else []
    if conditions:
        yield f"None of its {count(conditions, 'rule')} matched: {'; '.join(conditions)}"
    if failed.visit.input is not None:
        yield f"The data was {excerpt(failed.visit.input, _LONGEST)}"
    yield "Add a rule for this data, or a Default."


def _too_large(failed: FailedState) -> Iterator[str]:
    yield from _cause(failed)
    attempt = failed.attempt
    sizes = {
        "input": failed.visit.input,
        "request": attempt.arguments if attempt else None,
        "result": attempt.result if attempt else None,
    }
    for name, text in sizes.items():
        if text is not None:
            yield f"Its {name} has {data_size(text):,} bytes."
    yield (
        f"The limit is {MAX_DATA_BYTES:,} bytes (256 KiB). Put large data into S3 and pass its"
        " place, or keep only the members that you need (ResultSelector, Output)."
    )


def _throttled(failed: FailedState) -> Iterator[str]:
    yield from _cause(failed)
    waits = [wait for wait in failed.timeline.waits_between(failed.visit) if wait is not None]
    total = sum(waits, timedelta())
    tried = count(max(failed.visit.attempts, 1), "time")
    over = f", over {seconds_text(total)} of waiting" if waits else ""
    yield f"The service was too busy. The state was tried {tried}{over}."
    yield (
        "Look at the concurrency or the quota of the service. More retries, a BackoffRate and"
        ' JitterStrategy "FULL" spread the calls; MaxConcurrency of a Map limits them.'
    )


def _transient(failed: FailedState) -> Iterator[str]:
    yield from _reported(failed)
    yield f"{failed.error} passes: AWS advises a Retry for it."


def _permissions(failed: FailedState) -> Iterator[str]:
    yield from _cause(failed)
    action, resource = _NOT_ALLOWED.search(failed.words), _ON.search(failed.words)
    needed = action["action"] if action else "the action that the cause names"
    where = f" on {resource['resource']}" if resource else ""
    yield f"The role of the state machine needs {needed}{where}. Look at its IAM policy."


def _missing_resource(failed: FailedState) -> Iterator[str]:
    yield from _reported(failed)
    attempt = failed.attempt
    if attempt is not None and attempt.arguments is not None:
        yield f"The request was {excerpt(attempt.arguments, _LONGEST)}"
    yield "Check that the resource in the request exists in this account and region."


def _map_threshold(failed: FailedState) -> Iterator[str]:
    yield from _cause(failed)
    children = failed.visit.children
    if children is not None:
        why = ": ".join(part for part in (children.error, children.cause) if part)
        first = f" The first failed with {why}" if why else ""
        failed_of = f"{children.failed} of {count(children.total, 'child execution')}"
        yield f"{failed_of} failed.{first}"
    tolerated = [
        f"{field} {failed.defined[field]}"
        for field in ("ToleratedFailureCount", "ToleratedFailurePercentage")
        if field in failed.defined
    ]
    yield f"It tolerates {' and '.join(tolerated) if tolerated else 'no failed item'}."
    if failed.visit.map_run is not None:
        yield (
            "List the failed ones:  aws stepfunctions list-executions --status-filter FAILED"
            f" --map-run-arn {failed.visit.map_run}"
        )


def _reader(failed: FailedState) -> Iterator[str]:
    yield from _cause(failed)
    field = "ItemReader" if failed.error == States.ItemReaderFailed else "ResultWriter"
    yield f"Look at the bucket, the key and the format in {field}, and at the role's S3 rights."


def _reported(failed: FailedState) -> Iterator[str]:
    """Describe an error of a function, a job, a nested execution or a service."""
    details = cause_details.details_of(failed.cause)
    yield from details or _cause(failed)


def _cause(failed: FailedState) -> Iterator[str]:
    if failed.cause:
        yield shorten(failed.cause, _LONGEST)


def seconds_text(span: timedelta) -> str:
    """Return a time to read, with as many digits as matter.

    >>> seconds_text(timedelta(seconds=1.25)), seconds_text(timedelta(hours=1, seconds=3))
    ('1.25 s', '1h3s')
    """
    seconds = span.total_seconds()
    if seconds >= 60:  # noqa: PLR2004 - a minute
        return duration_text(span)
    return f"{seconds:.3g} s"


_KINDS: Mapping[str, Callable[[FailedState], Iterator[str]]] = {
    States.Timeout: _timeout,
    States.HeartbeatTimeout: _timeout,
    States.Runtime: _runtime,
    States.ParameterPathFailure: _runtime,
    States.ResultPathMatchFailure: _runtime,
    States.IntrinsicFailure: _runtime,
    States.QueryEvaluationError: _evaluation,
    States.NoChoiceMatched: _no_choice,
    States.DataLimitExceeded: _too_large,
    States.Permissions: _permissions,
    States.ExceedToleratedFailureThreshold: _map_threshold,
    States.ItemReaderFailed: _reader,
    States.ResultWriterFailed: _reader,
}
