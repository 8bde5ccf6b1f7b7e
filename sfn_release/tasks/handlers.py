"""Answers Lambda tasks by Python handlers, which run in processes of their own.

An optimized task (``lambda:invoke``), an SDK task (``aws-sdk:lambda:invoke``) and a Resource that
is the ARN of a function run the same handler. Each sees the answer in its own form.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from sfn_release.simulator import Later, TaskCall, TaskFailure
from sfn_release.tasks.chain import Answer
from sfn_release.tasks.execution_scope import ExecutionScope
from sfn_release.tasks.handler_pool import HandlerPool
from sfn_release.tasks.handler_process import (
    HandlerFailure,
    HandlerSpec,
    HandlerTimeout,
    Log,
)
from sfn_release.tasks.lambda_calls import LambdaCall, parse_lambda_call
from sfn_release.tasks.request_ids import new_request_id
from sfn_release.tasks.work import in_background

_LOG = logging.getLogger(__name__)


class Handlers:
    """Python handlers by the function that they stand in for.

    A key of *specs* is a function's name or ARN, with or without a version or alias. *log* takes
    the lines that handlers print; the default is the log ``sfn_release.tasks.handlers``.
    *environment* has variables for all of them. Close it to end their processes.
    """

    def __init__(
        self,
        specs: Mapping[str, HandlerSpec],
        *,
        log: Log | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._specs = specs
        self._environment = environment or {}
        self._pool = HandlerPool(log or _LOG.info)

    def of_execution(self, scope: ExecutionScope) -> HandlerTasks:
        """Return the source of answers for an execution."""
        return HandlerTasks(self, scope)

    def close(self) -> None:
        """End the processes of all handlers."""
        self._pool.close()

    def spec_of(self, called: LambdaCall, arn: str) -> HandlerSpec | None:
        """Return the handler of a function, by the most exact key that names it."""
        name, qualifier = called.function.name, called.function.qualifier
        plain = arn.removesuffix(f":{qualifier}") if qualifier else arn
        keys = [called.text, arn, f"{name}:{qualifier}", plain, name]
        return next((self._specs[key] for key in keys if key in self._specs), None)

    def invoke(
        self,
        called: LambdaCall,
        spec: HandlerSpec,
        arn: str,
        request_id: str,
        timeout: float,
        endpoint_url: str | None = None,
    ) -> Any:
        """Run a handler. Raises HandlerFailure, and HandlerTimeout after *timeout* seconds.

        The handler's clients of Step Functions use *endpoint_url*.
        """
        group = f"/aws/lambda/{called.function.name}"
        stream = f"local/[{called.version}]{request_id.replace('-', '')}"
        region = arn.split(":")[3]
        variables = {
            "AWS_LAMBDA_FUNCTION_NAME": called.function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": called.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": group,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "LAMBDA_TASK_ROOT": str(spec.folder),
            "_HANDLER": f"{spec.module}.{spec.function}",
            **({"AWS_ENDPOINT_URL_SFN": endpoint_url} if endpoint_url else {}),
            **self._environment,
            **spec.environment,
        }
        context = {
            "aws_request_id": request_id,
            "function_name": called.function.name,
            "function_version": called.version,
            "invoked_function_arn": arn,
            "memory_limit_in_mb": str(spec.memory),
            "log_group_name": group,
            "log_stream_name": stream,
            "client_context": called.client_context,
        }
        return self._pool.run(arn, spec, variables, called.event, context, timeout)


class HandlerTasks:
    """The handlers as a source of answers, for one execution."""

    def __init__(self, handlers: Handlers, scope: ExecutionScope) -> None:
        self._handlers = handlers
        self._scope = scope

    def answer_to(self, call: TaskCall) -> Answer | None:
        """Return the run of the function's handler; None if there is none."""
        called = parse_lambda_call(call)
        if called is None:
            return None
        arn = called.function.arn(self._scope.region, self._scope.account)
        spec = self._handlers.spec_of(called, arn)
        if spec is None:
            return None
        run = partial(self._run, call, called, spec, arn)
        if call.resource.endswith(".waitForTaskToken"):
            return lambda: Later(submitted=run())
        return lambda: Later(in_background(run, called.function.name))

    def _run(self, call: TaskCall, called: LambdaCall, spec: HandlerSpec, arn: str) -> Any:
        request_id = new_request_id()
        if not called.runs:
            return called.result(None, request_id)
        limit = min(spec.timeout, call.timeout_seconds or spec.timeout)
        try:
            payload = self._handlers.invoke(
                called, spec, arn, request_id, limit, self._scope.endpoint_url
            )
        except HandlerTimeout:
            if limit < spec.timeout:  # the state's own limit
                raise TaskFailure("States.Timeout", seconds=limit) from None
            message = f"RequestId: {request_id} Error: Task timed out after {limit:.2f} seconds"
            failure = {"errorType": "Sandbox.Timedout", "errorMessage": message}
            return self._failed(called, failure, limit)
        except HandlerFailure as failed:
            return self._failed(called, _reported(failed.members, request_id))
        return called.result(payload, request_id)

    @staticmethod
    def _failed(called: LambdaCall, failure: Mapping[str, Any], seconds: float = 0) -> Any:
        """Fail the task, unless the integration shows a failed function as a result."""
        if called.invocation == "Event":
            return called.result(None, "")
        if called.integration == "sdk":
            return called.sdk_failure(failure)
        raise TaskFailure(failure["errorType"], json.dumps(failure), seconds=seconds)


def _reported(members: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    """Return a failure as Lambda reports it, with the request's id."""
    if members["errorType"] == "Runtime.ExitError":
        return {
            **members,
            "errorMessage": f"RequestId: {request_id} Error: {members['errorMessage']}",
        }
    return {
        "errorMessage": members["errorMessage"],
        "errorType": members["errorType"],
        "requestId": request_id,
        "stackTrace": members["stackTrace"],
    }
