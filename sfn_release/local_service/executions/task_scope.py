"""The tasks of an execution: their answers, and the calls of the API that they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sfn_release.local_service.api import api_errors
from sfn_release.local_service.api import api_model as models
from sfn_release.local_service.api.api_errors import ApiError
from sfn_release.local_service.api.arns import ArnScope
from sfn_release.local_service.api.start_targets import StartTarget
from sfn_release.local_service.executions.live_executions import LiveExecutions
from sfn_release.local_service.request_context import RequestContext
from sfn_release.simulator import Tasks
from sfn_release.tasks import ApiRefusal, ExecutionScope

if TYPE_CHECKING:
    from sfn_release.tasks import MockedTestCase

_DEEPEST = 16
_RESOURCES = ("stateMachineArn", "executionArn", "activityArn", "mapRunArn", "resourceArn")
_ACCOUNT_PART = 4  # of an ARN
_depth: ContextVar[int] = ContextVar("depth of nested executions", default=0)
"""How many executions of virtual time have started each other, each inside the one before."""


def tasks_of(context: RequestContext, target: StartTarget) -> Tasks:
    """Return whatever answers the tasks of one execution of *target*."""
    return tasks_named(context, target.name, target.tags, target.test_case)


def tasks_named(
    context: RequestContext,
    machine: str,
    tags: Mapping[str, str],
    test_case: MockedTestCase | None = None,
) -> Tasks:
    """Return whatever answers the tasks of one execution of the state machine named *machine*."""

    def call_api(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        return _perform(context, operation, request)

    return context.tasks_for(
        ExecutionScope(
            machine=machine,
            tags=tags,
            test_case=test_case,
            region=context.scope.region,
            account=context.scope.account,
            call_api=call_api,
            endpoint_url=context.address.url,
            end_of=partial(_end_of, context),
        )
    )


class _ChildEnd(Future[dict[str, Any]]):
    """The end of a nested execution. Cancelling it stops the execution."""

    def __init__(self, live: LiveExecutions, arn: str) -> None:
        super().__init__()
        self._live = live
        self._arn = arn

    def cancel(self) -> bool:
        """Stop the execution, unless it has ended. Its end isn't waited for."""
        cancelled = super().cancel()
        if cancelled:
            self._live.request_stop(self._arn)
        return cancelled


def _end_of(context: RequestContext, arn: str) -> Future[dict[str, Any]] | None:
    """Return the future of the description of an execution; None if another process runs it."""
    end = _ChildEnd(context.live, arn)

    def ended(_: object) -> None:
        with suppress(InvalidStateError):  # it was cancelled
            end.set_result(_answer(context, "DescribeExecution", {"executionArn": arn}))

    run = context.live.find(arn)
    if run is not None:
        run.end.add_done_callback(ended)
        return end
    if _answer(context, "DescribeExecution", {"executionArn": arn})["status"] == "RUNNING":
        return None
    ended(None)
    return end


def _perform(context: RequestContext, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Perform an API operation in the scope of *context*. Raises ApiRefusal for AWS's errors."""
    depth = _depth.get()
    if depth >= _DEEPEST:
        problem = f"Executions start each other more than {_DEEPEST} levels deep."
        raise ApiRefusal("ExecutionLimitExceeded", problem)
    deeper = _depth.set(depth + 1)
    try:
        return _answer(context, operation, request)
    finally:
        _depth.reset(deeper)


def _scope(context: RequestContext, request: Mapping[str, Any]) -> ArnScope:
    """Return the region and account of the resource that a task names.

    It may be another account's: on AWS, the role in Credentials decides whether the task may use
    it. No role decides anything here.
    """
    for name in _RESOURCES:
        parts = str(request.get(name)).split(":")
        if len(parts) > _ACCOUNT_PART and parts[2] == "states" and parts[_ACCOUNT_PART]:
            return ArnScope(parts[_ACCOUNT_PART - 1], parts[_ACCOUNT_PART])
    return context.scope


def _answer(context: RequestContext, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    perform = context.operations.get(operation)
    try:
        if perform is None:
            raise api_errors.unknown_operation(operation, sorted(context.operations))
        body = json.dumps(request).encode()
        there = replace(context, scope=_scope(context, request))
        return perform(there, models.load().request(operation, body))
    except ApiError as error:
        raise ApiRefusal(error.code, error.message, error.status) from error
