"""The needs of the state machine itself: log delivery, X-Ray, and the key that encrypts it.

Sources: "Using CloudWatch Logs to log execution history", "Trace Step Functions request data in
AWS X-Ray" and "Data at rest encryption in Step Functions" in AWS's developer guide.
"""

from __future__ import annotations

import re
from typing import Final

from sfn_release.asl.known_text import Known
from sfn_release.permissions.needed import Place
from sfn_release.permissions.permission_list import PermissionList
from sfn_release.release.rendering import Rendered

_DELIVERY: Final = (
    *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery"),
    *("logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy"),
    *("logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
)
_XRAY: Final = (
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("xray:GetSamplingRules", "xray:GetSamplingTargets"),
)
_KEY_ID: Final = re.compile(r"[0-9A-Za-z-]+")


def add_machine_needs(
    needs: PermissionList, rendered: Rendered, known: Known, place: Place
) -> None:
    """Add the needs of a state machine's settings."""
    logs = rendered.logging.get("level", "OFF") != "OFF"
    if logs:
        needs.add(_DELIVERY, ["*"])
    if rendered.tracing.get("enabled") is True:
        needs.add(_XRAY, ["*"])
    key = rendered.encryption.get("kmsKeyId")
    if isinstance(key, str) and key:
        _add_key(needs, key, known.arn, place, logs=logs)


def _add_key(needs: PermissionList, key: str, machine: str, place: Place, *, logs: bool) -> None:
    context = {"kms:EncryptionContext:aws:states:stateMachineArn": machine}
    conditions: dict[str, dict[str, str]] = {"StringEquals": context}
    arn = key
    if key.startswith("alias/") or ":alias/" in key:
        alias = key.rpartition(":")[2]
        conditions = {"StringEquals": {**context, "kms:RequestAlias": alias}}
        arn = place.arn("kms", "key/*")
    elif _KEY_ID.fullmatch(key):
        arn = place.arn("kms", f"key/{key}")
    needs.add(("kms:Decrypt", "kms:GenerateDataKey"), [arn], condition=conditions)
    if logs:
        delivered = {"kms:EncryptionContext:SourceArn": place.arn("logs", "*")}
        needs.add(("kms:GenerateDataKey",), [arn], condition={"StringLike": delivered})
