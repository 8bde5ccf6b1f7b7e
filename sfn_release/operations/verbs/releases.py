"""releases: every release, and where it is live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfn_release.errors import TamperedError
from sfn_release.operations.workspace import Workspace
from sfn_release.release.manifest import Manifest
from sfn_release.release.yank_list import Yank


@dataclass(frozen=True)
class ListedRelease:
    """A release and the environments that serve it now.

    *pushed*: the ledger's remote has it. *trial*: only `local` has it. *yank* is None unless it
    was yanked.
    """

    manifest: Manifest
    live_in: tuple[str, ...]
    pushed: bool = True
    trial: bool = False
    yank: Yank | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        manifest = self.manifest
        return {
            "version": manifest.version,
            "commit": manifest.commit,
            "date": manifest.date,
            "author": manifest.author,
            "release_digest": manifest.release_digest,
            "tag": None if manifest.found or self.trial else manifest.tag,
            "found": manifest.found,
            "workflows": {name: entry.digest for name, entry in manifest.workflows.items()},
            "live_in": list(self.live_in),
            "pushed": self.pushed,
            "trial": self.trial,
            "yanked": self.yank.to_json() if self.yank else None,
        }


def missing_ledger(workspace: Workspace) -> TamperedError | None:
    """Return the error for a ledger without releases whose tags are there; None if all is well."""
    snapshot = workspace.ledger.branches.snapshot(offline=True)
    return workspace.ledger.integrity.lost_release(snapshot, None)


def releases(workspace: Workspace, *, limit: int | None = None) -> list[ListedRelease]:
    """Return the releases, the highest version first."""
    snapshot = workspace.snapshot()
    ledger = workspace.ledger
    live: dict[tuple[str, str], list[str]] = {}
    for name in sorted(workspace.project.environments):
        serving = ledger.deployments.state(snapshot, name).serving
        if serving is not None:  # by digest too: another release may have the version of a trial
            live.setdefault((serving.version, serving.release_digest), []).append(name)
    yanks = ledger.releases.yanked(snapshot)
    alone = ledger.remote is None
    found = []
    for manifest in ledger.releases.manifests(snapshot, limit=limit):
        trial = manifest.version in snapshot.trials and not alone
        found.append(
            ListedRelease(
                manifest=manifest,
                live_in=tuple(live.get((manifest.version, manifest.release_digest), ())),
                pushed=alone or not (trial or ledger.layout.releases_ref in snapshot.kept),
                trial=trial,
                yank=yanks.of(manifest.version, manifest.release_digest),
            )
        )
    return found
