"""Sites: an environment of a workspace, ready to be deployed to."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from sfn_release.deployment import Site
from sfn_release.errors import ConfigError
from sfn_release.operations.workspace import Workspace
from sfn_release.project import FILE_NAME, Environment


def open_site(workspace: Workspace, environment: Environment) -> Site:
    """Return an environment ready to be deployed to.

    Outside `local`, raises DirtyError when releases.toml is not as committed (a deployment
    must be one that everybody can repeat), and ConfigError when nobody said where the ledger
    is to live.
    """
    if environment.backend != "local":
        _require_remote(workspace, environment)
        workspace.refuse_changes([FILE_NAME], "what a deployment does depends on it")
    return site(workspace, environment)


def site(workspace: Workspace, environment: Environment) -> Site:
    """Return an environment whose deployments are looked at, or closed."""
    return Site(
        project=workspace.project.name,
        environment=environment,
        ledger=workspace.ledger,
        client=workspace.connect(environment),
        around=replace(
            workspace.around, actor=workspace.around.actor or str(workspace.git.identity)
        ),
        config_blob=_config_blob(workspace),
    )


def _require_remote(workspace: Workspace, environment: Environment) -> None:
    """Raise ConfigError, or warn, when only this clone would know of a deployment.

    A loopback endpoint is on this machine as the clone is.
    """
    host = urlsplit(environment.endpoint_url or "").hostname
    if workspace.ledger.remote is not None or host in {"127.0.0.1", "localhost", "::1"}:
        return
    if workspace.project.remote is None:
        raise ConfigError(
            f"{environment.name} is shared, and the ledger would be in this clone alone.",
            why="This repository has no remote `origin`.",
            fix='Add a remote (git remote add origin URL), or write  remote = ""  in [project]'
            " of releases.toml if this clone is the only one that ever deploys.",
        )
    workspace.around.watcher.say('warning: the ledger is in this clone alone (remote = "")')


def _config_blob(workspace: Workspace) -> str | None:
    commit = workspace.git.head()
    found = workspace.git.tree(commit, workspace.folder).get(FILE_NAME) if commit else None
    return found[2] if found else None
