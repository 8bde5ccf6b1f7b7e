"""Commits that name the tips of the other branches, so that a cut branch is found.

A branch that was deleted or cut back looks in a fresh clone as if it had never been longer. So
every commit of the ledger has a trailer for each other branch, with its tip at that time:

    Seen: env/prod 5d41402abc4b2a76b9719d911017c592a1b2c3d4

A branch that doesn't contain this commit any more has lost it. Commits that no other branch has
seen yet are not protected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sfn_release.errors import TamperedError

TRAILER = "Seen"
_LINE = re.compile(
    rf"^{TRAILER}: (?P<branch>[a-z][a-z0-9/-]*) (?P<commit>[0-9a-f]{{40}}(?:[0-9a-f]{{24}})?)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Sighting:
    """The commit *witness* names *commit* as the tip of *branch* (``env/prod``)."""

    witness: str
    branch: str
    commit: str


def seen_trailers(branches: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the trailers for *branches*, ``{branch: commit}``."""
    return [(TRAILER, f"{branch} {commit}") for branch, commit in sorted(branches.items())]


def sightings(commits: Sequence[str], messages: Iterable[str]) -> Iterator[Sighting]:
    """Yield the sightings in the *messages* of *commits*."""
    for commit, message in zip(commits, messages, strict=True):
        for line in _LINE.finditer(message):
            yield Sighting(commit, line["branch"], line["commit"])


def lost_branches(
    found: Iterable[Sighting],
    refs: Mapping[str, str],
    base: str,
    contains: Callable[[str, str], bool],
    *,
    remote: str | None,
) -> Iterator[tuple[str, TamperedError]]:
    """Yield each ref that is missing or was cut back, with its error.

    *refs* are the ledger's, below *base*; *contains* returns whether an existing branch contains a
    commit. *remote* is where the ledger is, for the advice. Only the first problem of each branch
    is reported.
    """
    checked: set[tuple[str, str]] = set()
    reported: set[str] = set()
    for sighting in found:
        branch, commit = sighting.branch, sighting.commit
        if branch in reported or (branch, commit) in checked:
            continue
        checked.add((branch, commit))
        ref = base + branch
        if ref not in refs:
            reported.add(branch)
            yield ref, _missing(ref, sighting, remote)
        elif not contains(branch, commit):
            reported.add(branch)
            yield ref, _cut_back(ref, sighting, refs[ref], remote)


def _missing(ref: str, sighting: Sighting, remote: str | None) -> TamperedError:
    return TamperedError(
        f"{ref} is missing from the ledger.",
        why=_sighting_text(sighting),
        fix=_restore(ref, sighting, remote),
    )


def _cut_back(ref: str, sighting: Sighting, tip: str, remote: str | None) -> TamperedError:
    return TamperedError(
        f"{ref} was cut back: it no longer contains {sighting.commit[:12]}.",
        why=f"{_sighting_text(sighting)} If you cut it back yourself, cut that commit off too.",
        fix=f"Find out who pushed by force. {_restore(ref, sighting, remote, tip)}",
    )


def _restore(ref: str, sighting: Sighting, remote: str | None, tip: str | None = None) -> str:
    """Return the advice to restore a branch from another clone.

    *tip* is where the branch is now, None if it is missing. Its commits may be no ancestors of the
    lost one, so only a forced push, or fetch, moves it.
    """
    if remote is None:
        forced = "+" if tip else ""
        return f"Fetch it from a clone that saw it:  git fetch CLONE {forced}{ref}:{ref}"
    commit = sighting.commit[:12]
    # A clone that saw the branch may not have its present tip: git wants the lease's whole id then.
    lease = f"--force-with-lease={ref}:{tip} " if tip else ""
    return f"Put it back from a clone that saw it:  git push {lease}{remote} {commit}:{ref}"


def _sighting_text(sighting: Sighting) -> str:
    return f"The commit {sighting.witness[:12]} of the ledger saw it at {sighting.commit[:12]}."
