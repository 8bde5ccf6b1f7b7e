"""The tags that releases have, or are to get: annotated, on the source commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sfn_release.errors import ConflictError
from sfn_release.ledger.git import RefUpdate
from sfn_release.ledger.release_history import LedgerReader
from sfn_release.release.release import Manifest


def tag_updates(
    ledger: LedgerReader, releases: Sequence[Manifest], notes: Mapping[str, str], *, at: datetime
) -> list[RefUpdate]:
    """Return the updates that make the tags which are missing, with *notes* by version.

    A tag that a person made on this very commit is taken as it is, signed or lightweight. A release
    of what was found gets none. Raises
    ConflictError when one stands on another commit, on the remote or here.
    """
    releases = [one for one in releases if one.found is None]  # it is made from no commit
    names = {one.version: f"refs/tags/{ledger.tag_name(one.version)}" for one in releases}
    if not names:
        return []
    here = ledger.git.refs.find(*names.values())
    there = here
    if ledger.remote is not None:
        wanted = [name for ref in names.values() for name in (ref, ref + "^{}")]
        there = ledger.git.remotes.ls_remote(ledger.remote, wanted)
        _refuse(ledger, releases, there, ledger.remote)
    _refuse(ledger, releases, here, "this clone")
    return [
        RefUpdate(ref, here.get(ref) or _make(ledger, one, notes.get(one.version, ""), at), None)
        for one in releases
        if (ref := names[one.version]) not in there
    ]


def refuse_elsewhere(ledger: LedgerReader, releases: Sequence[Manifest]) -> None:
    """Raise ConflictError when this clone has a release's tag on another commit."""
    releases = [one for one in releases if one.found is None]
    if not releases:
        return
    refs = [f"refs/tags/{ledger.tag_name(one.version)}" for one in releases]
    _refuse(ledger, releases, ledger.git.refs.find(*refs), "this clone")


def _refuse(
    ledger: LedgerReader, releases: Sequence[Manifest], refs: Mapping[str, str], where: str
) -> None:
    """Raise ConflictError when a release's tag among *refs* stands on another commit."""
    wrong = []
    for one in releases:
        ref = f"refs/tags/{ledger.tag_name(one.version)}"
        found = refs.get(ref + "^{}") or refs.get(ref)
        if found not in (None, one.commit):
            wrong.append((ledger.tag_name(one.version), found, one.commit))
    if not wrong:
        return
    names = ", ".join(name for name, _, _ in wrong)
    what = f"The tag {names} exists" if len(wrong) == 1 else f"The tags {names} exist"
    raise ConflictError(
        f"{what} in {where} on another commit.",
        why="\n  ".join(
            f"{name} stands on {found[:12] if found else found}, the release is of {commit[:12]}."
            for name, found, commit in wrong
        ),
        fix="A release's tag names its source. Release under another version, or delete"
        " that tag if it was made by mistake.",
    )


def _make(ledger: LedgerReader, release: Manifest, notes: str, at: datetime) -> str:
    entries = release.workflows.items()
    digests = "".join(f"{entry.digest}  {workflow}\n" for workflow, entry in entries)
    text = (
        f"{ledger.project} {release.version}\n\n"
        + (f"{notes.strip()}\n\n" if notes.strip() else "")
        + f"Release digest: {release.release_digest}\n{digests}"
    )
    name = ledger.tag_name(release.version)
    return ledger.git.objects.write_tag(
        name, release.commit, text, by=ledger.git.repository.identity, at=at
    )
