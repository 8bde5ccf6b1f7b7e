"""Names of AWS services for people, by botocore's service id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SERVICE_NAMES: Final[Mapping[str, str]] = {
    "sts": "STS",
    "ssm": "Parameter Store",
    "lambda": "Lambda",
    "cloudwatch": "CloudWatch",
    "logs": "CloudWatch Logs",
    "iam": "IAM",
    "events": "EventBridge",
    "scheduler": "EventBridge Scheduler",
    "pipes": "EventBridge Pipes",
    "cloudformation": "CloudFormation",
    "s3": "S3",
}
