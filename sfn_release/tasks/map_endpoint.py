"""Answers the ItemReader and the ResultWriter of a distributed Map by real requests to S3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from sfn_release.aws.service_requests import RefusedRequest, UnansweredRequest, send
from sfn_release.simulator import Later, TaskCall, TaskFailure
from sfn_release.tasks.chain import Answer
from sfn_release.tasks.endpoints import Endpoints
from sfn_release.tasks.work import in_background

_RESOURCE = re.compile(r"arn:[\w-]+:states:::s3:(getObject|listObjectsV2|putObject)")
_ENTRY = ("Key", "Size", "StorageClass")


class MapEndpoint:
    """S3 as a source of answers, for the Maps of executions of one *region*."""

    def __init__(self, endpoints: Endpoints, region: str) -> None:
        self._endpoints = endpoints
        self._region = region

    def answer_to(self, call: TaskCall) -> Answer | None:
        """Return the request to S3; None for other tasks, and if S3 was not asked for."""
        found = _RESOURCE.fullmatch(call.resource)
        if found is None or not self._endpoints.has("s3"):
            return None
        payload = call.payload if isinstance(call.payload, Mapping) else {}
        return lambda: Later(in_background(partial(self._send, found[1], payload), "s3"))

    def _send(self, action: str, payload: Mapping[str, Any]) -> Any:
        """Return S3's answer as a Map reads it. Raises TaskFailure with the service's message."""
        request = dict(payload)
        if "Body" in request:
            request["Body"] = str(request["Body"]).encode("utf-8", "surrogatepass")
        try:
            client = self._endpoints.client("s3", self._region)
            members = send(client, action[0].upper() + action[1:], request).members
            return _shown(action, members)
        except RefusedRequest as refused:
            cause = (
                f"{refused.message} (Service: S3, Status Code: {refused.status}, Request ID:"
                f" {refused.request_id}, Extended Request ID: {refused.extended_id})"
            )
            raise TaskFailure(f"S3.{refused.code}Exception", cause) from refused
        except UnansweredRequest as problem:
            cause = f"Unable to execute HTTP request: {problem}"
            raise TaskFailure("S3.SdkClientException", cause) from problem


def _shown(action: str, members: Mapping[str, Any]) -> dict[str, Any]:
    if action == "getObject":
        return {"Body": members["Body"].read()}
    if action == "putObject":
        return {"ETag": members.get("ETag")}
    page: dict[str, Any] = {"Contents": [_entry(entry) for entry in members.get("Contents", [])]}
    if "NextContinuationToken" in members:
        page["NextContinuationToken"] = members["NextContinuationToken"]
    return page


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry of a listing in the names and types of an ItemReader."""
    start = {"Etag": entry["ETag"], "LastModified": entry["LastModified"].timestamp()}
    return {**start, **{name: entry[name] for name in _ENTRY if name in entry}}
