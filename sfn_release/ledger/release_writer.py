"""Writing one release: its commit on the branch of the releases, and its tag; or a local trial."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sfn_release.ledger.commit_store import CommitStore
from sfn_release.ledger.git import Git, RefUpdate
from sfn_release.ledger.layout import Layout
from sfn_release.ledger.release_history import ReleaseHistory
from sfn_release.ledger.snapshot import Snapshot
from sfn_release.ledger.tag_updates import refuse_elsewhere, tag_updates
from sfn_release.release.manifest import Manifest
from sfn_release.release.release import Release, make_release, release_files


@dataclass(frozen=True)
class ReleaseWriter:
    """Writes releases of a ledger. Raises RefMovedError when another process was faster."""

    git: Git
    layout: Layout
    releases: ReleaseHistory
    commits: CommitStore

    def write_trial(self, snapshot: Snapshot, release: Release, *, at: datetime) -> Release:
        """Write a release that only this clone knows: on no branch, and without a tag."""
        refuse_elsewhere(self.git, self.layout, [release.manifest])
        ref = self.layout.trial_ref(release.version)
        release = self._store(snapshot, release, None, ref=ref, at=at)
        updates = [RefUpdate(ref, release.ledger_commit, None)]
        if release.manifest.found is None:
            source = self.layout.source_ref(release.version)
            old = self.git.refs.find(source).get(source)
            updates.insert(0, RefUpdate(source, release.manifest.commit, old))
        self.git.refs.update(updates)
        return release

    def write_release(
        self, snapshot: Snapshot, release: Release, *, notes: str, at: datetime, commit: bool
    ) -> Release:
        """Write the ledger commit (if *commit*), then the tag (if it is missing).

        Raises ConflictError when the tag exists on another commit.
        """
        layout, version = self.layout, release.version
        tip = snapshot.refs.get(layout.releases_ref)
        team = replace(snapshot, trials={})  # other clones don't have our trials
        updates = []
        if commit and tip and self.releases.branch_commit(snapshot, version):
            updates.append(RefUpdate(layout.releases_ref, tip, tip))  # pushed as it is
        elif commit:
            release = self._store(team, release, tip, ref=layout.releases_ref, at=at)
            updates.append(RefUpdate(layout.releases_ref, release.ledger_commit, tip))
        older = []  # releases from before there was a remote, which go there with this one
        if layout.remote is not None:
            if layout.yanks_ref in snapshot.kept:
                yanks = snapshot.refs[layout.yanks_ref]
                updates.append(RefUpdate(layout.yanks_ref, yanks, yanks))
            if layout.releases_ref in snapshot.kept:
                older = self.releases.manifests(team)[::-1]
        manifests = [manifest for manifest in older if manifest.version != version]
        updates += tag_updates(
            self.git,
            layout,
            [*manifests, release.manifest],
            {version: notes},
            at=at,
            sign=self.commits.sign,
        )
        if updates:
            self.commits.move(updates, remote=layout.remote)
        if version in snapshot.trials:
            self._forget_trial(version, snapshot.trials[version])
        return release

    def _store(
        self, snapshot: Snapshot, release: Release, tip: str | None, *, ref: str, at: datetime
    ) -> Release:
        """Store the commit of a release, with every ``since`` as of now."""
        version = release.version
        if release.manifest.found is None:
            release = _with_since(release, self.releases.predecessor(snapshot, version))
        commit = self.commits.store(
            release_files(release),
            tip,
            f"release {version}",
            {"Version": version},
            ref=ref,
            at=at,
        )
        return replace(release, ledger_commit=commit)

    def _forget_trial(self, version: str, commit: str) -> None:
        self.git.refs.delete(self.layout.trial_ref(version), commit)
        ref = self.layout.source_ref(version)
        source = self.git.refs.find(ref).get(ref)
        if source is not None:
            self.git.refs.delete(ref, source)


def _with_since(release: Release, predecessor: Manifest | None) -> Release:
    """Return the release with every ``since`` computed from the present *predecessor*."""
    manifest = release.manifest
    return make_release(
        release.declarations.values(),
        project=manifest.project,
        version=manifest.version,
        commit=manifest.commit,
        tag=manifest.tag,
        date=manifest.date,
        author=manifest.author,
        toolchain=manifest.toolchain,
        predecessor=predecessor,
        schemas=release.schemas,
        tests=manifest.tests,
    )
