"""history: what was deployed to an environment."""

from __future__ import annotations

from sfn_release.operations.workspace import Workspace
from sfn_release.record import Record


def history(
    workspace: Workspace, *, environment: str | None = None, limit: int | None = None
) -> list[Record]:
    """Return the deployments of an environment in their last state, newest first."""
    there = workspace.environment(environment)
    snapshot = workspace.snapshot()
    tip = snapshot.refs.get(workspace.ledger.env_ref(there.name))
    return workspace.ledger.deployments(there.name, tip, limit=limit)
