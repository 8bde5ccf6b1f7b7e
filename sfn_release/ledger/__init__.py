"""The ledger: releases and deployments as commits on branches of their own.

No database and no state file. Nothing here touches the work tree, the index or anyone's branch.

    <prefix>/<project>/releases        one commit per release
    <prefix>/<project>/env/<name>      one commit per deployment event
    <prefix>/<project>/yanks           one commit per release that is yanked, or is no more
    refs/tags/<tag>                    annotated, on the source commit

With a remote, the remote alone is the truth: objects are built, pushed by id with a lease, and only
then do refs of this clone advance. What the remote was last seen to hold stands below
``refs/sfn-release-remotes``, fetched without force, so that a rewrite there is refused. Records of
``local`` and releases that only ``local`` knows (``refs/sfn-release-unpushed``) stay in the clone,
and so does what yanks those (``refs/sfn-release-yanked``).

Writes are compare-and-swap: RefMovedError means that somebody else wrote first.

    refs        where things are, here and on the remote
    reader      what they say, verified
    tags        release tags, held against the ledger
    witness     what branches say of each other
    proving     whether all that agrees, asked before it is used
    writer      storing commits, and moving refs to them, here and on the remote
    Ledger      writes releases, deployments and yanks
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sfn_release.canonical import dumps
from sfn_release.errors import ConflictError, NotFoundError
from sfn_release.git import Git, RefMovedError, RefUpdate
from sfn_release.ledger.refs import Snapshot
from sfn_release.ledger.writer import LedgerWriter
from sfn_release.record import Record, Serving, State
from sfn_release.release import (
    Manifest,
    Precedence,
    Release,
    definition_path,
    make_release,
    release_files,
)
from sfn_release.yanks import FILE, Yank, yanks_file

__all__ = ["Ledger", "Snapshot", "open_ledger"]


class Ledger(LedgerWriter):
    """A ledger that is read and written."""

    def add_release(
        self, release: Release, *, notes: str, at: datetime, push: bool
    ) -> tuple[Release, bool]:
        """Write a release and its tag, and return the release that stands, and whether it is new.

        When the version is released already, the one that stands is returned, whatever its
        content: the caller compares. A half that is missing (the tag, or the remote's copy of what
        only this clone knew) is finished. Without *push*, nothing leaves this clone.

        Raises ConflictError when the tag exists on another commit.
        """
        attempt = 0
        while True:
            snapshot = self.snapshot(offline=not push)
            standing = self.release(snapshot, release.version)
            there = standing is not None and (not push or self.is_pushed(snapshot, standing))
            if standing is not None and standing.digest != release.digest:
                return standing, False
            chosen = standing or release
            try:
                written = self._write_release(
                    snapshot, chosen, notes=notes, at=at, push=push, ledger=not there
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

    def _write_release(
        self,
        snapshot: Snapshot,
        release: Release,
        *,
        notes: str,
        at: datetime,
        push: bool,
        ledger: bool,
    ) -> Release:
        """Write the ledger commit (if *ledger*) and the tag (if it is missing), in that order."""
        version = release.version
        shared = push and self.remote is not None
        tip = snapshot.refs.get(self.releases_ref)
        updates = []
        if ledger and tip and self._branch_commit(snapshot, version):
            # The branch is older than the remote, and goes there as it is.
            updates.append(RefUpdate(self.releases_ref, tip, tip))
        elif ledger:
            if release.manifest.found is None:
                release = _with_since(release, self.predecessor(snapshot, version))
            commit = self.store_commit(
                release_files(release), tip, f"release {version}", {"Version": version}, at=at
            )
            release = replace(release, ledger_commit=commit)
            kept_here = self.remote is not None and not push
            if kept_here:
                updates.append(RefUpdate(self._unpushed_ref(version), commit, None))
            else:
                updates.append(RefUpdate(self.releases_ref, commit, tip))
        if shared and self.yanks_ref in snapshot.kept:  # older than the remote too
            yanks = snapshot.refs[self.yanks_ref]
            updates.append(RefUpdate(self.yanks_ref, yanks, yanks))
        if shared and self.releases_ref in snapshot.kept:
            updates += self._older_tags(snapshot, version)
        updates += self._tag_update(release, notes, at=at, shared=shared)
        if updates:
            self.move_refs(updates, shared=shared)
        if shared and version in snapshot.unpushed:
            self.git.delete_ref(self._unpushed_ref(version), snapshot.unpushed[version])
        return release

    def _older_tags(self, snapshot: Snapshot, version: str) -> list[RefUpdate]:
        """Return what brings the other releases' tags to a remote that comes later than they."""
        here = self.git.refs("refs/tags/")
        others = {
            f"refs/tags/{manifest.tag}"
            for manifest in self.manifests(snapshot)
            if manifest.version not in {version, *snapshot.unpushed}
        }
        missing = sorted(others & here.keys() - snapshot.tags.keys())
        return [RefUpdate(ref, here[ref], None) for ref in missing]

    def _tag_update(
        self, release: Release, notes: str, *, at: datetime, shared: bool
    ) -> list[RefUpdate]:
        """Return the update that makes the release's tag, nothing when it is there.

        A tag that a person made on this very commit is taken as it is, signed or lightweight. A
        release of what was found has none: it is made from no commit.
        """
        if release.manifest.found is not None:
            return []
        name = self.tag_name(release.version)
        ref = f"refs/tags/{name}"
        here = self.git.refs(ref)
        there = here
        if shared:
            assert self.remote is not None  # noqa: S101 - shared means that there is one
            there = self.git.ls_remote(self.remote, [ref, ref + "^{}"])
        commit = release.manifest.commit
        for refs, where in ((there, self.remote if shared else "this clone"), (here, "this clone")):
            found = refs.get(ref + "^{}") or refs.get(ref)
            if found not in (None, commit):
                raise ConflictError(
                    f"The tag {name} exists in {where} on another commit.",
                    why=f"It stands on {found[:12] if found else found},"
                    f" the release is of {commit[:12]}.",
                    fix="A release's tag names its source. Release under another version, or delete"
                    " that tag if it was made by mistake.",
                )
        if ref in there:
            return []
        return [RefUpdate(ref, here.get(ref) or self._make_tag(release, name, notes, at=at), None)]

    def _make_tag(self, release: Release, name: str, notes: str, *, at: datetime) -> str:
        entries = release.manifest.workflows.items()
        digests = "".join(f"{entry.digest}  {workflow}\n" for workflow, entry in entries)
        text = (
            f"{self.project} {release.version}\n\n"
            + (f"{notes.strip()}\n\n" if notes.strip() else "")
            + f"Release digest: {release.digest}\n{digests}"
        )
        by = self.git.identity
        return self.git.write_tag(name, release.manifest.commit, text, by=by, at=at)

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
        self.move_refs([RefUpdate(ref, commit, state.tip)], shared=self._shared(ref))
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
            own = self.remote is not None and bool(self.git.refs(self._unpushed_ref(version)))
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
                self.move_refs([RefUpdate(ref, commit, tip)], shared=self._shared(ref))
            except RefMovedError:
                attempt += 1
                if not self.pause(attempt):
                    raise
                continue
            return yank, True

    def drop_local(self) -> list[str]:
        """Forget what stays in this clone: private records, unpushed releases, tags and yanks.

        Returns the versions that were forgotten.
        """
        snapshot = self.snapshot(offline=True)
        forgotten = dict(snapshot.unpushed) if self.remote is not None else {}
        for version, commit in forgotten.items():
            ref = f"refs/tags/{self.tag_name(version)}"
            tag = self.git.refs(ref).get(ref)
            if tag is not None:
                self.git.delete_ref(ref, tag)
            self.git.delete_ref(self._unpushed_ref(version), commit)
        for ref in self._private_refs() & {*snapshot.refs}:
            self.git.delete_ref(ref, snapshot.refs[ref])
        return sorted(forgotten, key=Precedence)


def open_ledger(
    git: Git,
    *,
    project: str,
    prefix: str,
    tag: str,
    remote: str | None,
    private: frozenset[str],
    pause: Callable[[int], bool],
) -> Ledger:
    """Return a project's ledger.

    A *remote* of None means ``origin`` if there is one, an empty one this clone. Raises
    NotFoundError for a remote that is not there.
    """
    remotes = git.remotes()
    if remote is None:
        remote = "origin" if "origin" in remotes else ""
    if remote and remote not in remotes:
        raise NotFoundError(
            f"There is no Git remote {remote!r}, which releases.toml names for the ledger.",
            fix=f"Add it (git remote add {remote} URL), or set `remote` to one of:"
            f" {', '.join(remotes) or '(none)'}.",
        )
    return Ledger(git, project, prefix, tag, remote or None, private, pause)


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
