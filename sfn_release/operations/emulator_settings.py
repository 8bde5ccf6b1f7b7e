"""The settings of Step Functions Local: its environment variables, read for `local serve`.

Source: "Setting configuration options for Step Functions Local" in AWS's developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sfn_release.errors import ConfigError
from sfn_release.project import aws_rules
from sfn_release.project.task_settings import TaskSettings

ENDPOINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ATHENA_ENDPOINT": "athena",
        "BATCH_ENDPOINT": "batch",
        "CODEBUILD_ENDPOINT": "codebuild",
        "DYNAMODB_ENDPOINT": "dynamodb",
        "ECS_ENDPOINT": "ecs",
        "EMR_ENDPOINT": "emr",
        "EVENTS_ENDPOINT": "events",
        "EVENTBRIDGE_ENDPOINT": "events",
        "GLUE_ENDPOINT": "glue",
        "LAMBDA_ENDPOINT": "lambda",
        "S3_ENDPOINT": "s3",
        "SAGE_MAKER_ENDPOINT": "sagemaker",
        "SNS_ENDPOINT": "sns",
        "SQS_ENDPOINT": "sqs",
        "STEP_FUNCTIONS_ENDPOINT": "stepfunctions",
    }
)
"""The variables that name an endpoint, with botocore's names of the services."""

_SCALE = re.compile(r"\d{1,6}(\.\d{1,6})?")


@dataclass(frozen=True)
class EmulatorSettings:
    """How `local serve` runs executions.

    *tasks* are its sources of answers. *account* and *region* are those of requests that name
    none. *wait_scale* multiplies waits: 0 takes no time, 1 is real time; None if it isn't given.
    """

    tasks: TaskSettings = field(default_factory=TaskSettings)
    account: str | None = None
    region: str | None = None
    wait_scale: float | None = None


def from_environment(environ: Mapping[str, str], folder: Path) -> EmulatorSettings:
    """Return the settings in *environ*. Paths in them are relative to *folder*.

    Raises ConfigError, which names the variable.
    """
    config = environ.get("SFN_MOCK_CONFIG")
    endpoints = {
        service: _checked(variable, environ[variable], aws_rules.endpoint_url(environ[variable]))
        for variable, service in ENDPOINTS.items()
        if environ.get(variable)
    }
    account = environ.get("AWS_ACCOUNT_ID")
    scale = environ.get("WAIT_TIME_SCALE")
    return EmulatorSettings(
        TaskSettings(
            mock_config=str(folder / config) if config else None, task_endpoints=endpoints
        ),
        _checked("AWS_ACCOUNT_ID", account, aws_rules.account(account)) if account else None,
        wait_scale=_read_scale(scale) if scale else None,
    )


def _checked(variable: str, value: str, problem: str | None) -> str:
    if problem:
        raise ConfigError(f"The environment variable {variable} is {value!r}.", why=problem)
    return value


def _read_scale(text: str) -> float:
    if not _SCALE.fullmatch(text):
        raise ConfigError(
            f"The environment variable WAIT_TIME_SCALE is {text!r}.",
            why="It must be a number: 0 for no waits, 1 for real time.",
        )
    return float(text)
