"""The backend ``local``: the service inside sfn-release, with one database per project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfn_release.aws.regions import LOCAL_ACCOUNT, LOCAL_REGION
from sfn_release.names import TAG_PREFIX
from sfn_release.project import toml_text
from sfn_release.project.backends.backend import Backend, Clone
from sfn_release.project.parameter_sources import (
    StackExport,
    StackOutput,
    StateAttribute,
    StateOutput,
    StoredParameter,
    Variable,
    source_of,
)
from sfn_release.project.state_locations import S3Location, parse_location
from sfn_release.project.toml_document import TomlDocument, table_name
from sfn_release.project.toml_lines import Key

if TYPE_CHECKING:
    from sfn_release.aws.clients import Aws
    from sfn_release.local_service import LocalService
    from sfn_release.project.environment import Environment
    from sfn_release.project.task_settings import TaskSettings

_ONLY_AWS = ("profile", "endpoint_url", "account", "assume_role")
_SHARED = "local.db"  # until 0.2.0, all projects of a repository were in this file
_TAG = f"{TAG_PREFIX}project"


def database(clone: Clone) -> Path:
    """Return the database of the project's local environments."""
    return clone.data / "local" / f"{clone.project}.db"


def local_service(
    clone: Clone,
    environment: Environment,
    *,
    real_time: bool = False,
    settings: TaskSettings | None = None,
    wait_time_scale: float = 1,
    in_memory: bool = False,
    region: str | None = None,
    account: str | None = None,
) -> LocalService:
    """Return the service behind a local environment.

    State machines of this project move here from the database that all projects used to share.
    Tasks are answered as *settings* declare it, by default those of the environment. *region* and
    *account* are for every request, whatever it is signed for. *in_memory*, the service begins
    empty and forgets everything. Raises ConfigError for a faulty mock file or handler.
    """
    from sfn_release.local_service.storage.migration import move_project

    path = database(clone)
    if not in_memory:
        move_project(clone.data / _SHARED, path, tag=_TAG, project=clone.project)
    from sfn_release.local_service import open_service
    from sfn_release.project.backends.local_tasks import mock_config, project_sources

    settings = settings or environment.tasks
    config = mock_config(settings, clone.root)
    answering = project_sources(clone, environment, settings)
    return open_service(
        ":memory:" if in_memory else path,
        tasks_for=answering.for_execution,
        region=region or _region(environment),
        account=account or LOCAL_ACCOUNT,
        fixed=[name for name, value in (("region", region), ("account", account)) if value],
        real_time=real_time,
        wait_time_scale=wait_time_scale,
        mock_config=None if config is None else config.read,
    )


def remove_databases(clone: Clone) -> None:
    """Delete everything that the project's local environments hold; raises OSError."""
    from sfn_release.local_service.storage.migration import drop_project

    drop_project(clone.data / _SHARED, tag=_TAG, project=clone.project)
    own = database(clone)
    for end in ("", "-wal", "-shm", "-journal"):
        own.with_name(own.name + end).unlink(missing_ok=True)


def _region(environment: Environment) -> str:
    return environment.region or LOCAL_REGION


def _check_table(document: TomlDocument, at: Key, values: Mapping[str, Any]) -> None:
    for key in (key for key in EMBEDDED.foreign_keys if key in values):
        document.fail(
            (*at, key),
            f"`{key}` has no meaning in {table_name(at)}: its backend is local",
            fix="Remove it: it belongs to environments on AWS.",
        )
    if values.get("signed"):
        document.fail(
            (*at, "signed"),
            f"`signed` has no meaning in {table_name(at)}: its backend is local",
            fix="Remove it: records of `local` stay in your clone and aren't signed.",
        )
    for key, value in values.get("parameters", {}).items():
        service = _service(value)
        if service:
            document.fail(
                (*at, "parameters", key),
                f"the parameter {key} can't come from {service}: the backend is local",
                fix=f'Write a value for it here:  {toml_text.toml_key(key)} = "…"',
            )
    strategy = values.get("strategy")
    if isinstance(strategy, dict) and strategy.get("alarms"):
        document.fail(
            (*at, "strategy"),
            "the local service has no CloudWatch alarms",
            fix="Use `max_failures` here, or leave `alarms` out.",
        )


def _service(value: Any) -> str | None:
    """Return the AWS service that a parameter's value is looked up in, if there is one."""
    match source_of(value) if isinstance(value, dict) else None:
        case StoredParameter():
            return "Parameter Store"
        case StackOutput() | StackExport():
            return "CloudFormation"
        case StateOutput() | StateAttribute() as source:
            return "S3" if isinstance(parse_location(source.tfstate), S3Location) else None
        case Variable() | None:
            return None


def _connect(environment: Environment, clone: Clone) -> Aws:
    from sfn_release.aws.clients import Aws, no_other
    from sfn_release.aws.direct_client import direct

    running = local_service(clone, environment)
    return Aws.of(direct(running.answer), no_other("The local service"))


EMBEDDED = Backend(
    name="local",
    label="(not AWS)",
    private=True,
    needs_credentials=False,
    has_iam=False,
    has_mocks=True,
    on_this_machine=True,
    can_serve=True,
    services=("stepfunctions",),
    partition=lambda _region: None,
    check_table=_check_table,
    connect=_connect,
    region=LOCAL_REGION,
    account=LOCAL_ACCOUNT,
    role=f"arn:aws:iam::{LOCAL_ACCOUNT}:role/local",  # nothing assumes it
    foreign_keys=_ONLY_AWS,
)
