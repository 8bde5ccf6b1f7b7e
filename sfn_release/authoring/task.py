"""Functions that make Task states, exported as `sfn_release.task`.

Each function fills in the resource's ARN and the shape that the service expects, and returns an
ordinary Task. It works in both query languages: the service's input is written as Parameters or
Arguments, whichever the workflow has. For anything else, write ``Task(resource=...)``.

The end of the action, or *pattern*, sets how long a task waits. By default, it waits for the answer
to the call. ``sync`` and ``sync:2`` wait for the end of the job. ``waitForTaskToken`` waits until
your code sends the token (``Context.Task.Token``) back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, Unpack

from sfn_release.authoring.expressions import ENTIRE_INPUT, Context, Dynamic, Inputs, Portable
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven
from sfn_release.authoring.retry import Retry
from sfn_release.authoring.state import as_list
from sfn_release.authoring.state_keywords import TaskFields
from sfn_release.authoring.states import Task
from sfn_release.authoring.value_types import Retries
from sfn_release.errors import DefinitionError

IntegrationPattern = Literal["", "sync", "sync:2", "waitForTaskToken"]
"""How a task waits: for the answer to the call, for the end of the job, or for a callback."""
Method = Literal["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]
Parameters: TypeAlias = Mapping[str, Any] | NotGiven

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
"""AWS's advice for every Lambda task: retry the temporary errors of the service itself."""

HTTP_RETRY: Final = Retry(
    (
        "States.Http.StatusCode.429",
        "States.Http.StatusCode.503",
        "States.Http.StatusCode.504",
        "States.Http.StatusCode.502",
    ),
    interval_seconds=1,
    max_attempts=3,
    backoff_rate=2,
    jitter_strategy="FULL",
)
"""For an HTTP task whose call you can repeat: retry throttling and temporary gateway errors.

Source of the errors and the numbers: "Call HTTPS APIs in Step Functions workflows", section "HTTP
Task example", in AWS's developer guide (``call-https-apis.html``).
"""

_ACTION = re.compile(r"([A-Za-z0-9_-]+:[A-Za-z0-9_]+)(?:\.(sync|sync:2|waitForTaskToken))?")


def optimized(
    action: str,
    parameters: Parameters = NOT_GIVEN,
    *,
    id: str | None = None,
    pattern: IntegrationPattern = "",
    retry: Retries = (),
    **fields: Unpack[TaskFields],
) -> Task:
    """Return a Task for an optimized integration, such as ``sns:publish``.

    *action* is the service and the action, spelled as Step Functions spells them. *parameters* are
    those of the action, in PascalCase. Raises DefinitionError for anything but an action.

    >>> optimized("glue:startJobRun.sync", {"JobName": "nightly"}).resource
    'arn:aws:states:::glue:startJobRun.sync'
    """
    return _task(action, parameters, "", id=id, pattern=pattern, retry=retry, **fields)


def sdk(
    action: str,
    parameters: Parameters = NOT_GIVEN,
    *,
    id: str | None = None,
    pattern: Literal["", "waitForTaskToken"] = "",
    retry: Retries = (),
    **fields: Unpack[TaskFields],
) -> Task:
    """Return a Task that calls any action of any AWS service, such as ``s3:getObject``.

    *action* is the service's name in AWS's SDK for Java, and the action in camelCase. *parameters*
    are those of the action, in PascalCase. Raises DefinitionError for anything but an action.

    >>> sdk("s3:getObject", {"Bucket": "b", "Key": "k"}).resource
    'arn:aws:states:::aws-sdk:s3:getObject'
    """
    return _task(action, parameters, "aws-sdk:", id=id, pattern=pattern, retry=retry, **fields)


