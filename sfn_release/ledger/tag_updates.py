"""Making the tags of releases: annotated, on the source commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sfn_release.errors import ConflictError
from sfn_release.ledger.git import Git, RefUpdate
from sfn_release.ledger.layout import Layout
from sfn_release.release.manifest import Manifest


def tag_updates(
    git: Git,
    layout: Layout,
    releases: Sequence[Manifest],
    notes: Mapping[str, str],
    *,
    at: datetime,
    sign: bool = False,
) -> list[RefUpdate]:
    """Return the ref updates that make the missing tags, with *notes* by version.

    With *sign*, these tags are signed.
    If you made a tag on the right commit before, it stays as it is, signed or lightweight. Releases
    of state machines found in AWS get no tag. Raises ConflictError when a tag is on another commit,
    on the remote or in this clone.
    """
    refs = {
        layout.tag_ref(manifest.version): manifest for manifest in releases if not manifest.found
    }
    if not refs:
        return []
    local_refs = remote_refs = git.refs.find(*refs)
    if layout.remote is not None:
        wanted = [name for ref in refs for name in (ref, ref + "^{}")]
        remote_refs = git.remotes.ls_remote(layout.remote, wanted)
        _refuse(layout, refs, remote_refs, layout.remote)
    _refuse(layout, refs, local_refs, "this clone")
    return [
        RefUpdate(
            ref,
            local_refs.get(ref)
            or make_tag(git, layout, manifest, notes.get(manifest.version, ""), at=at, sign=sign),
            None,
        )
        for ref, manifest in refs.items()
        if ref not in remote_refs
    ]


def refuse_elsewhere(git: Git, layout: Layout, releases: Sequence[Manifest]) -> None:
    """Raise ConflictError when this clone has a release's tag on another commit."""
    refs = {
        layout.tag_ref(manifest.version): manifest for manifest in releases if not manifest.found
    }
    if refs:
        _refuse(layout, refs, git.refs.find(*refs), "this clone")


def _refuse(
    layout: Layout, releases: Mapping[str, Manifest], refs: Mapping[str, str], where: str
) -> None:
    """Raise ConflictError when a tag of *releases* is on another commit in *refs*."""
    wrong = []
    for ref, manifest in releases.items():
        found = refs.get(ref + "^{}") or refs.get(ref)
        if found is not None and found != manifest.commit:
            wrong.append((layout.tag_name(manifest.version), found, manifest.commit))
    if not wrong:
        return
    names = ", ".join(name for name, _, _ in wrong)
    subject = f"The tag {names} exists" if len(wrong) == 1 else f"The tags {names} exist"
    raise ConflictError(
        f"{subject} in {where} on another commit.",
        why="\n  ".join(
            f"{name} is on {found[:12]}, and the release was made from {commit[:12]}."
            for name, found, commit in wrong
        ),
        fix="A release's tag names its source. Release under another version, or delete"
        " that tag if it was made by mistake.",
    )


def make_tag(
    git: Git, layout: Layout, release: Manifest, notes: str, *, at: datetime, sign: bool
) -> str:
    """Store the tag object of a release and return its id."""
    digests = "".join(
        f"{entry.digest}  {workflow}\n" for workflow, entry in release.workflows.items()
    )
    text = (
        f"{layout.project} {release.version}\n\n"
        + (f"{notes.strip()}\n\n" if notes.strip() else "")
        + f"Release digest: {release.release_digest}\n{digests}"
    )
    name, by = layout.tag_name(release.version), git.repository.identity
    return git.objects.write_tag(name, release.commit, text, by=by, at=at, sign=sign)
