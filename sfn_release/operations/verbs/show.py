"""show: one release."""

from __future__ import annotations

from typing import Any

from sfn_release.errors import GitError, NotFoundError
from sfn_release.operations.recorded_notes import recorded_notes
from sfn_release.operations.workspace import Workspace
from sfn_release.release.release import Release
from sfn_release.release.version import parse_version
from sfn_release.release.yank_list import Yank
from sfn_release.text import did_you_mean


def show(workspace: Workspace, version: str, workflow: str | None = None) -> Release:
    """Return one release; raises NotFoundError if it, or *workflow* in it, doesn't exist."""
    return shown(workspace, version, workflow)[0]


def shown(
    workspace: Workspace, version: str, workflow: str | None = None
) -> tuple[Release, Yank | None]:
    """Return the release, and its `Yank` or None. Raises NotFoundError, like `show`."""
    snapshot = workspace.snapshot()
    release = workspace.released(snapshot, parse_version(version))
    if workflow is not None and workflow not in release.declarations:
        raise NotFoundError(
            f"{version} has no workflow {workflow!r}.",
            why=f"It has: {', '.join(release.declarations)}.",
            fix=did_you_mean(workflow, release.declarations),
        )
    yanks = workspace.ledger.releases.yanked(snapshot)
    return release, yanks.of(release.version, release.digest)


def shown_notes(workspace: Workspace, release: Release) -> str | None:
    """Return the notes of a release: "" for none, None if the remote with its tag isn't reached."""
    snapshot = workspace.ledger.branches.snapshot(offline=True)
    try:
        found = recorded_notes(workspace, snapshot, [release.manifest])
    except GitError as error:
        workspace.runtime.watcher.say(f"warning: the notes can't be read: {error.message}")
        return None
    return found[release.version].notes


def shown_schema(release: Release, workflow: str) -> Any:
    """Return the JSON Schema of a workflow's input; raises NotFoundError without one."""
    if workflow not in release.schemas:
        raise NotFoundError(
            f"{workflow} has no input schema in {release.version}.",
            fix=f'Add one to releases.toml:  [workflows.{workflow}]  input_schema = "…"',
        )
    return release.schemas[workflow]
