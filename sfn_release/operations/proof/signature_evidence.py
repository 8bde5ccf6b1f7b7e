"""Looks up the signatures of a live release: of its ledger commit, its tag, and the record."""

from __future__ import annotations

from sfn_release.errors import PolicyError, SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.trusted_signers import TrustedSigners
from sfn_release.operations.proof.evidence import Evidence
from sfn_release.operations.signature_policy import missing_in_ledger, needs_signatures
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment


def signature_evidence(
    workspace: Workspace,
    environment: Environment,
    snapshot: Snapshot,
    *,
    version: str,
    record: str,
) -> Evidence | None:
    """Return whether allowed signers signed a release and the *record* that names it.

    None for an environment that doesn't need signatures (``signed = true``).
    """
    if not needs_signatures(workspace, environment, snapshot):
        return None
    text = f"the signatures of {version}"
    trusted = workspace.ledger.signatures.trusted
    if not isinstance(trusted, TrustedSigners):
        return Evidence(text, trusted)
    try:
        missing = missing_in_ledger(
            workspace, environment.name, snapshot, version=version, records=[record]
        )
        verdict = workspace.ledger.signatures.of(record)
    except SfnReleaseError as error:
        return Evidence(text, error)
    if missing:
        first = missing[0]
        also = f" {len(missing) - 1} more without a good signature." if missing[1:] else ""
        problem = PolicyError(f"{first.subject}: {first.why}.{also}", fix=first.fix)
        return Evidence(text, problem)
    return Evidence(f"the release, its tag and the record have good signatures; {verdict.text}")
