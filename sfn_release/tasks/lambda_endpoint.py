"""Calls a Lambda function at an endpoint, and shows its answer as the integration does."""

from __future__ import annotations

import json
from typing import Any

from sfn_release.aws.service_requests import send
from sfn_release.simulator import TaskFailure
from sfn_release.tasks.lambda_calls import LambdaCall
from sfn_release.tasks.sdk_metadata import shown_headers, with_metadata


def invoke(client: Any, called: LambdaCall) -> Any:
    """Return the result of a function's call. Raises TaskFailure when the function fails.

    Raises RefusedRequest and UnansweredRequest as well.
    """
    text = json.dumps(called.event, separators=(",", ":"), ensure_ascii=False)
    request: dict[str, Any] = {
        "FunctionName": called.text,
        "Payload": text.encode("utf-8", "surrogatepass"),
        "InvocationType": called.invocation,
    }
    if called.qualifier:
        request["Qualifier"] = called.qualifier
    answer = send(client, "Invoke", request)
    stream = answer.members.get("Payload")
    content = stream.read() if stream is not None else b""
    payload = _json(content)
    if answer.members.get("FunctionError"):
        failure = payload if isinstance(payload, dict) else {}
        error = failure.get("errorType") or "Lambda.Unknown"
        raise TaskFailure(str(error), content.decode("utf-8", "replace"))
    if called.integration == "function":
        return payload
    members: dict[str, Any] = {"StatusCode": answer.members["StatusCode"]}
    if called.invocation == "RequestResponse":
        version = answer.members.get("ExecutedVersion", called.version)
        members |= {"ExecutedVersion": version, "Payload": payload}
    headers = shown_headers(answer.headers)
    return with_metadata(members, answer.request_id, headers, answer.status)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode("utf-8", "replace")
