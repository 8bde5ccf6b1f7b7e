"""Which signatures an environment with ``signed = true`` misses: the facts for its policy.

Deployments, rollbacks and every other command that writes a record there ask this. Each commit is
checked before a signed commit is put on top of it, so what is under a signed record was checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfn_release.deployment.prepared import PreparedDeployment
from sfn_release.errors import ConfigError, PolicyError, SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git.signing import SigningError
from sfn_release.ledger.tag_checks import TagRefs
from sfn_release.ledger.trusted_signers import ProtectedBranch, TrustedSigners
from sfn_release.operations.signature_advice import commit_advice, tag_advice
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.policy import Refusal, signature_refusals
from sfn_release.plan.policy_facts import MissingSignature
from sfn_release.project import Environment
from sfn_release.release.version import is_found


def needs_signatures(workspace: Workspace, environment: Environment, snapshot: Snapshot) -> bool:
    """Return whether an environment accepts signed releases and records only.

    The protected branch may say so too: a commit that is judged can't take the condition away.
    """
    if environment.signed:
        return True
    if environment.backend.private:
        return False  # its records stay in this clone, and the remote isn't asked
    if not has_signers(workspace, snapshot):
        return False
    branch = workspace.ledger.signatures.protected
    if not isinstance(branch, ProtectedBranch):
        return isinstance(branch, ConfigError)  # a broken releases.toml takes nothing away
    there = branch.project.environments.get(environment.name)
    return there is not None and there.signed


def has_signers(workspace: Workspace, snapshot: Snapshot) -> bool:
    """Return whether the project has allowed signers, here or on the protected branch.

    That branch is only read if the ledger has signatures. The work tree may be older than they are.
    """
    if workspace.project.allowed_signers is not None:
        return True
    ledger = workspace.ledger
    tips = [tip for ref, tip in snapshot.refs.items() if ledger.layout.is_public(ref)]
    if not ledger.signatures.signed(tips):
        return False
    branch = ledger.signatures.protected
    if isinstance(branch, ProtectedBranch):
        return branch.project.allowed_signers is not None
    return isinstance(branch, ConfigError)


def missing_signatures(
    workspace: Workspace,
    environment: Environment,
    snapshot: Snapshot,
    *,
    version: str | None = None,
    records: Sequence[str | None] = (),
) -> tuple[MissingSignature, ...]:
    """Return which signatures are missing; nothing where none are needed.

    *version* is the release that is deployed, None for the work tree or for no release. *records*
    are the commits of the environment's branch that the command reads or builds on.
    """
    if not needs_signatures(workspace, environment, snapshot):
        return ()
    trusted = workspace.ledger.signatures.trusted
    if not isinstance(trusted, TrustedSigners):
        return (_unknown(trusted), *_own(workspace, None))
    return tuple(
        missing
        for found in (
            _own(workspace, trusted),
            _yanks(workspace, snapshot),
            missing_in_ledger(
                workspace,
                environment.name,
                snapshot,
                version=version,
                records=[commit for commit in records if commit],
            ),
        )
        for missing in found
    )


def missing_in_ledger(
    workspace: Workspace,
    environment: str,
    snapshot: Snapshot,
    *,
    version: str | None,
    records: Sequence[str],
) -> tuple[MissingSignature, ...]:
    """Return which signatures a release and records of an environment miss, needed or not."""
    return (
        *(_release(workspace, snapshot, version) if version else ()),
        *_records(workspace, environment, snapshot, records),
    )


def refuse_unsigned(
    workspace: Workspace,
    environment: Environment,
    snapshot: Snapshot,
    subject: str,
    *,
    version: str | None = None,
    records: Sequence[str | None] = (),
) -> None:
    """Raise PolicyError when signatures are missing for what *subject* names: ``a rollback to 1``.

    There is no override: use it where a command takes none.
    """
    missing = missing_signatures(workspace, environment, snapshot, version=version, records=records)
    if missing:
        raise unsigned_error(environment.name, subject, tuple(signature_refusals(missing)))


def refuse_unsigned_statement(
    workspace: Workspace, snapshot: Snapshot, version: str, environment: str, record: str | None
) -> None:
    """Raise PolicyError when signatures are missing for what a statement would vouch for.

    That is a release, and with a *record*, its deployment to the *environment*. Projects without
    allowed signers need none.
    """
    if not has_signers(workspace, snapshot):
        return
    trusted = workspace.ledger.signatures.trusted
    missing: tuple[MissingSignature, ...] = ()
    if not isinstance(trusted, TrustedSigners):
        missing = (_unknown(trusted),)
    else:
        records = [record] if record else []
        missing = missing_in_ledger(
            workspace, environment, snapshot, version=version, records=records
        )
    if missing:
        raise PolicyError(
            f"{version} can't be attested: a signature is missing.",
            why="\n".join(f"{found.subject}: {found.why}" for found in missing),
            fix=missing[0].fix,
        )


def rollback_refusals(
    workspace: Workspace, environment: Environment, prepared: PreparedDeployment
) -> tuple[Refusal, ...]:
    """Return why signatures stop a rollback: of its release, its record, or the last record."""
    snapshot = prepared.basis.snapshot
    if prepared.nothing_to_do or not needs_signatures(workspace, environment, snapshot):
        return ()
    state, target = prepared.basis.state, prepared.target
    ran = workspace.ledger.deployments.last_success(state, target.called, target.release_digest)
    missing = missing_signatures(
        workspace,
        environment,
        snapshot,
        version=target.version,
        records=[state.tip, ran],
    )
    return tuple(signature_refusals(missing))


def unsigned_error(environment: str, subject: str, found: Sequence[Refusal]) -> PolicyError:
    """Return the error that shows all refusals at once."""
    return PolicyError(
        f"{subject} isn't possible in {environment}: blocked by a policy.",
        why="\n".join(str(refusal) for refusal in found).replace("\n", "\n  "),
        fix="Find every commit without a good signature:  sfn-release verify",
    )


def refuse_unsigned_yanks(workspace: Workspace, snapshot: Snapshot) -> None:
    """Raise PolicyError when the present yanks aren't signed, and an environment needs that."""
    environments = workspace.project.environments.values()
    needing = [found for found in environments if needs_signatures(workspace, found, snapshot)]
    if needing:
        refuse_unsigned(workspace, needing[0], snapshot, "A change of the yanked releases")


