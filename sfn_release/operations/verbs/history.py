"""history: what was deployed to an environment."""

from __future__ import annotations

from collections.abc import Sequence

from sfn_release.operations.workspace import Workspace
from sfn_release.release.record import Record


def yielded_trials(workspace: Workspace, records: Sequence[Record]) -> frozenset[str]:
    """Return the ids of the *records* of local trials whose number is another release's now."""
    digests = workspace.ledger.releases.yielded_digests()
    found = (one for one in records if digests.get(one.version) == one.release_digest)
    return frozenset(one.id for one in found if one.environment in workspace.ledger.layout.private)


def history(
    workspace: Workspace, *, environment: str | None = None, limit: int | None = None
) -> list[Record]:
    """Return the deployments of an environment in their last state, newest first."""
    there = workspace.environment(environment)
    snapshot = workspace.snapshot()
    tip = snapshot.refs.get(workspace.ledger.layout.env_ref(there.name))
    return workspace.ledger.deployments.newest_first(there.name, tip, limit=limit)
