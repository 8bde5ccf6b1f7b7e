"""The errors that a task can meet, by its Resource, in the names that Step Functions reports.

Sources: botocore's models for the errors of an action; "Handling errors in Step Functions
workflows", "Call HTTPS APIs in Step Functions workflows" and "Create API Gateway REST APIs with
Step Functions" in AWS's developer guide for the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sfn_release.asl.error_names import States
from sfn_release.asl.integrations import (
    CALLBACK,
    ServiceCall,
    is_activity,
    is_function,
    service_call,
)
from sfn_release.checks.services.botocore_models import Service, optimized_service, sdk_service
from sfn_release.tasks.model_endpoint import invokes_model, model_service
from sfn_release.tasks.service_failures import ServiceFault, failure_of, unreachable
from sfn_release.testing.faults.injections import Failing, Fault, Overdue, Silent
from sfn_release.testing.faults.state_places import StatePlace

_REQUEST: Final = "00000000-0000-0000-0000-000000000000"
_TIMEOUTS: Final = ("TimeoutSeconds", "TimeoutSecondsPath")
_HEARTBEATS: Final = ("HeartbeatSeconds", "HeartbeatSecondsPath")
_LAMBDA: Final = (
    # errors of the function and of Lambda that are in no model
    ("Lambda.Unknown", "The cause could not be determined because Lambda did not return an error."),
    ("Sandbox.Timedout", '{"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out"}'),
    ("Runtime.ExitError", '{"errorType": "Runtime.ExitError", "errorMessage": "signal: killed"}'),
)
_DOCUMENTED: Final = (
    # errors of functions that the guide advises to handle come first
    *("Lambda.TooManyRequestsException", "Lambda.ServiceException", "Lambda.AWSLambdaException"),
    *("Lambda.SdkClientException", "Lambda.Unknown", "Sandbox.Timedout"),
)
_HTTP: Final = (
    *(f"States.Http.StatusCode.{status}" for status in (400, 401, 403, 404, 409, 429, 500, 503)),
    "States.Http.Socket",
    "Events.ConnectionResource.InvalidConnectionState",
    "Events.ConnectionResource.AuthorizationInProgress",
    "Events.ConnectionResource.NotFound",
    "Events.ConnectionResource.AccessDenied",
    "Events.ConnectionResource.InternalServiceError",
)
_API: Final = tuple(f"ApiGateway.{status}" for status in (400, 403, 404, 429, 500, 503))
_KUBERNETES: Final = tuple(f"EKS.{status}" for status in (401, 403, 404, 409, 500))
_THROTTLES: Final = re.compile(r"Throttl|TooManyRequests|Throughput|RequestLimit|SlowDown")
_REFUSED: Final = 400
_BUSY: Final = 429
_OWN: Final = re.compile(r"States\.\w+")


def task_faults(place: StatePlace) -> list[Fault]:
    """Return the errors that a Task state can meet, each once.

    Its own Retry and Catch may name more errors, because its author expects them.
    """
    resource = place.resource
    call = service_call(resource)
    waits = bool(call and call.wait) or is_activity(resource)
    found: dict[str, Fault] = {}
    for fault in (
        *_timeouts(place, waits=waits),
        *_service_faults(resource, call),
        *_named(place),
        _failing(States.TaskFailed, _failed_job(call)),
        _failing(States.Permissions, "The role is not authorized to perform the task's action."),
    ):
        found.setdefault(fault.error, fault)
    return [*found.values()]


def map_faults(place: StatePlace) -> Iterator[tuple[Fault, str]]:
    """Yield the errors of a distributed Map's files, with the Resource that meets each."""
    for field, error in (
        ("ItemReader", "States.ItemReaderFailed"),
        ("ResultWriter", "States.ResultWriterFailed"),
    ):
        part = place.definition.get(field)
        if isinstance(part, Mapping) and isinstance(part.get("Resource"), str):
            answer = Failing("S3.AmazonS3Exception", "Access Denied (Service: Amazon S3)")
            yield Fault(error, answer), part["Resource"]


def has_timeout(place: StatePlace) -> bool:
    """Whether a Task has a timeout of its own."""
    return any(name in place.definition for name in _TIMEOUTS)


