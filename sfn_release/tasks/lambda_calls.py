"""Lambda tasks: the function and event of a call, and the answer in the form of its integration.

Sources: "Invoke an AWS Lambda function with Step Functions" in AWS's developer guide, Invoke in
Lambda's API reference, and recorded executions.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from sfn_release.simulator import TaskCall
from sfn_release.tasks.function_names import FunctionName, parse_function
from sfn_release.tasks.sdk_metadata import with_metadata

Integration = Literal["function", "optimized", "sdk"]
"""A function's ARN as the Resource, ``lambda:invoke``, or ``aws-sdk:lambda:invoke``."""

_FUNCTION = re.compile(r"arn:[\w-]+:lambda:[\w-]*:\d*:function:.+", re.DOTALL)
_INVOKE = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(aws-sdk:)?lambda:invoke(\.waitForTaskToken)?")
_STATUS = {"RequestResponse": 200, "Event": 202, "DryRun": 204}


@dataclass(frozen=True)
class LambdaCall:
    """One call of a function. *text* names it as written; *event* is the JSON that it receives.

    *qualifier* is the parameter Qualifier.
    """

    integration: Integration
    text: str
    function: FunctionName
    event: Any
    invocation: str = "RequestResponse"
    client_context: Mapping[str, Any] | None = None
    qualifier: str = ""

    @property
    def version(self) -> str:
        """The version that runs, as far as the call names it."""
        return self.function.qualifier or "$LATEST"

    @property
    def runs(self) -> bool:
        """Whether the function runs at all."""
        return self.invocation != "DryRun"

    def result(self, payload: Any, request_id: str) -> Any:
        """Return a finished call's result, as the integration shows it."""
        match self.integration:
            case "function":
                return payload
            case "optimized":
                return self._envelope(payload, request_id)
            case "sdk":
                return self._sdk_answer(payload)
            case _ as never:
                assert_never(never)

    def sdk_failure(self, failure: Mapping[str, Any]) -> dict[str, Any]:
        """Return a failed function's answer to ``aws-sdk:lambda:invoke``, whose task succeeds."""
        return {**self._sdk_answer(failure), "FunctionError": "Unhandled"}

    def _envelope(self, payload: Any, request_id: str) -> dict[str, Any]:
        status = _STATUS.get(self.invocation, 200)
        length = len(
            json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")
        )
        members: dict[str, Any] = {"StatusCode": status}
        if self.invocation == "RequestResponse":
            members |= {"ExecutedVersion": self.version, "Payload": payload}
        headers = {
            "Connection": "keep-alive",
            "Content-Length": str(length if self.invocation == "RequestResponse" else 0),
            "Content-Type": "application/json",
            "X-Amz-Executed-Version": self.version,
            "x-amzn-Remapped-Content-Length": "0",
            "x-amzn-RequestId": request_id,
        }
        return with_metadata(members, request_id, headers, status)

    def _sdk_answer(self, payload: Any) -> dict[str, Any]:
        members: dict[str, Any] = {"StatusCode": _STATUS.get(self.invocation, 200)}
        if self.invocation == "RequestResponse":
            members["ExecutedVersion"] = self.version
            members["Payload"] = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        return members


def parse_lambda_call(call: TaskCall) -> LambdaCall | None:
    """Return the call of a function that a task makes; None for any other task."""
    if _FUNCTION.fullmatch(call.resource):
        function = parse_function(call.resource)
        return function and LambdaCall("function", call.resource, function, call.payload)
    invoke = _INVOKE.fullmatch(call.resource)
    request = call.payload
    if invoke is None or not isinstance(request, Mapping):
        return None
    text, qualifier = request.get("FunctionName"), request.get("Qualifier")
    if not isinstance(text, str):
        return None
    function = parse_function(text, qualifier if isinstance(qualifier, str) else "")
    if function is None:
        return None
    payload = request.get("Payload", {})
    return LambdaCall(
        "sdk" if invoke[1] else "optimized",
        text,
        function,
        _blob(payload) if invoke[1] else payload,
        str(request.get("InvocationType") or "RequestResponse"),
        _client_context(request.get("ClientContext")),
        qualifier if isinstance(qualifier, str) else "",
    )


def _blob(payload: Any) -> Any:
    """Return the event in an SDK integration's Payload: JSON text, or an object as it is."""
    if not isinstance(payload, str):
        return payload
    try:
        return json.loads(payload)
    except ValueError:
        return payload


def _client_context(text: Any) -> Mapping[str, Any] | None:
    """Return the client context, which is JSON in base64; None if it's neither."""
    try:
        decoded = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, TypeError, ValueError):
        return None
    return decoded if isinstance(decoded, dict) else None
