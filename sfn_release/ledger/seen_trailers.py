"""Branches of the ledger as other branches saw them.

A branch that was deleted, or cut back, looks in a fresh clone as if it had never been longer. So
every commit of the ledger says where the other branches were when it was written, one line each:

    Seen: env/prod 5d41402abc4b2a76b9719d911017c592a1b2c3d4

A branch that does not hold such a commit any more has lost it. What was written after the last
commit of every other branch has no witness yet.
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
class Sight:
    """A *witness*, the id of a commit, saw the *branch* (``env/prod``) at *commit*."""

    witness: str
    branch: str
    commit: str


def seen_lines(branches: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the trailers for *branches*, ``{branch: commit}``."""
    return [(TRAILER, f"{branch} {commit}") for branch, commit in sorted(branches.items())]


def sights(commits: Sequence[str], messages: Iterable[str]) -> Iterator[Sight]:
    """Yield everything that *commits*, which have these *messages*, saw."""
    for commit, message in zip(commits, messages, strict=True):
        for line in _LINE.finditer(message):
            yield Sight(commit, line["branch"], line["commit"])


def lost(
    found: Iterable[Sight],
    refs: Mapping[str, str],
    start: str,
    holds: Callable[[str, str], bool],
) -> Iterator[tuple[str, TamperedError]]:
    """Yield each branch that is not there, or not what it was, with what is wrong with it.

    *refs* are the ledger's, below *start*; *holds* says whether a branch that is there still holds
    a commit. Of each branch the first problem is named.
    """
    passed: set[tuple[str, str]] = set()
    named: set[str] = set()
    for sight in found:
        branch, commit = sight.branch, sight.commit
        if branch in named or (branch, commit) in passed:
            continue
        passed.add((branch, commit))
        ref = start + branch
        why = f"The commit {sight.witness[:12]} of the ledger saw it at {commit[:12]}."
        if ref not in refs:
            named.add(branch)
            yield (
                ref,
                TamperedError(
                    f"{ref} is missing from the ledger.",
                    why=why,
                    fix="Put it back from a clone that saw it:  git push origin"
                    f" {commit[:12]}:{ref}",
                ),
            )
        elif not holds(branch, commit):
            named.add(branch)
            yield (
                ref,
                TamperedError(
                    f"{ref} was cut back: it no longer holds {commit[:12]}.",
                    why=why,
                    fix="Find out who pushed by force. Put it back from a clone that saw it:"
                    f"  git push origin {commit[:12]}:{ref}",
                ),
            )
