"""attest: an in-toto statement about a release, or about its deployment to an environment."""

from __future__ import annotations

from sfn_release.errors import NotFoundError
from sfn_release.operations.signature_policy import refuse_unsigned_statement
from sfn_release.operations.workspace import Workspace
from sfn_release.release.attestation import (
    Attestation,
    DeployedRelease,
    SourceRepository,
    attest_deployment,
    attest_release,
)
from sfn_release.release.version import parse_version


def attest(workspace: Workspace, version: str, *, environment: str | None = None) -> Attestation:
    """Return the statement about a release; with an *environment*, about its last deployment there.

    The release is compared with its tag, and the deployment with its release; in a project with
    allowed signers, both must be signed. Raises NotFoundError if the version isn't released, was
    adopted from AWS, or never succeeded in the environment. Raises TamperedError and PolicyError
    too.
    """
    snapshot = workspace.snapshot()
    release = workspace.released(snapshot, parse_version(version))
    if release.manifest.found is not None:
        raise NotFoundError(
            f"{release.version} has no build to attest.",
            why=f"{release.version} was found in {release.manifest.found}, and not built from a"
            " commit.",
        )
    repository = _repository(workspace)
    if environment is None:
        trial = workspace.ledger.releases.is_trial(release.version)
        if not trial:
            refuse_unsigned_statement(workspace, snapshot, release.version, "", None)
        return attest_release(release, repository, trial=trial)
    chosen = workspace.environment(environment)
    deployments = workspace.ledger.deployments
    workspace.ledger.integrity.refuse_lost(snapshot, chosen.name)
    state = deployments.state(snapshot, chosen.name)
    commit = deployments.last_success(state, release.version, release.digest)
    if commit is None:
        raise NotFoundError(
            f"{release.version} was never deployed to {chosen.label}.",
            fix=f"To see what was:  sfn-release history --env {chosen.name}",
        )
    if not chosen.backend.private:
        refuse_unsigned_statement(workspace, snapshot, release.version, chosen.name, commit)
    then = deployments.state_at(chosen.name, commit)
    if then.record is None or then.serving is None:
        raise NotFoundError(f"The deployment of {release.version} has no record of what it sent.")
    forms = workspace.ledger.integrity.proven(snapshot, chosen.name, commit, then.serving)
    deployed = DeployedRelease(then.record, then.serving, forms, commit)
    return attest_deployment(release, deployed, repository)


def _repository(workspace: Workspace) -> SourceRepository:
    """Return where the source is: the ledger's remote, which has the tags of the releases."""
    remote = workspace.ledger.remote
    if remote is None:
        return SourceRepository(None, workspace.folder)
    fetches, _ = workspace.git.remotes.urls(remote)
    return SourceRepository(fetches, workspace.folder)
