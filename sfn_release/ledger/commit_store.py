"""Storing commits in the ledger, and moving its refs to them, here and on the remote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sfn_release.errors import ConflictError, GitError
from sfn_release.ledger.git import RefMovedError, RefUpdate, without_secrets
from sfn_release.ledger.integrity import LedgerProver
from sfn_release.ledger.seen_trailers import seen_lines

_BLOB = "100644"
_TREE = "040000"


class LedgerWriter(LedgerProver):
    """A ledger whose refs can be moved."""

    def store_commit(
        self,
        files: Mapping[str, bytes],
        parent: str | None,
        subject: str,
        trailers: Mapping[str, str],
        *,
        at: datetime,
        keep: bool = False,
    ) -> str:
        """Store a commit of *files*; with *keep*, the parent's other files stay.

        Its message says, after the *trailers*, where the ledger's other branches are.
        """
        entries = self.git.objects.tree(parent) if keep and parent else {}
        blobs = dict(zip(files, self.git.objects.write_blobs(list(files.values())), strict=True))
        folders: dict[str, dict[str, tuple[str, str, str]]] = {}
        for path, blob in blobs.items():
            folder, _, name = path.rpartition("/")
            (folders.setdefault(folder, {}) if folder else entries)[name] = (_BLOB, "blob", blob)
        for folder, inside in folders.items():
            entries[folder] = (_TREE, "tree", self.git.objects.write_tree(inside))
        more = [*trailers.items(), *seen_lines(self._seen_branches(parent))]
        lines = "".join(f"{key}: {value}\n" for key, value in more)
        commit = self.git.objects.write_commit(
            self.git.objects.write_tree(entries),
            parent,
            f"{subject}\n\n{lines}",
            by=self.git.repository.identity,
            at=at,
        )
        self.git.objects.complete(commit, parent)
        return commit

    def _seen_branches(self, parent: str | None) -> dict[str, str]:
        """Return where the other branches are that everybody knows, as this clone last saw them."""
        inside = f"{self.prefix}/{self.project}/"
        start = self.seen_ref(inside) if self.remote is not None else inside
        branches = {ref.removeprefix(start): at for ref, at in self.git.refs.find(start).items()}
        return {
            branch: at
            for branch, at in branches.items()
            if not self._is_private(inside + branch) and at != parent
        }

    def move_refs(self, updates: Sequence[RefUpdate], *, shared: bool) -> None:
        """Move refs: on the remote first when they are shared, then here."""
        branches = {update.ref for update in updates if update.ref.startswith("refs/heads/")}
        taken = branches & self.git.work_tree.checked_out()
        if taken:
            raise ConflictError(
                f"{min(taken)} is checked out in a work tree.",
                why="Writing to it would move it under whoever works there.",
                fix="Check out another branch there:  git switch main",
            )
        if not shared:
            self.git.refs.update(updates)
            return
        assert self.remote is not None  # noqa: S101 - shared means that there is one
        fetches, pushes = self.git.remotes.urls(self.remote)
        if fetches != pushes:
            raise GitError(
                f"The remote {self.remote} fetches from one repository and pushes to another.",
                why=without_secrets(f"{fetches}\n  {pushes}"),
                fix="The ledger must be read where it is written: name another `remote`.",
            )
        seen = self.git.refs.find(*(self.seen_ref(update.ref) for update in updates))
        # What was never seen on the remote is new there, though this clone may have had it before.
        self.git.remotes.push(
            self.remote,
            [
                update if self.seen_ref(update.ref) in seen else replace(update, old=None)
                for update in updates
            ],
        )
        here = self.git.refs.find(*(update.ref for update in updates))
        copies = []
        for update in updates:
            branch = not update.ref.startswith("refs/tags/")
            if here.get(update.ref) != update.new:
                copies.append(RefUpdate(update.ref, update.new, here.get(update.ref)))
            if branch:
                mine = self.seen_ref(update.ref)
                copies.append(RefUpdate(mine, update.new, seen.get(mine)))
        try:
            self.git.refs.update(copies)
        except RefMovedError:
            return  # another process of this clone has read it from the remote already
