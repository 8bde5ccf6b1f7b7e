"""Accepting branches of the ledger that were rewritten, or deleted, on the remote.

Every clone refuses a rewrite until a person accepts it. Forcing a branch back is the only way to
remove a forged commit, and also the way to hide a true one; so you have to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfn_release.ledger.git import Git, NotReachedError, RefUpdate
from sfn_release.ledger.layout import Layout


@dataclass(frozen=True)
class Rewrite:
    """A *ref* of the remote that no longer contains *seen*, the tip that this clone saw last.

    *now* is its tip on the remote, None if it was deleted. *dropped* are the commits that it lost,
    newest first.
    """

    ref: str
    seen: str
    now: str | None
    dropped: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"ref": self.ref, "seen": self.seen, "now": self.now, "dropped": list(self.dropped)}


def accept_rewrites(git: Git, layout: Layout) -> list[Rewrite]:
    """Set this clone's copies to the remote's branches, and return the rewritten branches.

    Only this clone changes. Raises NotReachedError when the remote isn't reached, or GitError.
    """
    remote = layout.remote
    if remote is None:
        return []
    copies = layout.copy_ref(layout.base)
    theirs = git.remotes.ls_remote(remote, [f"{layout.base}*"])
    ours = git.refs.find(layout.base, copies)
    known = {layout.original_ref(ref) for ref in ours if ref.startswith(copies)}
    rewrites = []
    for ref in sorted({*theirs, *known}):
        seen, now = ours.get(layout.copy_ref(ref)), theirs.get(ref)
        if seen is None or seen == now or not layout.is_shared(ref):
            continue
        if now is not None:
            git.remotes.fetch_objects(remote, [ref])
            if git.history.commit_id(now) is None:
                raise NotReachedError(f"{ref} of {remote} moved while it was read.")
            if git.history.is_ancestor(seen, now):
                continue
        rewrites.append(Rewrite(ref, seen, now, _dropped(git, seen, now)))
        # The branch moves before its copy: an interruption in between leaves the rewrite findable.
        for moved in (ref, layout.copy_ref(ref)):
            if moved in ours:
                _move(git, moved, ours[moved], now)
    return rewrites


def _dropped(git: Git, seen: str, now: str | None) -> tuple[str, ...]:
    """Return the commits of *seen* that *now* doesn't contain."""
    kept = {commit for commit, _ in git.history.log(now)} if now else set()
    return tuple(commit for commit, _ in git.history.log(seen) if commit not in kept)


def _move(git: Git, ref: str, old: str, now: str | None) -> None:
    if now is None:
        git.refs.delete(ref, old)
    elif old != now:
        git.refs.update([RefUpdate(ref, now, old)])
