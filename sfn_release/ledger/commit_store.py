"""Storing commits of the ledger, and moving its refs to them, here and on the remote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sfn_release.errors import ConflictError, GitError
from sfn_release.ledger.git import Git, RefMovedError, RefUpdate, without_secrets
from sfn_release.ledger.layout import TAGS, Layout
from sfn_release.ledger.seen_trailers import seen_trailers
from sfn_release.ledger.signed_trailer import signed_for

_BLOB = "100644"
_TREE = "040000"


@dataclass(frozen=True)
class CommitStore:
    """Writes to a ledger's repository. With *sign*, the commits that others see are signed."""

    git: Git
    layout: Layout
    sign: bool = False

    def store(
        self,
        files: Mapping[str, bytes],
        parent: str | None,
        subject: str,
        trailers: Mapping[str, str],
        *,
        ref: str,
        at: datetime,
        keep: bool = False,
    ) -> str:
        """Store a commit of *files* for *ref*, and return its id; no ref is moved.

        With *keep*, the parent's other files stay. Its message has the *trailers*, and then the
        tips of the ledger's other branches. A signed commit names its branch too. Commits that stay
        in this clone are never signed. Raises SigningError.
        """
        sign = self.sign and not self.layout.is_private(ref)
        entries = self.git.objects.tree(parent) if keep and parent else {}
        blobs = dict(zip(files, self.git.objects.write_blobs(list(files.values())), strict=True))
        folders: dict[str, dict[str, tuple[str, str, str]]] = {}
        for path, blob in blobs.items():
            folder, _, name = path.rpartition("/")
            (folders.setdefault(folder, {}) if folder else entries)[name] = (_BLOB, "blob", blob)
        for folder, inside in folders.items():
            entries[folder] = (_TREE, "tree", self.git.objects.write_tree(inside))
        pairs = [*trailers.items(), *([signed_for(self.layout, ref)] if sign else [])]
        pairs += seen_trailers(self._other_branches(parent))
        lines = "".join(f"{key}: {value}\n" for key, value in pairs)
        commit = self.git.objects.write_commit(
            self.git.objects.write_tree(entries),
            parent,
            f"{subject}\n\n{lines}",
            by=self.git.repository.identity,
            at=at,
            sign=sign,
        )
        self.git.objects.complete(commit, parent)
        return commit

    def _other_branches(self, parent: str | None) -> dict[str, str]:
        """Return the tips of the public branches, as this clone saw them last."""
        base = self.layout.base
        start = base if self.layout.remote is None else self.layout.copy_ref(base)
        branches = {
            ref.removeprefix(start): commit for ref, commit in self.git.refs.find(start).items()
        }
        return {
            branch: commit
            for branch, commit in branches.items()
            if not self.layout.is_private(base + branch) and commit != parent
        }

    def move(self, updates: Sequence[RefUpdate], *, remote: str | None) -> None:
        """Move refs: first on the *remote*, if they are shared, then in this clone.

        Raises RefMovedError when another process was faster.
        """
        self._refuse_checked_out(updates)
        if remote is None:
            self.git.refs.update(updates)
            return
        self._refuse_two_repositories(remote)
        copies = self.git.refs.find(*(self.layout.copy_ref(update.ref) for update in updates))
        # A ref without a copy is new on the remote, though this clone may have had it before.
        self.git.remotes.push(
            remote,
            [
                update
                if update.ref.startswith(TAGS) or self.layout.copy_ref(update.ref) in copies
                else replace(update, old=None)
                for update in updates
            ],
        )
        here = self.git.refs.find(*(update.ref for update in updates))
        moves = []
        for update in updates:
            if here.get(update.ref) != update.new:
                moves.append(RefUpdate(update.ref, update.new, here.get(update.ref)))
            if not update.ref.startswith(TAGS):
                copy = self.layout.copy_ref(update.ref)
                moves.append(RefUpdate(copy, update.new, copies.get(copy)))
        try:
            self.git.refs.update(moves)
        except RefMovedError:
            return  # another process of this clone has read it from the remote already

    def _refuse_checked_out(self, updates: Sequence[RefUpdate]) -> None:
        branches = {update.ref for update in updates if update.ref.startswith("refs/heads/")}
        taken = branches & self.git.work_tree.checked_out()
        if taken:
            raise ConflictError(
                f"{min(taken)} is checked out in a work tree.",
                why="A write to it would move the branch under that work tree.",
                fix="Check out another branch there:  git switch main",
            )

    def _refuse_two_repositories(self, remote: str) -> None:
        fetches, pushes = self.git.remotes.urls(remote)
        if fetches != pushes:
            raise GitError(
                f"The remote {remote} fetches from one repository and pushes to another.",
                why=without_secrets(f"{fetches}\n  {pushes}"),
                fix="The ledger must be read where it is written: name another `remote`.",
            )
