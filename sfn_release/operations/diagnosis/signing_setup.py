"""Examines signatures: the allowed signers, and whether your own key is one of theirs."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.ledger.git.signing import SigningError
from sfn_release.ledger.signatures import SignatureVerdict
from sfn_release.ledger.trusted_signers import TrustedSigners
from sfn_release.operations.diagnosis.diagnosis import Diagnosis, Findings
from sfn_release.operations.signature_policy import add_key
from sfn_release.operations.workspace import Workspace

_findings = Findings("signatures")
_IN_CI = (
    "In a pipeline, store the private half of a deploy key as a secret. Write it to a file that"
    " only this job can read, and before sfn-release runs:"
    "  git config gpg.format ssh && git config user.signingkey FILE\n"
    "  The public half belongs in the file of allowed signers. Keyless signing isn't supported."
)


def examine_signing(workspace: Workspace) -> Iterator[Diagnosis]:
    """Yield the diagnoses of a project with signatures; nothing for a project without.

    A trial signature is made, and thrown away.
    """
    project = workspace.project
    if not project.signing and project.allowed_signers is None:
        return
    trusted = None
    if project.allowed_signers is None:
        yield _findings.warning(
            "allowed signers",
            "releases and records are signed, but releases.toml doesn't name the allowed signers",
            'Add  allowed_signers = "release-signers"  under [project], and the file.',
        )
    else:
        found = workspace.ledger.signatures.trusted
        if isinstance(found, TrustedSigners):
            trusted = found
            yield _findings.ok("allowed signers", found.where)
        else:
            yield _findings.error("allowed signers", found)
    yield _own_key(workspace, trusted)


def _own_key(workspace: Workspace, trusted: TrustedSigners | None) -> Diagnosis:
    """Return whether git can sign here, with the key of an allowed signer."""
    needing = [name for name, found in workspace.project.environments.items() if found.signed]
    ci = f"\n  {_IN_CI}" if workspace.runtime.ci is not None else ""
    if not workspace.project.signing:
        message = "nothing is signed here: `signing` is off"
        if needing:
            return _findings.problem(
                "your key",
                f"{message}, and {', '.join(needing)} accepts signed releases only",
                "Set  signing = true  under [project] in releases.toml.",
            )
        return _findings.ok("your key", message)
    try:
        verdict = workspace.ledger.signatures.trial()
    except SigningError as error:
        return _findings.error("your key", error.explained(fix=f"{error.fix}{ci}"))
    if verdict.good:
        return _findings.ok("your key", f"a trial signature is good: {verdict.text}")
    return _not_good(verdict, trusted, ci)


def _not_good(verdict: SignatureVerdict, trusted: TrustedSigners | None, ci: str) -> Diagnosis:
    if trusted is None:
        return _findings.warning(
            "your key",
            "git can sign, but it isn't known whether your key is allowed",
            "Put the file of allowed signers on the protected branch.",
        )
    return _findings.problem(
        "your key", f"a trial signature: {verdict.text}", add_key(trusted) + ci
    )
