"""The encryption configuration of a state machine or an activity: checked, with its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.local_service.api import api_errors

_OWNED = "AWS_OWNED_KEY"
_REUSE_SECONDS = 300  # how long a data key is reused by default


def requested(asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the configuration with its defaults. Raises InvalidEncryptionConfiguration."""
    if asked is None:
        return {"type": _OWNED}
    if asked["type"] == _OWNED:
        if asked.get("kmsKeyId") is not None:
            raise api_errors.invalid_encryption("kmsKeyId is not allowed with AWS_OWNED_KEY.")
        return {"type": _OWNED}
    if asked.get("kmsKeyId") is None:
        raise api_errors.invalid_encryption("kmsKeyId is required with CUSTOMER_MANAGED_KMS_KEY.")
    seconds = asked.get("kmsDataKeyReusePeriodSeconds")
    return {
        "type": asked["type"],
        "kmsKeyId": asked["kmsKeyId"],
        "kmsDataKeyReusePeriodSeconds": _REUSE_SECONDS if seconds is None else seconds,
    }
