"""local serve: the local service behind a project, or a user's own outside of one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sfn_release.deployment.runtime import Runtime
from sfn_release.errors import NotFoundError, UsageError
from sfn_release.local import LocalService, service
from sfn_release.operations.serving import database, local_service
from sfn_release.operations.workspace import open_workspace
from sfn_release.simulator import Mocks


def service_for(
    directory: Path,
    runtime: Runtime,
    *,
    environment: str | None = None,
    real_time: bool = False,
    environ: Mapping[str, str] | None = None,
) -> tuple[LocalService, Path]:
    """Return the service of the project around *directory* and where its state is.

    Outside a repository, or in one without releases.toml, it is the user's own, and no task has a
    mock. Raises UsageError for an environment that is on AWS.
    """
    try:
        workspace = open_workspace(directory, runtime)
    except NotFoundError:
        if environment is not None:
            raise
        path = data_folder(os.environ if environ is None else environ) / "local.db"
        running = service(path, tasks_for=lambda _name, _tags: Mocks(), real_time=real_time)
        return running, path
    there = workspace.project.environment(environment or "local")
    if there.backend != "local":
        raise UsageError(
            f"{there.name} is on AWS: only a `local` environment can be served.",
            fix='Its backend would have to be "local" in releases.toml.',
        )
    running = local_service(
        workspace.project, workspace.git, workspace.ledger, there, real_time=real_time
    )
    return running, database(workspace.project, workspace.git)


def data_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return the folder of the user's own data, where their system keeps such."""
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    if platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "sfn-release"
