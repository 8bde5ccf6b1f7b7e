"""The advice for a commit or a tag of the ledger that has no good signature."""

from __future__ import annotations

from sfn_release.ledger import Ledger
from sfn_release.ledger.mirror import ACCEPT
from sfn_release.ledger.signatures import SignatureVerdict

_FORGED = frozenset({"unsigned", "bad"})


def commit_advice(
    ledger: Ledger, verdict: SignatureVerdict, commit: str, *, ref: str, tip: str | None
) -> str:
    """Return the advice for a *commit* of the branch *ref*, whose tip is *tip*.

    History from before signing can be accepted. A commit on top of a good signed one isn't from
    before: an attacker made it, or somebody without a key.
    """
    if verdict.status == "unverifiable":
        return "Make the signature verifiable here, and run this again."
    if verdict.status not in _FORGED:
        return "Find out who pushed it. Don't deploy it."
    good = ledger.signatures.good_before(commit, ref=ref)
    if good is not None:
        return (
            f"Find out who pushed it, and don't deploy it. Signing was on before it: {good[:12]},"
            " below it, has a good signature. To remove it and everything on top of it, cut the"
            f" branch back:\n  {_cut(ledger, ref, good, tip)}"
        )
    if verdict.status == "unsigned":
        return (
            "If it is from before signing was turned on, accept it and everything under it, on the"
            f' protected branch:  unsigned_history = ["{commit}"]'
        )
    return "Find out who pushed it. Don't deploy it."


def _cut(ledger: Ledger, ref: str, good: str, tip: str | None) -> str:
    """Return the command line that cuts a branch back to the commit *good*."""
    if ledger.remote is None:
        return f"git update-ref {ref} {good[:12]}"
    lease = f"--force-with-lease={ref}:{tip[:12]}" if tip else "--force"
    return f"git push {lease} {ledger.remote} {good[:12]}:{ref} && {ACCEPT}"


def tag_advice(verdict: SignatureVerdict, version: str, commit: str | None) -> str:
    """Return the advice for the tag of a release, whose source is *commit* (None: unknown)."""
    if verdict.status == "unverifiable":
        return "Make the signature verifiable here, and run this again."
    if commit is None:
        return "Find out who pushed it. Don't deploy it."
    return (
        "Find out who pushed it. To make it again with your signature:"
        f"  git checkout {commit[:12]} && sfn-release publish {version} --no-deploy"
    )
