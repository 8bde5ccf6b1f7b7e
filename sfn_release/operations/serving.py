"""The `local` environment's service: where its state lives and what answers its tasks."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from sfn_release.aws.stepfunctions import StepFunctions, in_process
from sfn_release.errors import LocalServiceError
from sfn_release.ledger import Ledger
from sfn_release.ledger.git import Git
from sfn_release.local import ACCOUNT, REGION, LocalService, service
from sfn_release.local.moving import drop_project, move_project
from sfn_release.plan import TAG_PREFIX
from sfn_release.project import Environment, Project, existing_files
from sfn_release.release.record import Serving
from sfn_release.simulator import Mocks, Tasks, load_mocks
from sfn_release.simulator.mocks import asking
from sfn_release.text import did_you_mean

_SHARED = "sfn-release/local.db"  # where all projects of a repository were, until 0.2.0
_NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}
_TAG = f"{TAG_PREFIX}project"


def database(project: Project, git: Git) -> Path:
    """Return the file of a project's `local` environments, in the Git folder."""
    return git.repository.common_dir / "sfn-release" / "local" / f"{project.name}.db"


def local_client(
    project: Project, git: Git, ledger: Ledger, environment: Environment
) -> StepFunctions:
    """Return the Step Functions client of a `local` environment."""
    running = local_service(project, git, ledger, environment)
    return in_process(running.handle, region=environment.region or REGION)


def local_service(
    project: Project,
    git: Git,
    ledger: Ledger,
    environment: Environment,
    *,
    real_time: bool = False,
) -> LocalService:
    """Return the service behind a `local` environment, over the project's file in the Git folder.

    State machines of the project in the file that all projects once shared are moved there.
    Tasks are answered by ``<module>.mocks.json`` beside the module that a workflow came from.
    """
    path = database(project, git)
    move_project(git.repository.common_dir / _SHARED, path, tag=_TAG, project=project.name)
    return service(
        path,
        tasks_for=_tasks_for(project, ledger, environment),
        region=environment.region or REGION,
        account=ACCOUNT,
        real_time=real_time,
    )


def reset_local(project: Project, git: Git, ledger: Ledger) -> list[str]:
    """Forget the state machines and records of `local`.

    Where the ledger has a remote, the local trials are forgotten too.
    Returns the versions that were forgotten. Raises LocalServiceError for a file that cannot be
    removed.
    """
    own = database(project, git)
    try:
        drop_project(git.repository.common_dir / _SHARED, tag=_TAG, project=project.name)
        for path in [own, *(own.with_name(own.name + end) for end in ("-wal", "-shm", "-journal"))]:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise LocalServiceError(
            f"{own} cannot be removed: {error.strerror}.",
            fix="Check that the folder and its disk are writable."
            if error.errno in _NOT_WRITABLE
            else f"Stop what uses it, such as `sfn-release local serve` of {project.name}.",
        ) from error
    return ledger.drop_local()


def unused_mocks(
    project: Project, ledger: Ledger, environment: Environment, workflow: str
) -> list[str]:
    """Return a line for each key of a workflow's mock file that answers nothing.

    The workflows of one module share the file: a key may be of any of them.
    """
    commit = ledger.tip(environment.name)
    serving = ledger.state_at(environment.name, commit).serving if commit else None
    served = serving.workflows.get(workflow) if serving else None
    if commit is None or serving is None or served is None:
        return []
    file = mocks_file(served.source)
    sharing = [
        form.definition
        for name, form in ledger.served(environment.name, commit, serving).items()
        if mocks_file(serving.workflows[name].source) == file
    ]
    return mocks_without_a_state(project, served.source, sharing, workflow)


def mocks_without_a_state(
    project: Project, source: str, definitions: Iterable[Mapping[str, Any]], workflow: str
) -> list[str]:
    """Return a line for each key of the mocks beside *source* that no definition asks for."""
    file = mocks_file(source)
    path = project.root / file
    if not existing_files.is_file(path):
        return []
    mocks = load_mocks(path.read_bytes(), file=file)
    names = [name for definition in definitions for name in asking(definition)]
    return [
        f"{file}: {json.dumps(key, ensure_ascii=False)} is neither a state nor a Resource of"
        f" {workflow}. {did_you_mean(key, names)}".rstrip()
        for key in mocks.unused(names)
    ]


def _tasks_for(
    project: Project, ledger: Ledger, environment: Environment
) -> Callable[[str, Mapping[str, str]], Tasks]:
    def tasks(state_machine: str, _: Mapping[str, str]) -> Tasks:
        # These records are in this clone alone: the remote need not be asked.
        tip = ledger.tip(environment.name)
        serving = ledger.state_at(environment.name, tip).serving if tip else None
        source = _source(serving, state_machine)
        if source is None:
            return Mocks()
        return mocks_of(project, source)

    return tasks


def mocks_of(project: Project, source: str) -> Mocks:
    """Return the mocks beside the module *source*; without a file, mocks that answer nothing."""
    path = project.root / mocks_file(source)
    if not existing_files.is_file(path):
        return Mocks(file=mocks_file(source))
    return load_mocks(path.read_bytes(), file=mocks_file(source))


def _source(serving: Serving | None, state_machine: str) -> str | None:
    for served in serving.workflows.values() if serving else ():
        if served.settings["state_machine"] == state_machine:
            return served.source or None  # what was found is of no module
    return None


def mocks_file(source: str) -> str:
    """Return where the mocks of a workflow's module stand: ``workflows/hello.mocks.json``."""
    path = Path(source)
    name = path.name.split(".")[0]
    return path.with_name(f"{name}.mocks.json").as_posix()
