"""The backend ``local``: the service inside sfn-release, with one database per project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sfn_release.aws.regions import LOCAL_ACCOUNT, LOCAL_REGION
from sfn_release.names import TAG_PREFIX
from sfn_release.project.backends import local_rules
from sfn_release.project.backends.backend import Backend, Clone

if TYPE_CHECKING:
    from sfn_release.aws.clients import Aws
    from sfn_release.local_service import LocalService
    from sfn_release.project.environment import Environment
    from sfn_release.project.task_settings import TaskSettings

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
    rules=local_rules.RULES,
    connect=_connect,
    region=LOCAL_REGION,
    account=LOCAL_ACCOUNT,
    role=f"arn:aws:iam::{LOCAL_ACCOUNT}:role/local",  # nothing assumes it
)
