"""The settings of the local service, from options and environment variables.

AWS's Step Functions Local reads the same variables. An option wins over its variable, and an empty
variable counts as unset. Source: "Setting Configuration Options for Step Functions Local" in AWS's
developer guide. It has nine of the endpoints; the others follow suit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_release.errors import UsageError
from sfn_release.project import aws_rules
from sfn_release.project.task_settings import TaskSettings
from sfn_release.text import did_you_mean

if TYPE_CHECKING:
    from sfn_release.tasks.handler_process import HandlerSpec

MOCK_FILE = "MockConfigFile.json"
"""The mock file that Step Functions Local reads from the folder that it is started in."""

ENDPOINTS: Mapping[str, str] = {
    "ATHENA_ENDPOINT": "athena",
    "BATCH_ENDPOINT": "batch",
    "CODEBUILD_ENDPOINT": "codebuild",
    "DYNAMODB_ENDPOINT": "dynamodb",
    "ECS_ENDPOINT": "ecs",
    "EMR_ENDPOINT": "emr",
    "EVENTS_ENDPOINT": "events",
    "GLUE_ENDPOINT": "glue",
    "LAMBDA_ENDPOINT": "lambda",
    "S3_ENDPOINT": "s3",
    "SAGE_MAKER_ENDPOINT": "sagemaker",
    "SNS_ENDPOINT": "sns",
    "SQS_ENDPOINT": "sqs",
    "STEP_FUNCTIONS_ENDPOINT": "stepfunctions",
}
"""The variables that name endpoints, and the botocore id of each one's service."""

_MOCK_CONFIG = ("SFN_MOCK_CONFIG", "LOCALSTACK_SFN_MOCK_CONFIG")
_REGION = re.compile(r"[a-z][a-z0-9-]*")  # of a variable, which others may have set
_NO_REGION = "local"  # which people write for --region


@dataclass(frozen=True)
class GivenSettings:
    """The options of a command line, as the user wrote them."""

    mock_config: str | None = None
    handlers: Iterable[str] = ()
    buckets: Iterable[str] = ()
    endpoints: Iterable[str] = ()
    wait_time_scale: float | None = None
    account: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class LocalSettings:
    """The settings of a local service.

    *wait_time_scale* multiplies the time of Wait states; None leaves the choice of time to the
    caller. Every ARN has *account* and *region*; None means the environment's own, or each
    request's. *asked* are the members that an option set, rather than a variable.
    """

    tasks: TaskSettings = field(default_factory=TaskSettings)
    wait_time_scale: float | None = None
    account: str | None = None
    region: str | None = None
    asked: frozenset[str] = frozenset()

    @property
    def fixed(self) -> list[str]:
        """The members of every ARN that a request's signature doesn't change."""
        return [name for name in ("region", "account") if getattr(self, name)]

    def in_project(self) -> LocalSettings:
        """Return the settings for the service of a project.

        What you deploy to `local` has the environment's region and account, so variables of the
        shell don't change them.
        """
        return replace(
            self,
            account=self.account if "account" in self.asked else None,
            region=self.region if "region" in self.asked else None,
        )


def read_settings(
    folder: Path, environ: Mapping[str, str], given: GivenSettings | None = None
) -> LocalSettings:
    """Return the settings that options and variables give. Paths are relative to *folder*.

    Raises UsageError, which names the option or variable and shows how to write it, and ConfigError
    for a faulty mock file or handler.
    """
    given = given or GivenSettings()
    variables = {name: text for name, text in environ.items() if text}
    handlers = dict(
        _pair("--handler", text, "charge=app.charge:handler") for text in given.handlers
    )
    for name, spec in _handlers(handlers, folder).items():
        if not spec.is_found():
            raise UsageError(
                f"--handler {name}={handlers[name]}: there is no module {spec.module!r}.",
                why=f"Modules are found in {folder}, and among the installed ones.",
                fix="Name the module of app/charge.py like this:  app.charge:handler",
            )
    named = {
        service: _url(name, variables[name])
        for name, service in ENDPOINTS.items()
        if name in variables
    }
    return LocalSettings(
        TaskSettings(
            handlers=handlers,
            buckets=read_buckets(folder, given.buckets),
            mock_config=mock_config(folder, variables, given.mock_config),
            task_endpoints=named | dict(_endpoint(text) for text in given.endpoints),
        ),
        wait_time_scale=_scale(variables, given.wait_time_scale),
        account=_account(variables, given.account),
        region=_region(variables, given.region),
        asked=frozenset(name for name in ("account", "region") if getattr(given, name)),
    )


