"""Reads the notes of releases: from their tags, or from the source commits of local trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sfn_release.ledger import Ledger, Snapshot
from sfn_release.ledger.layout import TAGS
from sfn_release.operations.release_notes import CHANGELOG, notes_section
from sfn_release.operations.workspace import Workspace
from sfn_release.release.manifest import Manifest

_DIGEST = "Release digest: "
_SIGNATURES: Final[Mapping[Literal["SSH", "PGP"], str]] = {
    "SSH": "-----BEGIN SSH SIGNATURE-----",
    "PGP": "-----BEGIN PGP SIGNATURE-----",
}


@dataclass(frozen=True)
class TagFacts:
    """What a tag says: the notes, and the kind of signature that it carries, "" for none."""

    notes: str = ""
    signature: Literal["", "SSH", "PGP"] = ""


def recorded_notes(
    workspace: Workspace, snapshot: Snapshot, manifests: Sequence[Manifest]
) -> Mapping[str, TagFacts]:
    """Return the notes and signatures of releases by version.

    A local trial has no tag yet: its notes are the ones that its tag will get, from CHANGELOG.md in
    its source commit. Raises GitError when the remote is not reached.
    """
    ledger = workspace.ledger
    trials = [
        manifest
        for manifest in manifests
        if ledger.remote is not None and manifest.version in snapshot.trials and not manifest.found
    ]
    path = workspace.inside(CHANGELOG)
    files = workspace.git.objects.read_many([(manifest.commit, path) for manifest in trials])
    found = {
        manifest.version: TagFacts(
            notes_section((content or b"").decode("utf-8", "replace"), manifest.version) or ""
        )
        for manifest, content in zip(trials, files, strict=True)
    }
    tagged = [manifest for manifest in manifests if manifest.version not in found]
    tags = _read_tags(ledger, snapshot, [manifest.tag for manifest in tagged])
    return {
        **{manifest.version: tags.get(manifest.tag, TagFacts()) for manifest in tagged},
        **found,
    }


def _read_tags(ledger: Ledger, snapshot: Snapshot, tags: Sequence[str]) -> Mapping[str, TagFacts]:
    """Return the facts in the messages of *tags*; a lost tag has none.

    Tags that this clone lacks are fetched into a scratch repository. Raises GitError when the
    remote is not reached.
    """
    from sfn_release.ledger.git.tag_objects import tag_texts

    here = ledger.git.refs.find(TAGS)
    known = {**here, **snapshot.tags}
    wanted = {TAGS + tag: known[TAGS + tag] for tag in tags if TAGS + tag in known}
    remote = None if snapshot.warning else ledger.remote
    texts = tag_texts(ledger.git, remote, wanted)
    return {
        ref.removeprefix(TAGS): TagFacts(notes_in(text), signature_in(text))
        for ref, text in texts.items()
    }


def signature_in(tag_text: str) -> Literal["", "SSH", "PGP"]:
    """Return the kind of signature at the end of a tag object's text. It isn't verified."""
    return next((kind for kind, mark in _SIGNATURES.items() if f"\n{mark}" in tag_text), "")


def notes_in(tag_text: str) -> str:
    """Return the notes in the text of a tag object: its message without heading and digests.

    A signature after the message is left out, too. A tag that a person made has no digests: its
    whole message counts.
    """
    message = tag_text.partition("\n\n")[2]
    for mark in _SIGNATURES.values():
        message = message.partition(f"\n{mark}")[0]
    before, found, _ = message.rpartition(f"\n{_DIGEST}")
    if not found:
        return message.strip()
    return before.partition("\n")[2].strip()