def lambda_invoke(
    function: str | Dynamic,
    *,
    id: str | None = None,
    payload: Any = NOT_GIVEN,
    pattern: Literal["", "waitForTaskToken"] = "",
    retry: Retries | NotGiven = NOT_GIVEN,
    **fields: Unpack[TaskFields],
) -> Task:
    """Return a Task that invokes a Lambda function.

    *function* is its name or ARN, qualified or not, or a ``${Parameter}``. The function receives
    *payload*, by default the state's input. With ``waitForTaskToken`` the default is an object of
    *input* and *token*. The function's answer becomes the state's output. If you give a
    *result_selector*, *result_path*, *output_path* or *output*, it applies to the whole answer of
    the integration, and the function's answer is its ``Payload``. *retry* is `LAMBDA_RETRY` by
    default; ``[]`` turns it off.
    """
    waits = pattern == "waitForTaskToken"
    if payload is NOT_GIVEN and waits:
        payload = {"input": ENTIRE_INPUT, "token": Context.Task.Token}
    elif payload is NOT_GIVEN:
        payload = ENTIRE_INPUT
    placed = {"result_selector", "result_path", "output_path", "output"} & fields.keys()
    if not waits and not placed:  # the answer to a callback has no Payload around it
        fields["output_path"] = Portable("$.Payload", "$states.result.Payload")
    return optimized(
        "lambda:invoke",
        {"FunctionName": function, "Payload": payload},
        id=id,
        pattern=pattern,
        retry=[LAMBDA_RETRY] if isinstance(retry, NotGiven) else retry,
        **fields,
    )


def http(
    endpoint: str | Dynamic,
    method: Method,
    *,
    connection: str | Dynamic,
    id: str | None = None,
    headers: Parameters = NOT_GIVEN,
    query: Parameters = NOT_GIVEN,
    body: Any = NOT_GIVEN,
    transform: Parameters = NOT_GIVEN,
    retry: Retries = (),
    **fields: Unpack[TaskFields],
) -> Task:
    """Return a Task that calls an HTTPS *endpoint*.

    *connection* is the ARN of the EventBridge connection that holds the credentials. *transform*
    sets the encoding of *body*: ``{"RequestBodyEncoding": "URL_ENCODED"}``. The result has
    ``ResponseBody``, ``StatusCode`` and ``Headers``. Nothing is retried by default. For calls that
    you can repeat, use `HTTP_RETRY`.
    """
    given = {
        "ApiEndpoint": endpoint,
        "Method": method,
        "Authentication": {"ConnectionArn": connection},
        "Headers": headers,
        "QueryParameters": query,
        "RequestBody": body,
        "Transform": transform,
    }
    parameters = {key: value for key, value in given.items() if value is not NOT_GIVEN}
    return optimized("http:invoke", parameters, id=id, retry=retry, **fields)


def activity(
    arn: str,
    parameters: Parameters = NOT_GIVEN,
    *,
    id: str | None = None,
    retry: Retries = (),
    **fields: Unpack[TaskFields],
) -> Task:
    """Return a Task that your worker takes from the activity *arn*, or a ``${Parameter}``.

    Set *timeout_seconds*, and *heartbeat_seconds* if your worker sends heartbeats. Without them,
    the execution waits for a lost worker until its own timeout.
    """
    return Task(id, resource=arn, parameters=_inputs(parameters), retry=[*as_list(retry)], **fields)


def _task(
    action: str,
    parameters: Parameters,
    family: str,
    *,
    id: str | None,
    pattern: IntegrationPattern,
    retry: Retries,
    **fields: Unpack[TaskFields],
) -> Task:
    found = _ACTION.fullmatch(str(action))
    if found is None or (found[2] and pattern and found[2] != pattern):
        raise DefinitionError(
            f"{action!r} is not an action"
            + (f" with the pattern {pattern!r}." if pattern else " of a service."),
            fix='Write service:action, as in "sns:publish" or "ecs:runTask.sync".',
        )
    waiting = found[2] or pattern
    suffix = f".{waiting}" if waiting else ""
    return Task(
        id,
        resource=f"arn:aws:states:::{family}{found[1]}{suffix}",
        parameters=_inputs(parameters),
        retry=[*as_list(retry)],
        **fields,
    )


def _inputs(parameters: Parameters) -> Inputs | NotGiven:
    return parameters if isinstance(parameters, NotGiven) else Inputs(parameters)
