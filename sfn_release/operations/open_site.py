"""Sites: an environment of a workspace, ready to be deployed to."""

from __future__ import annotations

from dataclasses import replace

from sfn_release.aws.clients import Aws
from sfn_release.deployment.site import Site
from sfn_release.errors import ConfigError
from sfn_release.operations.workspace import Workspace
from sfn_release.project import FILE_NAME, Environment


def open_site(workspace: Workspace, environment: Environment) -> Site:
    """Return an environment ready to be deployed to.

    Outside `local`, raises DirtyError when releases.toml is not as committed (a deployment
    must be repeatable by others), and ConfigError when it isn't configured where the ledger
    is to live.
    """
    if not environment.backend.private:
        require_remote(workspace, environment)
        workspace.refuse_changes(
            [FILE_NAME], "A deployment reads releases.toml as it is committed."
        )
    aws = workspace.reach(environment)
    # The client is made now, while others build: it takes its time.
    aws.clock_skew.listen(aws.stepfunctions, workspace.runtime.now)
    return site_of(workspace, environment, aws)


def site_of(workspace: Workspace, environment: Environment, aws: Aws | None = None) -> Site:
    """Return an environment whose deployments are looked at, or closed."""
    return Site(
        project=workspace.project.name,
        environment=environment,
        ledger=workspace.ledger,
        aws=aws or workspace.aws(environment),
        runtime=replace(
            workspace.runtime,
            actor=workspace.runtime.actor or str(workspace.git.repository.identity),
        ),
        root=workspace.project.root,
        config_blob=_config_blob(workspace),
        filled=workspace.filled,
    )


def require_remote(workspace: Workspace, environment: Environment) -> str:
    """Raise ConfigError, or warn, when only this clone would know of a deployment.

    Returns where it would be known. A state machine at a loopback endpoint is on this machine, as
    the clone is.
    """
    if workspace.ledger.remote is not None or environment.on_this_machine:
        return f"deployments are recorded {_where(workspace.ledger.remote)}"
    if workspace.project.remote is None:
        raise ConfigError(
            f"{environment.name} is shared, but the ledger would be in this clone only.",
            why="This repository has no remote `origin`.",
            fix='Add a remote (git remote add origin URL), or write  remote = ""  in [project]'
            " of releases.toml if this clone is the only one that deploys.",
        )
    workspace.runtime.watcher.say('warning: the ledger is in this clone only (remote = "")')
    return f"deployments are recorded {_where(None)}"


def _where(remote: str | None) -> str:
    return f"on {remote}" if remote else "in this clone only"


def _config_blob(workspace: Workspace) -> str | None:
    commit = workspace.git.history.head()
    found = workspace.git.objects.tree(commit, workspace.folder).get(FILE_NAME) if commit else None
    return found[2] if found else None
