"""Makers of Task states, exported as ``sfn_release.task``.

A maker fills in the resource's ARN and the shape that the service expects, and returns an ordinary
Task. Services without one are reached by `optimized`, or by ``Task(resource=...)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypedDict, Unpack

from sfn_release.asl.given import NOT_GIVEN, NotGiven
from sfn_release.asl.retry import Catch, Retry
from sfn_release.asl.state import Path, State, Template, Text, Whole
from sfn_release.asl.states import Task

Pattern = Literal["", "sync", "sync:2", "waitForTaskToken"]
"""How a task waits: for the answer to the call, for the job's end, or for a callback."""

LAMBDA_RETRY: Final = Retry(
    (
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    ),
    interval_seconds=1,
    max_attempts=3,
    backoff_rate=2,
    jitter_strategy="FULL",
)
"""What AWS advises for every Lambda task: the service's own hiccups are tried again."""


class TaskFields(TypedDict, total=False):
    """The fields of a Task that a maker passes on."""

    comment: Text
    input_path: Path
    output_path: Path
    result_selector: Template
    result_path: Path
    credentials: Template
    timeout_seconds: Whole
    timeout_seconds_path: Text
    heartbeat_seconds: Whole
    heartbeat_seconds_path: Text
    catch: Sequence[Catch]
    next: State | str | None
    end: bool
    extra: Mapping[str, Any]


def optimized(
    action: str,
    parameters: Template = NOT_GIVEN,
    *,
    id: str | None = None,
    pattern: Pattern = "",
    retry: Sequence[Retry] = (),
    **fields: Unpack[TaskFields],
) -> Task:
    """Return a Task for an optimized integration, such as ``sns:publish``.

    *action* is the service and the action as Step Functions writes them; *parameters* are the
    action's own, in PascalCase.

    >>> optimized("glue:startJobRun", {"JobName": "nightly"}, pattern="sync").resource
    'arn:aws:states:::glue:startJobRun.sync'
    """
    suffix = f".{pattern}" if pattern else ""
    return Task(
        id,
        resource=f"arn:aws:states:::{action}{suffix}",
        parameters=parameters,
        retry=list(retry),
        **fields,
    )


def lambda_invoke(
    function: str,
    *,
    id: str | None = None,
    payload: Any = NOT_GIVEN,
    pattern: Literal["", "waitForTaskToken"] = "",
    retry: Sequence[Retry] | NotGiven = NOT_GIVEN,
    **fields: Unpack[TaskFields],
) -> Task:
    """Return a Task that invokes a Lambda function.

    *function* is its name or ARN, qualified or not, or a ``${Parameter}``. The function receives
    *payload*, by default the state's input. Its answer becomes the state's output; with a
    *result_selector*, *result_path* or *output_path* the integration's whole answer is at hand,
    and the function's is its ``$.Payload``. *retry* is by default `LAMBDA_RETRY`.
    """
    given = {"Payload.$": "$"} if payload is NOT_GIVEN else {"Payload": payload}
    if not {"result_selector", "result_path", "output_path"} & fields.keys():
        fields["output_path"] = "$.Payload"
    return optimized(
        "lambda:invoke",
        {"FunctionName": function, **given},
        id=id,
        pattern=pattern,
        retry=[LAMBDA_RETRY] if isinstance(retry, NotGiven) else retry,
        **fields,
    )
