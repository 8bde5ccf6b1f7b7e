"""Accepting that branches of the ledger were rewritten, or deleted, on the remote.

A rewrite is refused everywhere until a person accepts it. That is deliberate: forcing a branch back
is the one way to remove a forged commit, and also the way to hide a true one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sfn_release.ledger.branches import LedgerRefs
from sfn_release.ledger.git import NotReachedError, RefUpdate


@dataclass(frozen=True)
class Rewrite:
    """A *ref* of the remote that no longer contains *seen*, its tip as this clone saw it last.

    *now* is its tip on the remote, None where it was deleted. *dropped* are the commits that it
    lost, newest first.
    """

    ref: str
    seen: str
    now: str | None
    dropped: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"ref": self.ref, "seen": self.seen, "now": self.now, "dropped": list(self.dropped)}


def accept(ledger: LedgerRefs) -> list[Rewrite]:
    """Take the remote's branches as they are now, and return those that were rewritten.

    Changes this clone's copies only. Raises NotReachedError, or GitError.
    """
    if ledger.remote is None:
        return []
    git, remote = ledger.git, ledger.remote
    theirs = git.remotes.ls_remote(remote, [f"{ledger.inside}*"])
    ours = git.refs.find(ledger.inside, ledger.seen_ref(ledger.inside))
    found = []
    for ref in sorted({*theirs, *_seen(ledger, ours)}):
        seen, now = ours.get(ledger.seen_ref(ref)), theirs.get(ref)
        if seen is None or seen == now or not ledger.shared(ref):
            continue
        if now is not None:
            git.remotes.fetch_objects(remote, [ref])
            if git.history.commit_id(now) is None:
                raise NotReachedError(f"{ref} of {remote} moved while it was read.")
            if git.history.is_ancestor(seen, now):
                continue
        found.append(Rewrite(ref, seen, now, _dropped(ledger, seen, now)))
        # This clone's own branch first: stopped in between, the rewrite is found again.
        for copy in (ref, ledger.seen_ref(ref)):
            if copy in ours:
                _move(ledger, copy, ours[copy], now)
    return found


def _dropped(ledger: LedgerRefs, seen: str, now: str | None) -> tuple[str, ...]:
    kept = {commit for commit, _ in ledger.git.history.log(now)} if now else set()
    return tuple(commit for commit, _ in ledger.git.history.log(seen) if commit not in kept)


def _move(ledger: LedgerRefs, copy: str, old: str, now: str | None) -> None:
    if now is None:
        ledger.git.refs.delete(copy, old)
    elif old != now:
        ledger.git.refs.update([RefUpdate(copy, now, old)])


def _seen(ledger: LedgerRefs, ours: dict[str, str]) -> set[str]:
    """Return the refs of the remote that this clone has a copy of."""
    start = ledger.seen_ref(ledger.inside)
    return {ledger.on_remote(ref) for ref in ours if ref.startswith(start)}