def custom_names(handlers: Sequence[Any]) -> Iterator[str]:
    """Yield the names in the ErrorEquals of retriers or catchers."""
    for handler in handlers if isinstance(handlers, list) else ():
        names = handler.get("ErrorEquals") if isinstance(handler, Mapping) else None
        yield from (name for name in names or () if isinstance(name, str))


def _failing(error: str, cause: str) -> Fault:
    return Fault(error, Failing(error, cause))


def _timeouts(place: StatePlace, *, waits: bool) -> Iterator[Fault]:
    """Yield the timeouts of a task.

    A task without a timeout that waits for an answer from outside waits as long as the execution
    may last.
    """
    beats = any(name in place.definition for name in _HEARTBEATS)
    call = service_call(place.resource)
    callback = is_activity(place.resource) or (call is not None and call.wait == CALLBACK)
    if has_timeout(place):
        yield Fault(States.Timeout, Overdue(States.Timeout))
    if beats and callback:
        yield Fault(States.HeartbeatTimeout, Overdue(States.HeartbeatTimeout))
    elif waits and not has_timeout(place):
        yield Fault(States.Timeout, Silent())


def _service_faults(resource: str, call: ServiceCall | None) -> Iterator[Fault]:
    if is_function(resource) or (call and (call.service, call.action) == ("lambda", "invoke")):
        yield from _function_faults(submits=bool(call and call.wait))
        return
    if call is None:
        yield _failing("Exception", "The worker reports a failure.")
        return
    by_status = {"http": _HTTP, "apigateway": _API, "eks": _KUBERNETES}.get(call.service, ())
    yield from (_failing(error, error) for error in by_status)
    service = _service(call)
    if service is not None and not by_status:
        sdk = call.service == "aws-sdk"
        yield from _modelled(service, call.action, sdk=sdk, submits=bool(call.wait))


def _service(call: ServiceCall) -> Service | None:
    """Return the service whose model documents the errors of a call; None for one without."""
    if call.service == "aws-sdk":
        return sdk_service(call.sdk)
    if invokes_model(call.service, call.action):
        return model_service()
    return optimized_service(call.service)


def _function_faults(*, submits: bool) -> Iterator[Fault]:
    found = [_failing(error, cause) for error, cause in _LAMBDA]
    service = optimized_service("lambda")
    if service is not None:
        found += _modelled(service, "invoke", sdk=False, submits=submits)
    yield from sorted(found, key=lambda fault: _place(fault.error))
    yield _failing("Exception", '{"errorType": "Exception", "errorMessage": "It failed."}')


def _place(error: str) -> int:
    return _DOCUMENTED.index(error) if error in _DOCUMENTED else len(_DOCUMENTED)


def _modelled(service: Service, action: str, *, sdk: bool, submits: bool) -> Iterator[Fault]:
    """Yield the errors that botocore documents for an action, and the errors of every action.

    Some optimized actions aren't operations of their service, such as ``createCluster`` of EMR.
    """
    operation = service.actions.get(action, {})
    shapes = [error["shape"] for error in operation.get("errors", ())]
    codes = {shape: service.shapes[shape].get("error", {}) for shape in sorted(shapes)}
    if not any(_THROTTLES.search(shape) for shape in codes):
        codes = {"ThrottlingException": {"httpStatusCode": _BUSY}, **codes}
    codes["AccessDeniedException"] = {}
    for code in sorted(codes, key=lambda code: not _THROTTLES.search(code)):
        status = codes[code].get("httpStatusCode", _REFUSED)
        fault = ServiceFault(code, f"The service refuses the request: {code}.", status, _REQUEST)
        failure = failure_of(service, fault, sdk=sdk)
        yield Fault(str(failure.error), Failing(failure.error, failure.cause, 0, submits))
    failure = unreachable(service, "Read timed out", sdk=sdk)
    yield Fault(str(failure.error), Failing(failure.error, failure.cause, 0, submits))


def _named(place: StatePlace) -> Iterator[Fault]:
    """Yield the names of the state's own Retry and Catch that the language doesn't reserve."""
    for field in ("Retry", "Catch"):
        for name in custom_names(place.definition.get(field, [])):
            if not _OWN.fullmatch(name):
                yield _failing(name, f"{name}.")


def _failed_job(call: ServiceCall | None) -> str:
    if call is not None and call.wait.startswith(".sync"):
        return '{"Status": "FAILED"}'
    return "The task failed."
