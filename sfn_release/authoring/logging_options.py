"""Logging, tracing and encryption of a state machine: small values for the API's shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sfn_release.authoring.not_given import plain_object


@dataclass(frozen=True, slots=True)
class Logging:
    """Send the execution history to a CloudWatch log group.

    *log_group_arn* may be a ``${Parameter}``; an ARN without the final ``:*`` that Step Functions
    wants gets it. *include_execution_data* logs inputs and outputs too.
    """

    level: Literal["ALL", "ERROR", "FATAL", "OFF"]
    log_group_arn: str = ""
    include_execution_data: bool = False


def logging_of(value: Logging | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the API's ``loggingConfiguration``; None stays None: not declared."""
    if value is None or isinstance(value, Mapping):
        return None if value is None else plain_object(value)
    shape: dict[str, Any] = {
        "level": value.level,
        "includeExecutionData": value.include_execution_data,
    }
    arn = value.log_group_arn
    if arn:
        if arn.startswith("arn:") and not arn.endswith(":*"):
            arn += ":*"
        shape["destinations"] = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]
    return shape


def tracing_of(value: bool | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the API's ``tracingConfiguration``; True is X-Ray on, None not declared."""
    if value is None or isinstance(value, Mapping):
        return None if value is None else plain_object(value)
    return {"enabled": value}


def encryption_of(value: str | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the API's ``encryptionConfiguration``; a string is a customer's KMS key."""
    if value is None or isinstance(value, Mapping):
        return None if value is None else plain_object(value)
    return {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": value}
