"""Plausible results of AWS's services, for mocks: every usual member is filled."""

from __future__ import annotations

from typing import Any

from sfn_release.asl.integrations import CALLBACK, OPTIMIZED, ServiceCall
from sfn_release.checks.integrations import parse_resource
from sfn_release.checks.services.botocore_models import sdk_ids, sdk_service
from sfn_release.errors import NotFoundError, UsageError
from sfn_release.tasks.jobs import JOBS
from sfn_release.testing.mocked_results.result_models import ResultModel, result_model
from sfn_release.testing.mocked_results.result_shapes import shape_problems
from sfn_release.testing.mocked_results.shape_problem import MockedResultError
from sfn_release.testing.mocked_results.shape_values import ShapeValues
from sfn_release.text import did_you_mean

_PREFIX = "arn:aws:states:::"
_SDK = "aws-sdk:"


def fake_result(resource: str, /, **members: Any) -> dict[str, Any]:
    """Return a result of a task that calls *resource*, with every usual member filled.

    *resource* is a Resource, or its end: ``dynamodb:getItem``, ``aws-sdk:s3:getObject``,
    ``states:startExecution.sync:2``. The same call returns the same result. *members* replace the
    members of their names, and None leaves a member out.

    Raises NotFoundError for an unknown action, UsageError for a task whose result is free, and
    MockedResultError for members that AWS would never return.

    >>> fake_result("dynamodb:getItem", Item={"id": {"S": "7"}})["Item"]
    {'id': {'S': '7'}}
    """
    arn = resource if resource.startswith("arn:") else f"{_PREFIX}{resource}"
    model = result_model(arn)
    if model is None:
        raise _no_model(resource, parse_resource(arn).call)
    result = {**_filled(arn, model), **members}
    result = {name: value for name, value in result.items() if value is not None}
    problems = shape_problems(arn, result)
    if problems:
        raise MockedResultError(problems)
    return result


def _filled(arn: str, model: ResultModel) -> dict[str, Any]:
    call = parse_resource(arn).call
    job = JOBS.get((call.service, call.action)) if call is not None and call.wait else None
    values = ShapeValues(model.service, model.sdk, sorted(job.succeeded) if job else ())
    result: dict[str, Any] = values.value(model.shape)
    return {name: value for name, value in result.items() if name in model.usual}


def _no_model(resource: str, call: ServiceCall | None) -> NotFoundError | UsageError:
    if call is None and resource.startswith("arn:"):
        return UsageError(
            f"The result of {resource} can be anything.",
            fix="Write the result yourself.",
        )
    if call is not None and call.wait == CALLBACK:
        return UsageError(
            f"The result of {resource} comes with SendTaskSuccess, and can be anything.",
            fix="Write the result yourself.",
        )
    end = resource.removeprefix(_PREFIX)
    fix = did_you_mean(end, _known(end))
    return NotFoundError(
        f"There is no integration {end}, or its result isn't documented.",
        fix=fix or "For example: dynamodb:getItem, or aws-sdk:s3:getObject.",
    )


def _known(end: str) -> list[str]:
    """Return the resources that *end* may mean, of the same service if it exists."""
    if not end.startswith(_SDK):
        return [
            f"{service}:{action}{wait}"
            for service, actions in OPTIMIZED.items()
            for action, waits in actions.items()
            for wait in waits
        ]
    id, _, action = end.removeprefix(_SDK).partition(":")
    service = sdk_service(id)
    if service is None:
        return [f"{_SDK}{known}:{action}" for known in sdk_ids()]
    return [f"{_SDK}{id}:{known}" for known in service.actions]
