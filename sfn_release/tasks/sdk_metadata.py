"""The metadata of the AWS SDK in the results of optimized integrations, as recorded on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
