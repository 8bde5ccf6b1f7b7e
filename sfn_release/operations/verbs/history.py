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
    snapshot = workspace.snapshot()
    tip = snapshot.refs.get(workspace.ledger.layout.env_ref(chosen.name))
    return workspace.ledger.deployments.newest_first(chosen.name, tip, limit=limit)
