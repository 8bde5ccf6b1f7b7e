"""doctor: finds problems of the set-up, the ledger and permissions before a release does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_release.deployment.runtime import Runtime
from sfn_release.errors import SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git import Git, Identity
from sfn_release.operations.diagnosis.diagnosis import Diagnosis, Findings
from sfn_release.operations.workspace import Workspace, open_workspace
from sfn_release.project import find_project, read_project

if TYPE_CHECKING:
    from sfn_release.operations.diagnosis.iam import RolePolicy
    from sfn_release.operations.diagnosis.iam_trust import CiKind

_project = Findings("project")


def doctor(
    directory: Path,
    runtime: Runtime,
    *,
    environments: Sequence[str] = (),
    opened: Callable[[Path, Runtime], Workspace] = open_workspace,
) -> Iterator[Diagnosis]:
    """Yield the diagnoses of a project, each as soon as it is known.

    *environments* are names, by default all. Outside a repository, or with an invalid
    releases.toml, the rest is examined. Nothing is changed, here or in AWS.

    Raises NotFoundError for an unknown environment.
    """
    from sfn_release.operations.diagnosis.repository_setup import (
        examine_no_repository,
        examine_program,
        examine_repository,
    )

    problems = [*_releases_toml(directory)]
    yield from (problem for problem in problems if problem.verdict == "problem")
    yield from examine_program(directory)
    try:
        user = runtime.actor or "sfn-release"
        git = Git.open(directory, fallback=Identity(user, f"{user}@{runtime.host}"))
    except SfnReleaseError as error:
        yield examine_no_repository(error)
        return
    yield from examine_repository(git, runtime)
    if any(problem.verdict == "problem" for problem in problems):
        return
    yield from problems
    try:
        workspace = opened(directory, runtime)
    except SfnReleaseError as error:
        yield Findings("ledger").error("remote", error)
        return
    yield from _workspace(workspace, environments)


def least_policies(
    workspace: Workspace, environments: Sequence[str] = (), *, ci: CiKind | None = None
) -> list[RolePolicy]:
    """Return the least IAM policies for the roles that plan and deploy, by environment.

    *environments* are names, by default all with IAM. *ci* says which CI runs the jobs, if the name
    of the remote's host doesn't. AWS isn't called, so the roles needn't exist yet. Raises
    NotFoundError for an unknown environment, ConfigError for a workflow that doesn't load, and
    UsageError for a *ci* without a remote on a Git host.
    """
    from sfn_release.operations.diagnosis.iam import role_policies
    from sfn_release.operations.diagnosis.iam_trust import trusted_ci
    from sfn_release.operations.verbs.build import build_definitions

    chosen = [workspace.environment(name) for name in environments]
    chosen = chosen or list(workspace.project.environments.values())
    having_iam = [environment for environment in chosen if environment.backend.has_iam]
    declarations = build_definitions(workspace) if having_iam else []
    remote = workspace.ledger.remote
    url = workspace.git.repository.config(f"remote.{remote}.url") if remote else None
    jobs = trusted_ci(url, workspace.project.tag, ci)
    return [
        policy
        for environment in having_iam
        for policy in role_policies(environment, declarations, jobs)
    ]


def _releases_toml(directory: Path) -> Iterator[Diagnosis]:
    """Yield whether releases.toml can be read."""
    try:
        project = read_project(find_project(directory))
    except SfnReleaseError as error:
        yield _project.error("releases.toml", error)
        return
    names = ", ".join(sorted(project.environments))
    yield _project.ok("releases.toml", f"project {project.name}; environments: {names}")


def _workspace(workspace: Workspace, environments: Sequence[str]) -> Iterator[Diagnosis]:
    from sfn_release.operations.diagnosis.environment_access import examine_environment
    from sfn_release.operations.diagnosis.ledger_refs import examine_ledger
    from sfn_release.operations.diagnosis.signing_setup import examine_signing

    chosen = [workspace.environment(name) for name in environments]
    say = workspace.runtime.watcher.say
    where = workspace.ledger.remote
    say(f"asking {where}" if where else "reading the ledger")
    yield from examine_ledger(workspace)
    yield from examine_signing(workspace)
    snapshot = _snapshot(workspace)
    for environment in chosen or workspace.project.environments.values():
        if environment.backend.needs_credentials:
            say(f"asking AWS about {environment.name}")
        yield from examine_environment(workspace, environment, snapshot)


def _snapshot(workspace: Workspace) -> Snapshot | None:
    """Return the ledger's refs; None if they can't be read, which `examine_ledger` reports."""
    try:
        return workspace.ledger.branches.snapshot(offline=True)
    except SfnReleaseError:
        return None
