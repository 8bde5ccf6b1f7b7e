"""The request and response of an HTTP Task, as TestState shows them at its level TRACE.

An EventBridge connection would add headers, query parameters and members of the body. There is none
here, so there are no secrets to hide.
Source: "Using TRACE inspectionLevel" in AWS's developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from sfn_release.asl.intrinsic_functions import compact

_HTTP = re.compile(r"arn:[\w-]+:states:::http:invoke")


def is_http(resource: str) -> bool:
    """Whether a Task with *resource* is an HTTP Task."""
    return _HTTP.fullmatch(resource) is not None


def http_request(payload: Any, region: str) -> dict[str, str]:
    """Return the request that an HTTP Task sends for its arguments *payload*."""
    given: Mapping[str, Any] = payload if isinstance(payload, Mapping) else {}
    endpoint = str(given.get("ApiEndpoint", ""))
    query = given.get("QueryParameters")
    url = endpoint
    if isinstance(query, Mapping):
        url += f"?{urlencode(query, doseq=True, errors='replace')}"
    own = {"User-Agent": f"Amazon|StepFunctions|HttpInvoke|{region}", "Range": "bytes=0-262144"}
    request = {
        "protocol": endpoint.partition(":")[0],
        "method": str(given.get("Method", "")),
        "url": url,
        "headers": _headers({**_object(given.get("Headers")), **own}),
    }
    if "RequestBody" in given:
        request["body"] = _body(given["RequestBody"])
    return request


def http_response(result: Any, request: Mapping[str, str]) -> dict[str, str]:
    """Return the response that an HTTP Task received, from its *result*."""
    given = _object(result)
    response = {
        "protocol": request["protocol"],
        "statusCode": str(given.get("StatusCode", "")),
        "statusMessage": str(given.get("StatusText", "")),
        "headers": _headers(_object(given.get("Headers"))),
    }
    if "ResponseBody" in given:
        response["body"] = _body(given["ResponseBody"])
    return response


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _body(value: Any) -> str:
    return value if isinstance(value, str) else compact(value)


def _headers(headers: Mapping[str, Any]) -> str:
    return f"[{', '.join(_lines(headers))}]"


def _lines(headers: Mapping[str, Any]) -> Iterator[str]:
    for name, value in headers.items():
        values = value if isinstance(value, list) else [value]
        yield from (f"{name}: {line}" for line in values)
