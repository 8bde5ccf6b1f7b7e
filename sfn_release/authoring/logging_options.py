"""Logging, tracing and encryption of a state machine, in the shapes of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sfn_release.authoring.json_values import plain_object


@dataclass(frozen=True, slots=True)
class Logging:
    """Send the execution history to a CloudWatch log group.

    *log_group_arn* may be a ``${Parameter}``. If you leave out the final ``:*`` that Step Functions
    needs, it is added. *include_execution_data* logs inputs and outputs too.
    """

    level: Literal["ALL", "ERROR", "FATAL", "OFF"]
    log_group_arn: str = ""
    include_execution_data: bool = False


def logging_of(value: Logging | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the API's ``loggingConfiguration``; None if it isn't declared."""
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
    """Return the API's ``tracingConfiguration``. True turns X-Ray on, None is "not declared"."""
    if value is None or isinstance(value, Mapping):
        return None if value is None else plain_object(value)
    return {"enabled": value}


def encryption_of(value: str | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the API's ``encryptionConfiguration``. A string is the ARN of your KMS key."""
    if value is None or isinstance(value, Mapping):
        return None if value is None else plain_object(value)
    return {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": value}
