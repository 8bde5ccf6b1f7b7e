"""The commits of the ledger that no earlier `verify` of this clone has verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfn_release import __version__
from sfn_release.ledger import Ledger, Snapshot
from sfn_release.ledger.verified_tips import VerifiedTip

_RULES = 1  # of `verify`: a higher number makes every clone verify everything again


@dataclass(frozen=True)
class UnverifiedCommits:
    """The commits to verify, oldest first, by *ref*.

    *verified* are the tips before them, of the branches that were in order up to there.
    """

    commits: Mapping[str, list[str]]
    verified: Mapping[str, VerifiedTip]


def unverified_commits(
    ledger: Ledger, snapshot: Snapshot, remembered: Mapping[str, VerifiedTip]
) -> UnverifiedCommits:
    """Return the commits that follow the *remembered* tips; every commit if a branch lost its tip.

    Branches mention each other's commits. So one branch that was rewritten, or is missing, makes
    all of them unverified.
    """
    history, refs = ledger.git.history, verified_refs(ledger, snapshot)
    lines = {
        ref: history.line(refs[ref], tip.commit) if ref in refs else None
        for ref, tip in remembered.items()
    }
    verified = {ref: tip for ref, tip in remembered.items() if tip.in_order}
    if None in lines.values():
        lines, verified = {}, {}
    commits = {
        ref: line
        if ref in verified and (line := lines[ref]) is not None
        else [commit for commit, _ in history.log(tip)][::-1]
        for ref, tip in refs.items()
    }
    return UnverifiedCommits(commits, verified)


def verified_refs(ledger: Ledger, snapshot: Snapshot) -> dict[str, str]:
    """Return the branches that are verified commit by commit, with their tips."""
    starts = ledger.layout.base, ledger.layout.private_env_ref("")
    return {ref: tip for ref, tip in sorted(snapshot.refs.items()) if ref.startswith(starts)}


def verification_context(ledger: Ledger, snapshot: Snapshot) -> dict[str, object]:
    """Return everything that a verdict depends on, besides the commits of the branches."""
    layout = ledger.layout
    return {
        "rules": _RULES,
        "sfn_release": __version__,
        "project": layout.project,
        "prefix": layout.prefix,
        "tag": layout.tag,
        "remote": layout.remote,
        "private": sorted(layout.private),
        "trials": dict(sorted(snapshot.trials.items())),
        "yielded": dict(sorted(snapshot.yielded.items())),
    }