def _own(workspace: Workspace, trusted: TrustedSigners | None) -> Iterator[MissingSignature]:
    """Yield why your own records wouldn't be signed by an allowed signer."""
    if not workspace.project.signing:
        yield MissingSignature(
            "your records", "nothing is signed here", "Set  signing = true  under [project]."
        )
        return
    try:
        verdict = workspace.ledger.signatures.trial()
    except SigningError as error:
        in_ci = "\nWhat a pipeline needs:  sfn-release doctor" if workspace.runtime.ci else ""
        yield MissingSignature("your records", _words(error), f"{error.fix}{in_ci}")
        return
    if trusted is not None and not verdict.good:
        yield MissingSignature("your records", verdict.text, add_key(trusted))


def add_key(trusted: TrustedSigners) -> str:
    """Return the advice to add a key to the allowed signers."""
    return f"Add your public key to {trusted.where}."


def _release(workspace: Workspace, snapshot: Snapshot, version: str) -> Iterator[MissingSignature]:
    """Yield whether a release's ledger commit and its tag aren't signed. Both may not exist yet."""
    ledger = workspace.ledger
    commit, ref = ledger.releases.branch_commit(snapshot, version), ledger.layout.releases_ref
    pinned, accepted = False, True
    if commit is not None:
        verdict = ledger.signatures.of_all([commit], ref=ref)[commit]
        pinned = verdict.pinned
        if not verdict.accepted:
            subject = f"the release {version} ({commit[:12]})"
            advice = commit_advice(ledger, verdict, commit, ref=ref, tip=snapshot.refs.get(ref))
            yield MissingSignature(subject, verdict.text, advice)
            accepted = False
    if is_found(version):
        return
    shared = ledger.integrity.knows_tags(snapshot)
    tag = ledger.layout.tag_ref(version)
    refs = TagRefs(workspace.git.refs.find(tag), snapshot.tags, ledger.remote).of(shared=shared)
    if tag in refs and not pinned:
        verdict = ledger.signatures.of_tags({tag: refs[tag]})[tag]
        if not verdict.good:
            manifest = ledger.releases.manifest(snapshot, version) if accepted else None
            advice = tag_advice(verdict, version, manifest.commit if manifest else None)
            subject = f"the tag {ledger.layout.tag_name(version)}"
            yield MissingSignature(subject, verdict.text, advice)


def _records(
    workspace: Workspace, environment: str, snapshot: Snapshot, commits: Sequence[str]
) -> Iterator[MissingSignature]:
    """Yield which commits of an environment's branch aren't signed."""
    ledger = workspace.ledger
    ref = ledger.layout.env_ref(environment)
    for commit, verdict in ledger.signatures.of_all(commits, ref=ref).items():
        if not verdict.accepted:
            advice = commit_advice(ledger, verdict, commit, ref=ref, tip=snapshot.refs.get(ref))
            subject = f"the record {commit[:12]} of {environment}"
            yield MissingSignature(subject, verdict.text, advice)


def _yanks(workspace: Workspace, snapshot: Snapshot) -> Iterator[MissingSignature]:
    """Yield whether the yanks aren't signed."""
    ledger, ref = workspace.ledger, workspace.ledger.layout.yanks_ref
    tip = snapshot.refs.get(ref)
    if tip is not None:
        verdict = ledger.signatures.of_all([tip], ref=ref)[tip]
        if not verdict.accepted:
            advice = commit_advice(ledger, verdict, tip, ref=ref, tip=tip)
            subject = f"the list of yanked releases ({tip[:12]})"
            yield MissingSignature(subject, verdict.text, advice)


def _unknown(error: SfnReleaseError) -> MissingSignature:
    return MissingSignature("the allowed signers are unknown", _words(error), error.fix)


def _words(error: SfnReleaseError) -> str:
    """Return an error in one line."""
    return " ".join(f"{error.message} {error.why}".split()).rstrip(".")
