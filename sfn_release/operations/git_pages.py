"""The Git host of a project's ledger: where its commits and tags have web pages."""

from __future__ import annotations

from sfn_release.errors import GitError
from sfn_release.operations.workspace import Workspace
from sfn_release.project.git_host import GitHost, git_host_links


def git_host_of(workspace: Workspace) -> GitHost | None:
    """Return the Git host of the ledger's remote, else of ``origin``; None if it isn't known."""
    remotes = workspace.git.remotes
    wanted = workspace.ledger.remote or "origin"
    try:
        return git_host_links(remotes.urls(wanted)[0]) if wanted in remotes.names() else None
    except GitError:
        return None  # links are an extra: a command works without them
