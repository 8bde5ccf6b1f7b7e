"""Holds the error names of mocks against the errors that a task can have.

Sources: "Handling errors in Step Functions workflows" in AWS's developer guide, botocore's models,
and recorded executions.
"""

from __future__ import annotations

from typing import Final

from sfn_release.asl.integrations import CALLBACK, ServiceCall
from sfn_release.checks.error_handling import RESERVED_NAMES, never_of_task
from sfn_release.checks.integrations import parse_resource
from sfn_release.checks.services.botocore_models import Service, optimized_service, sdk_service
from sfn_release.tasks.model_endpoint import invokes_model, model_service
from sfn_release.tasks.service_failures import PREFIXES, error_names
from sfn_release.testing.mocked_results.shape_problem import ShapeProblem
from sfn_release.text import did_you_mean

_RESERVED: Final = "States."
_OF_FUNCTIONS: Final = ("Lambda.Unknown", "Lambda.ClientExecutionTimeoutException")
"""Errors of functions that the model of Lambda doesn't have."""


def error_problems(resource: str, error: str | None) -> list[ShapeProblem]:
    """Return why a task with this Resource would never fail with the *error* name.

    Functions, activities and callbacks can fail with any name that doesn't begin with ``States.``.
    A service fails with the errors of its model.
    """
    found = None if error is None else _problem(parse_resource(resource).call, error)
    return [] if found is None else [ShapeProblem(resource, "", *found)]


def _problem(call: ServiceCall | None, error: str) -> tuple[str, str] | None:
    """Return the message and the fix for an error that a task never has."""
    if never_of_task(error, call):
        message = f"a Task that calls this never fails with {error}."
        return message, did_you_mean(error, RESERVED_NAMES)
    if call is None or call.wait == CALLBACK or error.startswith(_RESERVED):
        return None
    service = _service(call)
    function = (call.service, call.action) == ("lambda", "invoke")
    if service is None or (function and not error.startswith("Lambda.")):
        return None
    names = (*error_names(service, sdk=bool(call.sdk)), *(_OF_FUNCTIONS if function else ()))
    prefix = names[0].partition(".")[0]
    if error in names:
        return None
    if error.partition(".")[0] != prefix:
        message = f"this task reports its errors as {prefix}.…, not {error}."
        return message, did_you_mean(error, names)
    message = f"the model of {call.sdk or call.service} has no error {error}."
    return message, did_you_mean(error, names) or f"AWS reports other errors as {names[0]}."


def _service(call: ServiceCall) -> Service | None:
    """Return the service whose errors are known; None for another."""
    if call.service == "aws-sdk":
        return sdk_service(call.sdk)
    if invokes_model(call.service, call.action):
        return model_service()
    return optimized_service(call.service) if call.service in PREFIXES else None
