"""The ledger of one project, and writing to it: releases, deployment events, yanks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sfn_release.canonical import dumps
from sfn_release.errors import ConflictError, GitError, NotFoundError
from sfn_release.ledger.branches import Branches
from sfn_release.ledger.deployment_history import DeploymentHistory
from sfn_release.ledger.git import Git, RefMovedError, RefUpdate
from sfn_release.ledger.layout import Layout
from sfn_release.ledger.local_trials import LocalTrials
from sfn_release.ledger.mirror import Mirror
from sfn_release.release.ledger_files import definition_path
from sfn_release.release.record import Record
from sfn_release.release.serving import RecordedState, Serving
from sfn_release.release.version import Precedence

if TYPE_CHECKING:
    from sfn_release.ledger.commit_store import CommitStore
    from sfn_release.ledger.integrity import Integrity
    from sfn_release.ledger.release_history import ReleaseHistory
    from sfn_release.ledger.signatures import Signatures
    from sfn_release.release.release import Release
    from sfn_release.release.yank_list import Yank


@dataclass(frozen=True)
class Ledger:
    """The ledger of one project: its parts, and the writes that need several of them.

    A part that few commands need is imported when you first use it. *pause* waits before the n-th
    retry of a lost race; it returns False when there were enough. With *sign*, commits that others
    see and tags are signed. *folder* is the project's in the repository, with "/", or empty.
    """

    git: Git
    layout: Layout
    branches: Branches
    deployments: DeploymentHistory
    pause: Callable[[int], bool]
    sign: bool = False
    folder: str = ""

    @cached_property
    def releases(self) -> ReleaseHistory:
        """Reads releases and yanks."""
        from sfn_release.ledger.release_history import ReleaseHistory

        return ReleaseHistory(self.git, self.layout)

    @cached_property
    def integrity(self) -> Integrity:
        """Checks that tags, branches and records agree."""
        from sfn_release.ledger.integrity import Integrity

        return Integrity(self.git, self.layout, self.branches, self.releases, self.deployments)

    @cached_property
    def commits(self) -> CommitStore:
        """Stores commits, and moves branches to them."""
        from sfn_release.ledger.commit_store import CommitStore

        return CommitStore(self.git, self.layout, self.sign)

    @cached_property
    def signatures(self) -> Signatures:
        """Verifies signatures with the allowed signers on the protected branch."""
        from sfn_release.ledger.signatures import Signatures
        from sfn_release.ledger.trusted_signers import protected_branch

        return Signatures(
            self.git, self.layout, lambda: protected_branch(self.git, self.remote, self.folder)
        )

    @property
    def remote(self) -> str | None:
        """The remote that holds the ledger, None when this clone is the ledger."""
        return self.layout.remote

    def add_release(
        self, release: Release, *, notes: str, at: datetime, push: bool
    ) -> tuple[Release, bool]:
        """Write a release and its tag. Return the release in the ledger, and whether it is new.

        A version that is released already is returned with its own content: the caller compares. A
        missing half (the tag, or the remote's copy of a release of this clone) is added. Without
        *push*, nothing leaves this clone: if there is a remote, the release is a local trial,
        without a tag.

        Raises ConflictError when the tag exists on another commit.
        """
        from sfn_release.ledger.release_writer import ReleaseWriter

        writer = ReleaseWriter(self.git, self.layout, self.releases, self.commits)
        trial = self.remote is not None and not push
        attempt = 0
        while True:
            snapshot = self.branches.snapshot(offline=not push)
            existing = self.releases.release(snapshot, release.version)
            if existing is not None and existing.digest != release.digest:
                return existing, False
            chosen = existing or release
            is_written = existing is not None and (
                trial or self.releases.is_pushed(snapshot, existing)
            )
            try:
                if not trial:
                    chosen = writer.write_release(
                        snapshot, chosen, notes=notes, at=at, commit=not is_written
                    )
                elif not is_written:
                    chosen = writer.write_trial(snapshot, chosen, at=at)
            except RefMovedError:
                attempt += 1
                if not self.pause(attempt):
                    raise
                continue
            except ConflictError:
                # A release made since the ledger was read may own the tag: its content decides.
                again = self.branches.snapshot(offline=not push)
                if existing is not None or self.releases.release(again, release.version) is None:
                    raise
                continue
            return chosen, existing is None

    def append(
        self,
        environment: str,
        state: RecordedState,
        record: Record,
        *,
        serving: Serving | None = None,
        definitions: Mapping[str, Any] | None = None,
        at: datetime,
    ) -> RecordedState:
        """Write an event after *state*, with the new *serving* if it changes.

        Raises RefMovedError when the branch has moved since *state* was read.
        """
        ref = self.layout.env_ref(environment)
        before = state.record.number if state.record else None
        record = replace(record, number=(before or 0) + 1)
        files = {"deployment.json": dumps(record.to_json()).encode()}
        if serving is not None:
            files["manifest.json"] = dumps(serving.to_json()).encode()
            for name, definition in (definitions or {}).items():
                files[definition_path(name)] = dumps(definition).encode()
        commit = self.commits.store(
            files,
            state.tip,
            f"{record.action} {record.version} to {environment}: {record.status}",
            {"Deployment": record.id, "Version": record.version, "Status": record.status},
            ref=ref,
            at=at,
            keep=serving is None,
        )
        update = RefUpdate(ref, commit, state.tip)
        self.commits.move([update], remote=self.layout.remote_of(ref))
        return RecordedState(commit, record, serving or state.serving)

    def set_yank(
        self, version: str, yank: Yank | None, *, at: datetime
    ) -> tuple[Yank | None, bool]:
        """Yank a release, or with None withdraw its yank, unless that is done already.

        Returns the yank in the ledger, and whether it was written now. The yank of a local trial
        stays in this clone.
        """
        from sfn_release.release.yank_list import FILE, yanks_file

        attempt = 0
        while True:
            trial = self.releases.is_trial(version)
            snapshot = self.branches.snapshot(offline=trial)
            ref = self.layout.trial_yanks_ref if trial else self.layout.yanks_ref
            yanks = self.releases.yanks_at(snapshot, ref)
            if (version in yanks) == (yank is not None):
                return yanks.get(version), False
            wanted = {name: other for name, other in yanks.items() if name != version}
            if yank is not None:
                wanted[version] = yank
            tip = snapshot.refs.get(ref)
            commit = self.commits.store(
                {FILE: yanks_file(wanted)},
                tip,
                f"{'yank' if yank else 'unyank'} {version}",
                {"Version": version},
                ref=ref,
                at=at,
            )
            try:
                self.commits.move([RefUpdate(ref, commit, tip)], remote=self.layout.remote_of(ref))
            except RefMovedError:
                attempt += 1
                if not self.pause(attempt):
                    raise
                continue
            return yank, True

    def drop_local(self) -> list[str]:
        """Delete the refs that stay in this clone: private records, local trials, their yanks.

        Returns the versions of the trials.
        """
        snapshot = self.branches.snapshot(offline=True)
        refs = [self.layout.env_ref(environment) for environment in self.layout.private]
        if self.remote is not None:
            refs.append(self.layout.local_ref)
        for ref, commit in self.git.refs.find(*refs).items():
            self.git.refs.delete(ref, commit)
        return sorted(snapshot.trials, key=Precedence) if self.remote is not None else []


def open_ledger(
    git: Git,
    *,
    project: str,
    prefix: str,
    tag: str,
    remote: str | None,
    private: frozenset[str],
    sign: bool = False,
    folder: str = "",
    pause: Callable[[int], bool],
    say: Callable[[str], None],
) -> Ledger:
    """Return a project's ledger, after moving private refs to where they belong.

    A *remote* of None means ``origin`` if there is one; an empty one means this clone. *say* shows
    a line to the user. Raises NotFoundError for a remote that doesn't exist.
    """
    layout = Layout(project, prefix, tag, _chosen_remote(git, remote), private)
    trials = LocalTrials(git, layout, say)
    try:
        trials.settle()
    except GitError as error:  # reading goes on; a write raises its own error
        say(f"The records of local trials can't be moved: {error.why or error.message}")
    mirror = None if layout.remote is None else Mirror(git, layout, layout.remote)
    branches = Branches(git, layout, mirror, trials)
    return Ledger(
        git=git,
        layout=layout,
        branches=branches,
        deployments=DeploymentHistory(git, layout),
        pause=pause,
        sign=sign,
        folder=folder,
    )


def _chosen_remote(git: Git, remote: str | None) -> str | None:
    """Return the remote that holds the ledger, None for this clone."""
    remotes = git.remotes.names()
    if remote is None:
        return "origin" if "origin" in remotes else None
    if remote and remote not in remotes:
        raise NotFoundError(
            f"There is no Git remote {remote!r}, which releases.toml names for the ledger.",
            fix=f"Add it (git remote add {remote} URL), or set `remote` to one of:"
            f" {', '.join(remotes) or '(none)'}.",
        )
    return remote or None
