"""This clone's copies of the remote's branches. We fetch fast-forward, so that we see rewrites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sfn_release.errors import ConflictError, TamperedError
from sfn_release.ledger.git import Git, RefMovedError, RefUpdate
from sfn_release.ledger.layout import Layout

ACCEPT = "sfn-release verify --accept-rewrite"
"""The command that accepts rewritten branches."""


@dataclass(frozen=True)
class Mirror:
    """The copies of a *remote*'s branches.

    Its methods take ``{ref: commit}``: *theirs* are refs of the remote, *ours* those of this clone.
    """

    git: Git
    layout: Layout
    remote: str

    def fetch(self, theirs: Mapping[str, str], ours: Mapping[str, str]) -> None:
        """Fetch every branch that changed on the remote, and move this clone's branches along.

        Raises TamperedError when a branch was rewritten, ConflictError when this clone has a ledger
        of its own that began apart from the remote's.
        """
        changed = [
            ref for ref, commit in theirs.items() if ours.get(self.layout.copy_ref(ref)) != commit
        ]
        if not changed:
            return
        updates = {
            ref: RefUpdate(copy, theirs[ref], ours.get(copy))
            for ref in changed
            if (copy := self.layout.copy_ref(ref))
        }
        try:
            self.git.remotes.fetch(self.remote, updates)
        except RefMovedError as error:
            raise self._rewritten(updates, error.why) from error
        for ref in changed:
            mine, copy = ours.get(ref), self.layout.copy_ref(ref)
            if mine and copy not in ours and not self.git.history.is_ancestor(mine, theirs[ref]):
                self._forget_new(updates)  # with a copy, the next command wouldn't notice
                raise ConflictError(
                    f"This clone and {self.remote} both have a ledger, with different histories:"
                    f" {ref}.",
                    why="\n  ".join(
                        [
                            f"There was no remote, or {self.remote}'s was rewritten meanwhile.",
                            *self._versions_taken(ref, theirs),
                        ]
                    ),
                    fix=f"Keep the remote's:  git update-ref -d {ref}",
                )
            self._follow(ref, theirs[ref], mine)

    def _forget_new(self, updates: Mapping[str, RefUpdate]) -> None:
        """Delete the copies that a fetch has just made."""
        for update in updates.values():
            if update.old is None:
                self.git.refs.delete(update.ref, update.new)

    def refuse_deleted(self, theirs: Mapping[str, str], copies: Iterable[str]) -> None:
        """Raise TamperedError when the remote no longer has the branch of one of *copies*."""
        for copy in copies:
            if not copy.startswith(self.layout.copies_ref):
                continue
            ref = self.layout.original_ref(copy)
            if self.layout.is_shared(ref) and ref not in theirs:
                raise TamperedError(
                    f"{ref} was deleted on {self.remote}.",
                    fix="If that was a mistake, put it back:"
                    f"  git push {self.remote} {copy}:{ref}\n"
                    f"If it was intended:  {ACCEPT}",
                )

    def _rewritten(self, updates: Mapping[str, RefUpdate], why: str) -> TamperedError:
        """Return the error for the first branch of the remote that lost commits."""
        ref, update = next(
            (ref, update)
            for ref, update in updates.items()
            if update.old and not self.git.history.is_ancestor(update.old, update.new)
        )
        return TamperedError(
            f"{ref} on {self.remote} was rewritten: it no longer contains the commits that this"
            " clone has seen.",
            why=why,
            fix=f"Find out who pushed by force, and why. To see the dropped commits:"
            f"  git log {update.new[:12]}..{update.ref}\nIf it was intended (a forged commit was"
            f" removed):  {ACCEPT}\nOtherwise restore the branch:"
            f"  git push --force {self.remote} {update.ref}:{ref}",
        )

    def _versions_taken(self, ref: str, theirs: Mapping[str, str]) -> list[str]:
        """Return the version numbers that each of two ledgers has, as lines of an error."""
        if ref != self.layout.releases_ref:
            return []
        mine, others = (
            {subject.removeprefix("release ") for _, subject in self.git.history.log(tip)}
            for tip in (self.git.refs.find(ref)[ref], theirs[ref])
        )
        found = {f"Taken on {self.remote}": others, "Only in this clone": mine - others}
        return [f"{where}: {', '.join(sorted(names))}." for where, names in found.items() if names]

    def _follow(self, ref: str, new: str, mine: str | None) -> None:
        """Move this clone's branch to the remote's commit, unless it is checked out."""
        if mine == new or ref in self.git.work_tree.checked_out():
            return
        try:
            self.git.refs.update([RefUpdate(ref, new, mine)])
        except RefMovedError:
            return  # another process of this clone has read the remote too, perhaps later
