"""local: the service of `local serve`, `local reset`, and the mocks of an execution."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sfn_release.deployment.runtime import Runtime
from sfn_release.errors import LocalServiceError, NotFoundError, UsageError
from sfn_release.local_service import ACCOUNT, REGION, LocalService, open_service
from sfn_release.operations import local_settings
from sfn_release.operations.local_settings import LocalSettings
from sfn_release.operations.mocked_start import MockedStart
from sfn_release.operations.workspace import Workspace, open_workspace
from sfn_release.project import Environment, existing_files, find_project
from sfn_release.project.backends import local_backend, local_tasks
from sfn_release.project.mock_files import mock_file, unused_keys
from sfn_release.project.task_settings import TaskSettings

_NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}


class OpenedService(NamedTuple):
    """A service to serve, the path of its database (None: memory), and what answers its tasks."""

    service: LocalService
    database: Path | None
    tasks: TaskSettings


def service_for(
    directory: Path,
    runtime: Runtime,
    *,
    environment: str | None = None,
    real_time: bool = False,
    in_memory: bool = False,
    settings: LocalSettings | None = None,
    environ: Mapping[str, str] | None = None,
) -> OpenedService:
    """Return the service of the project around *directory*.

    Outside a project, it is the user's own service, and needs no git. With *in_memory*, it starts
    empty, and forgets everything at the end. Raises UsageError for an environment that can't be
    served.
    """
    settings = settings or LocalSettings()
    scale = settings.wait_time_scale
    real_time = real_time or bool(scale)
    try:
        find_project(directory)  # first: without a project, this machine needs no git
        workspace = open_workspace(directory, runtime)
    except NotFoundError:
        if environment is not None:
            raise
        path = data_folder(os.environ if environ is None else environ) / "local.db"
        tasks = local_settings.with_defaults(directory, settings.tasks)
        config = local_tasks.mock_config(tasks, directory)
        answering = local_tasks.sources(
            tasks, tasks.handlers, directory, runtime.now, runtime.watcher.say
        )
        running = open_service(
            ":memory:" if in_memory else path,
            tasks_for=answering.for_execution,
            mock_config=None if config is None else config.read,
            region=settings.region or REGION,
            account=settings.account or ACCOUNT,
            fixed=settings.fixed,
            real_time=real_time,
            wait_time_scale=1 if scale is None else scale,
        )
        return OpenedService(running, None if in_memory else path, tasks)
    served = workspace.environment(environment or "local")
    if not served.backend.can_serve:
        raise UsageError(
            f"{served.label} can't be served: it doesn't run inside sfn-release.",
            fix='Choose an environment with  backend = "local"  in releases.toml.',
        )
    if settings.account is not None and "account" not in settings.asked:
        runtime.watcher.say(
            "AWS_ACCOUNT_ID isn't used in a project, because its workflows have an account."
            f" To use it:  --account {settings.account}"
        )
    settings = settings.in_project()
    tasks = local_settings.with_defaults(directory, served.tasks.and_also(settings.tasks))
    running = local_backend.local_service(
        workspace.clone,
        served,
        settings=tasks,
        real_time=real_time,
        wait_time_scale=1 if scale is None else scale,
        in_memory=in_memory,
        region=settings.region,
        account=settings.account,
    )
    where = None if in_memory else local_backend.database(workspace.clone)
    return OpenedService(running, where, tasks)


def data_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return the folder for our files among the user's application data, as the system has it."""
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    if platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "sfn-release"


def reset_local(workspace: Workspace) -> list[str]:
    """Delete the state machines and records of `local`, and return the deleted trials.

    Local trials exist only in a project whose ledger has a remote. Raises LocalServiceError if a
    file can't be deleted.
    """
    try:
        local_backend.remove_databases(workspace.clone)
    except OSError as error:
        name = workspace.project.name
        raise LocalServiceError(
            f"Can't delete {local_backend.database(workspace.clone)}: {error.strerror}.",
            fix="Check that the folder and its disk are writable."
            if error.errno in _NOT_WRITABLE
            else f"Stop the program that uses it, such as `sfn-release local serve` of {name}.",
        ) from error
    return workspace.ledger.drop_local()


def unused_mocks(
    workspace: Workspace,
    environment: Environment,
    workflow: str,
    mocked: MockedStart | None = None,
) -> list[str]:
    """Return a line for each mock of a workflow that matches no task.

    These are keys of its mock file, and states of the test case that *mocked* names. The workflows
    of one module share a mock file, so a key may belong to any of them. Only some backends have
    mocks.
    """
    folder = workspace.project.root / workspace.project.workflows
    if not environment.backend.has_mocks:
        return []
    if mocked is None and not any(folder.rglob(mock_file("*"))):
        return []  # without asking the ledger, which takes longer
    ledger = workspace.ledger
    commit = ledger.branches.tip(environment.name)
    serving = ledger.deployments.state_at(environment.name, commit).serving if commit else None
    served = serving.workflows.get(workflow) if serving else None
    if commit is None or serving is None or served is None:
        return []
    file = mock_file(served.source)
    has_file = existing_files.is_file(workspace.project.root / file)
    if not has_file and mocked is None:
        return []
    forms = ledger.deployments.served(environment.name, commit, serving)
    unused: list[str] = []
    if has_file:
        sharing = [
            form.definition
            for name, form in forms.items()
            if mock_file(serving.workflows[name].source) == file
        ]
        unused += unused_keys(workspace.project.root, served.source, sharing, workflow)
    if mocked:
        form = forms[workflow]
        unused += mocked.unknown_states(workspace, environment, form.name, form.definition)
    return unused
