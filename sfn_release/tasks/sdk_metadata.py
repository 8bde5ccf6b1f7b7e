"""The metadata of the AWS SDK in the results of optimized integrations, as recorded on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_SPELLING: Final = {
    "connection": "connection",
    "content-length": "Content-Length",
    "content-type": "Content-Type",
    "date": "Date",
    "x-amz-executed-version": "X-Amz-Executed-Version",
    "x-amzn-remapped-content-length": "x-amzn-Remapped-Content-Length",
    "x-amzn-requestid": "x-amzn-RequestId",
    "x-amzn-trace-id": "X-Amzn-Trace-Id",
}
"""Headers as Step Functions shows them. botocore has them all in lower case."""


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an answer as Step Functions spells them."""
    return {_SPELLING.get(name.lower(), name): text for name, text in headers.items()}


def with_metadata(
    members: Mapping[str, Any],
    request_id: str,
    headers: Mapping[str, str],
    status: int = 200,
) -> dict[str, Any]:
    """Return a result with the members SdkHttpMetadata and SdkResponseMetadata, in their order."""
    metadata = {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": dict(headers),
            "HttpStatusCode": status,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }
    return dict(sorted({**members, **metadata}.items()))
