"""A Step Functions client that calls a service in this process, without boto3.

A boto3 client takes a quarter of a second to make, which is most of the time of a short command.
This one behaves like it: the same operations, arguments, answers and errors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sfn_release.aws.stepfunctions import RequestHandler, StepFunctions

_DATES = {"creationDate", "redriveDate", "startDate", "stopDate", "timestamp", "updateDate"}
"""The members with timestamps. JSON has them as seconds since 1970."""


def direct(handle: RequestHandler) -> StepFunctions:
    """Return a client whose requests *handle* answers. Its errors are botocore's ClientError."""
    client: Any = _DirectClient(handle)
    return client  # type: ignore[no-any-return]


class _DirectClient:
    def __init__(self, handle: RequestHandler) -> None:
        self._handle = handle

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name not in StepFunctions.__annotations__:
            raise AttributeError(name)
        api_name = "".join(part.capitalize() for part in name.split("_"))

        def operation(**request: Any) -> dict[str, Any]:
            return self._call(api_name, request)

        operation.__name__ = api_name  # which logs show
        return operation

    def _call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        status, headers, body = self._handle(operation, json.dumps(request).encode())
        answer = json.loads(body)
        metadata = {
            "RequestId": headers.get("x-amzn-RequestId"),
            "HTTPStatusCode": status,
            "HTTPHeaders": headers,
            "RetryAttempts": 0,
        }
        if status != 200:  # noqa: PLR2004 - HTTP's
            raise _refused(operation, answer, metadata)
        return {**_with_dates(answer), "ResponseMetadata": metadata}


def _refused(operation: str, answer: Mapping[str, Any], metadata: Mapping[str, Any]) -> Exception:
    from botocore.exceptions import ClientError

    error = {"Code": answer["__type"], "Message": answer.get("message", "")}
    refused: Exception = ClientError({"Error": error, "ResponseMetadata": metadata}, operation)
    return refused


def _with_dates(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_dates(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: datetime.fromtimestamp(member, UTC)
        if key in _DATES and isinstance(member, int | float)
        else _with_dates(member)
        for key, member in value.items()
    }
