"""history: the deployments of an environment."""

from __future__ import annotations

from collections.abc import Sequence

from sfn_release.operations.workspace import Workspace
from sfn_release.release.record import Record


def yielded_trials(workspace: Workspace, records: Sequence[Record]) -> frozenset[str]:
    """Return the ids of *records* of local trials whose version another release has taken."""
    digests = workspace.ledger.releases.yielded_digests()
    return frozenset(
        record.id
        for record in records
        if digests.get(record.version) == record.release_digest
        and record.environment in workspace.ledger.layout.private
    )


def history(
    workspace: Workspace, *, environment: str | None = None, limit: int | None = None
) -> list[Record]:
    """Return the deployments of an environment, newest first, each with its latest status."""
    chosen = workspace.environment(environment)
    return histories(workspace, [chosen.name], limit=limit)[chosen.name]


def histories(
    workspace: Workspace, environments: Sequence[str], *, limit: int | None = None
) -> dict[str, list[Record]]:
    """Return the deployments of several environments, as `history` does, by environment."""
    for name in environments:
        workspace.environment(name)
    snapshot = workspace.snapshot()
    deployments, layout = workspace.ledger.deployments, workspace.ledger.layout
    return {
        name: deployments.newest_first(name, snapshot.refs.get(layout.env_ref(name)), limit=limit)
        for name in environments
    }
