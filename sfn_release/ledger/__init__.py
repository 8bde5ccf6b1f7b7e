"""The ledger: releases and deployments as commits on branches of their own.

No database and no state file. Nothing here touches the work tree, the index or anyone's branch.

    <prefix>/<project>/releases        one commit per release
    <prefix>/<project>/env/<name>      one commit per deployment event
    <prefix>/<project>/yanks           one commit per release that is yanked, or is no more
    refs/tags/<tag>                    annotated, on the source commit

With a remote, the remote alone is the truth: objects are built, pushed by id with a lease, and only
then do refs of this clone advance. What the remote was last seen to hold stands below
``refs/sfn-release-remotes``, fetched without force, so that a rewrite there is refused. Releases
that only ``local`` knows and its records stay below ``refs/sfn-release/<project>/local``. Without a
remote, this clone is the ledger.

Writes are compare-and-swap: RefMovedError means that somebody else wrote first.

    refs        where things are, here and on the remote
    reader      what they say, verified
    tags        release tags, held against the ledger
    witness     what branches say of each other
    order       which event may follow which
    proving     whether all that agrees, asked before it is used
    rewrites    accepting branches that were forced back on the remote
    writer      storing commits, and moving refs to them, here and on the remote
    tagging     making the tags that releases are to get
    trials      releases that only `local` knows
    Ledger      writes releases, deployments and yanks
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sfn_release.canonical import dumps
from sfn_release.errors import ConflictError, GitError, NotFoundError
from sfn_release.ledger import local_trials
from sfn_release.ledger.branches import Snapshot
from sfn_release.ledger.commit_store import LedgerWriter
from sfn_release.ledger.git import Git, RefMovedError, RefUpdate
from sfn_release.ledger.tag_updates import refuse_elsewhere, tag_updates
from sfn_release.release.record import Record, Serving, State
from sfn_release.release.release import (
    Manifest,
    Precedence,
    Release,
    definition_path,
    make_release,
    release_files,
)
from sfn_release.release.yank_list import FILE, Yank, yanks_file

__all__ = ["Ledger", "Snapshot", "open_ledger"]


class Ledger(LedgerWriter):
    """A ledger that is read and written."""

    def snapshot(self, *, offline: bool = False) -> Snapshot:
        """Read every ref of the ledger, and let local trials make way for releases."""
        return local_trials.yielded(self, super().snapshot(offline=offline))

    def add_release(
        self, release: Release, *, notes: str, at: datetime, push: bool
    ) -> tuple[Release, bool]:
        """Write a release and its tag, and return the release that stands, and whether it is new.

        When the version is released already, the one that stands is returned, whatever its
        content: the caller compares. A half that is missing (the tag, or the remote's copy of what
        only this clone knew) is finished. Without *push*, nothing leaves this clone: where there is
        a remote, the release is a local trial, without a tag.

        Raises ConflictError when the tag exists on another commit.
        """
        attempt = 0
        while True:
            snapshot = self.snapshot(offline=not push)
            standing = self.release(snapshot, release.version)
            trial = self.remote is not None and not push
            there = standing is not None and (trial or self.is_pushed(snapshot, standing))
            if standing is not None and standing.digest != release.digest:
                return standing, False
            chosen = standing or release
            try:
                if trial:
                    written = chosen if there else self._write_trial(snapshot, chosen, at=at)
                else:
                    written = self._write_release(
                        snapshot, chosen, notes=notes, at=at, ledger=not there
                    )
            except RefMovedError:
                attempt += 1
                if not self.pause(attempt):
                    raise
                continue
            except ConflictError:
                # The tag may be that of a release made since the ledger was read: that decides.
                again = self.snapshot(offline=not push)
                if standing is not None or self.release(again, release.version) is None:
                    raise
                continue
            return written, standing is None

    def _write_trial(self, snapshot: Snapshot, release: Release, *, at: datetime) -> Release:
        """Write a release that only this clone knows: no branch and no tag."""
        refuse_elsewhere(self, [release.manifest])
        release = self._stored(snapshot, release, None, at=at)
        updates = [RefUpdate(self.trial_ref(release.version), release.ledger_commit, None)]
        if release.manifest.found is None:
            source = self.source_ref(release.version)
            held = self.git.refs.find(source).get(source)
            updates.insert(0, RefUpdate(source, release.manifest.commit, held))
        self.git.refs.update(updates)
        return release

    def _write_release(
        self, snapshot: Snapshot, release: Release, *, notes: str, at: datetime, ledger: bool
    ) -> Release:
        """Write the ledger commit (if *ledger*) and the tag (if it is missing), in that order."""
        version = release.version
        shared = self.remote is not None
        tip = snapshot.refs.get(self.releases_ref)
        older = shared and self.releases_ref in snapshot.kept  # than the remote
        updates = []
        if ledger and tip and self._branch_commit(snapshot, version):
            updates.append(RefUpdate(self.releases_ref, tip, tip))  # the branch goes there as it is
        elif ledger:
            team = replace(snapshot, trials={})  # nobody else knows this clone's trials
            release = self._stored(team, release, tip, at=at)
            updates.append(RefUpdate(self.releases_ref, release.ledger_commit, tip))
        if shared and self.yanks_ref in snapshot.kept:
            yanks = snapshot.refs[self.yanks_ref]
            updates.append(RefUpdate(self.yanks_ref, yanks, yanks))
        others = self.manifests(replace(snapshot, trials={}))[::-1] if older else []
        manifests = [*(one for one in others if one.version != version), release.manifest]
        updates += tag_updates(self, manifests, {version: notes}, at=at)
        if updates:
            self.move_refs(updates, shared=shared)
        if version in snapshot.trials:
            self.git.refs.delete(self.trial_ref(version), snapshot.trials[version])
            self._forget_source(version)
        return release

    def _stored(
        self, snapshot: Snapshot, release: Release, tip: str | None, *, at: datetime
    ) -> Release:
        """Store the commit of a release, with every ``since`` as it is now."""
        version = release.version
        if release.manifest.found is None:
            release = _with_since(release, self.predecessor(snapshot, version))
        commit = self.store_commit(
            release_files(release), tip, f"release {version}", {"Version": version}, at=at
        )
        return replace(release, ledger_commit=commit)

    def _forget_source(self, version: str) -> None:
        ref = self.source_ref(version)
        source = self.git.refs.find(ref).get(ref)
        if source is not None:
            self.git.refs.delete(ref, source)

    def append(
        self,
        environment: str,
        state: State,
        record: Record,
        *,
        serving: Serving | None = None,
        definitions: Mapping[str, Any] | None = None,
        at: datetime,
    ) -> State:
        """Write an event onto *state*, and what is served from now on when that changes.

        Raises RefMovedError when the branch has moved since *state* was read.
        """
        ref = self.env_ref(environment)
        before = state.record.number if state.record else None
        record = replace(record, number=(before or 0) + 1)
        files = {"deployment.json": dumps(record.to_json()).encode()}
        if serving is not None:
            files["manifest.json"] = dumps(serving.to_json()).encode()
            for name, definition in (definitions or {}).items():
                files[definition_path(name)] = dumps(definition).encode()
        commit = self.store_commit(
            files,
            state.tip,
            f"{record.action} {record.version} to {environment}: {record.status}",
            {"Deployment": record.id, "Version": record.version, "Status": record.status},
            at=at,
            keep=serving is None,
        )
        self.move_refs([RefUpdate(ref, commit, state.tip)], shared=self.shared(ref))
        return State(commit, record, serving or state.serving)

    def set_yank(
        self, version: str, yank: Yank | None, *, at: datetime
    ) -> tuple[Yank | None, bool]:
        """Write that a release is yanked, or with None that it is not, unless that stands already.

        Returns what stands, and whether it was written. Of a release that only this clone knows,
        only this clone is told.
        """
        attempt = 0
        while True:
            own = self.is_trial(version)
            snapshot = self.snapshot(offline=own)
            ref = self.own_yanks_ref if own else self.yanks_ref
            yanks = self._yanks(snapshot, ref)
            if (version in yanks) == (yank is not None):
                return yanks.get(version), False
            others = {name: one for name, one in yanks.items() if name != version}
            wanted = {**others, **({version: yank} if yank else {})}
            tip = snapshot.refs.get(ref)
            what = "yank" if yank else "unyank"
            files = {FILE: yanks_file(wanted)}
            commit = self.store_commit(files, tip, f"{what} {version}", {"Version": version}, at=at)
            try:
                self.move_refs([RefUpdate(ref, commit, tip)], shared=self.shared(ref))
            except RefMovedError:
                attempt += 1
                if not self.pause(attempt):
                    raise
                continue
            return yank, True

    def drop_local(self) -> list[str]:
        """Forget what stays in this clone: private records, local trials and their yanks.

        Returns the versions that were forgotten.
        """
        snapshot = self.snapshot(offline=True)
        private = [self.env_ref(environment) for environment in self.private]
        if self.remote is not None:
            private.append(self.local_ref)
        for ref, at in self.git.refs.find(*private).items():
            self.git.refs.delete(ref, at)
        return sorted(snapshot.trials, key=Precedence) if self.remote is not None else []


def open_ledger(
    git: Git,
    *,
    project: str,
    prefix: str,
    tag: str,
    remote: str | None,
    private: frozenset[str],
    pause: Callable[[int], bool],
    say: Callable[[str], None],
) -> Ledger:
    """Return a project's ledger, after moving private refs that stand elsewhere.

    A *remote* of None means ``origin`` if there is one, an empty one this clone. Raises
    NotFoundError for a remote that is not there.
    """
    remotes = git.remotes.names()
    if remote is None:
        remote = "origin" if "origin" in remotes else ""
    if remote and remote not in remotes:
        raise NotFoundError(
            f"There is no Git remote {remote!r}, which releases.toml names for the ledger.",
            fix=f"Add it (git remote add {remote} URL), or set `remote` to one of:"
            f" {', '.join(remotes) or '(none)'}.",
        )
    ledger = Ledger(git, project, prefix, tag, remote or None, private, pause, say)
    try:
        local_trials.settle(ledger)
    except GitError as error:  # reading goes on; what has to write raises for itself
        say(f"what is tried on this machine cannot be moved: {error.why or error.message}")
    return ledger


def _with_since(release: Release, predecessor: Manifest | None) -> Release:
    """Return the release with every ``since`` told from the *predecessor* that stands now."""
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
    )