def _handlers(handlers: Mapping[str, str], folder: Path) -> Mapping[str, HandlerSpec]:
    """Read handlers. Few command lines have any, and reading them imports processes."""
    if not handlers:
        return {}
    from sfn_release.tasks import read_handlers

    return read_handlers(handlers, folder)


def mock_config(folder: Path, environ: Mapping[str, str], option: str | None = None) -> str | None:
    """Return the path of the mock file that an option or a variable names; None without any."""
    variable = next((environ[name] for name in _MOCK_CONFIG if environ.get(name)), None)
    path = option or variable
    return None if path is None else str(folder / path)


def with_defaults(folder: Path, tasks: TaskSettings) -> TaskSettings:
    """Return *tasks*, whose mock file is by default MockConfigFile.json in *folder*."""
    beside = folder / MOCK_FILE
    return TaskSettings(mock_config=str(beside) if beside.is_file() else None).and_also(tasks)


def _pair(option: str, text: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise UsageError(f"{option} {text!r} can't be read.", fix=f"Write  {option} {example}")
    return name, value


def read_buckets(folder: Path, given: Iterable[str]) -> dict[str, str]:
    """Return the folders of the ``--bucket`` options, by the names of their buckets.

    Raises UsageError for a place that is not a folder.
    """
    return dict(_bucket(folder, text) for text in given)


def _bucket(folder: Path, text: str) -> tuple[str, str]:
    name, place = _pair("--bucket", text, "orders=./fixtures/orders")
    path = folder / place
    if not path.is_dir():
        raise UsageError(
            f"--bucket {text!r}: {path} is not a folder.",
            fix="Name a folder that holds the bucket's objects.",
        )
    return name, str(path)


def _endpoint(text: str) -> tuple[str, str]:
    service, url = _pair("--endpoint", text, "lambda=http://127.0.0.1:3001")
    from sfn_release.checks.services.botocore_models import sdk_ids

    known = ["*", *sdk_ids().values()]
    if service not in known:
        raise UsageError(
            f"--endpoint {text!r}: {service!r} is not a service.",
            why="Write the service as boto3 does, or * for all others.",
            fix=did_you_mean(service, known),
        )
    return service, _url(f"--endpoint {service}", url)


def _url(source: str, url: str) -> str:
    problem = aws_rules.task_endpoint(url)
    if problem:
        raise UsageError(f"{source}: {url!r} is not an endpoint.", why=problem)
    return url


def _scale(variables: Mapping[str, str], option: float | None) -> float | None:
    name = "WAIT_TIME_SCALE"
    if option is not None:
        scale, source = option, f"--wait-time-scale {option}"
    elif name in variables:
        source = f"{name} {variables[name]!r}"
        try:
            scale = float(variables[name])
        except ValueError:
            scale = math.nan
    else:
        return None
    if not (math.isfinite(scale) and scale >= 0):
        raise UsageError(
            f"{source} is not a number of 0 or more.",
            fix="0 skips Wait states, 0.5 halves them, 1 lets them take as long as on AWS.",
        )
    return scale


def _account(variables: Mapping[str, str], option: str | None) -> str | None:
    account = option or variables.get("AWS_ACCOUNT_ID")
    if account is not None and aws_rules.account(account):
        source = "--account" if option else "AWS_ACCOUNT_ID"
        raise UsageError(
            f"{source} {account!r} is not an account.",
            why="An AWS account ID has twelve digits.",
            fix="Write  123456789012",
        )
    return account


def _region(variables: Mapping[str, str], option: str | None) -> str | None:
    if option is not None and option != _NO_REGION:
        problem = aws_rules.region(option)
        if problem:
            raise UsageError(f"--region {option!r} is not a region.", fix=problem)
    region = option or variables.get("AWS_DEFAULT_REGION")
    if region is not None and not _REGION.fullmatch(region):
        raise UsageError(f"AWS_DEFAULT_REGION {region!r} is not a region.", fix="Write  us-east-1")
    return region
