"""Making the tag of a release again, where it was moved or lost its signature."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.errors import PolicyError
from sfn_release.ledger import Ledger, Snapshot
from sfn_release.ledger.git import RefUpdate
from sfn_release.ledger.tag_checks import TagRefs, target
from sfn_release.ledger.tag_updates import make_tag
from sfn_release.operations.release_notes import release_notes
from sfn_release.operations.signature_advice import commit_advice
from sfn_release.operations.signature_policy import has_signers
from sfn_release.operations.workspace import Workspace
from sfn_release.release.release import Release


def repair_tag(workspace: Workspace, snapshot: Snapshot, release: Release) -> None:
    """Put the tag of a *release* of the ledger right, on the remote and in this clone.

    Call it after the release was built again with the same content. A tag on another commit is
    wrong, and, where signatures count, one without a good signature. A missing one is none of our
    business: `publish` makes it anyway. This clone's tag is used if it is right.

    Raises PolicyError when the release itself has no good signature.
    """
    ledger, manifest = workspace.ledger, release.manifest
    if manifest.found or (ledger.remote is not None and manifest.version in snapshot.trials):
        return
    shared = ledger.integrity.knows_tags(snapshot)
    ref = ledger.layout.tag_ref(manifest.version)
    tags = TagRefs(workspace.git.refs.find(ref), snapshot.tags, ledger.remote)
    signed = workspace.project.signing and has_signers(workspace, snapshot)
    refs = tags.of(shared=shared)

    def right(known: Mapping[str, str]) -> bool:
        """Return whether the tag in *known* is on its commit, and signed if need be."""
        if target(known, ref) != manifest.commit:
            return False
        return not signed or ledger.signatures.of_tags({ref: known[ref]})[ref].good

    if ref not in refs or right(refs):
        return
    if signed:
        _refuse_unsigned(ledger, snapshot, release)
    new = tags.here[ref] if right(tags.here) else _made(workspace, release)
    remote = ledger.remote if shared else None
    ledger.commits.move([RefUpdate(ref, new, refs[ref])], remote=remote)
    at = target(refs, ref) or ""
    workspace.runtime.watcher.say(
        f"The tag {manifest.tag} was on {at[:12]}: it is made again on {manifest.commit[:12]}"
        if at != manifest.commit
        else f"The tag {manifest.tag} had no good signature: it is made again"
    )


def _made(workspace: Workspace, release: Release) -> str:
    """Store the tag object of a release, and return its id."""
    ledger = workspace.ledger
    return make_tag(
        workspace.git,
        ledger.layout,
        release.manifest,
        release_notes(workspace.project.root, release.version) or "",
        at=workspace.runtime.now(),
        sign=ledger.commits.sign,
    )


def _refuse_unsigned(ledger: Ledger, snapshot: Snapshot, release: Release) -> None:
    """Raise PolicyError when a release isn't signed itself: its tag would vouch for it."""
    ref = ledger.layout.releases_ref
    commit = ledger.releases.branch_commit(snapshot, release.version)
    if commit is None:
        return
    verdict = ledger.signatures.of_all([commit], ref=ref)[commit]
    if not verdict.accepted:
        raise PolicyError(
            f"The tag of {release.version} isn't made again: the release isn't signed.",
            why=f"{commit[:12]}: {verdict.text}.",
            fix=commit_advice(ledger, verdict, commit, ref=ref, tip=snapshot.refs.get(ref)),
        )
