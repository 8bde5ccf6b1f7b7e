"""Reads the notes of releases from their tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sfn_release.ledger import Ledger, Snapshot
from sfn_release.ledger.layout import TAGS

_DIGEST = "Release digest: "


def read_notes(ledger: Ledger, snapshot: Snapshot, tags: Sequence[str]) -> Mapping[str, str]:
    """Return the notes in the messages of *tags*; "" for a tag without notes, or a lost one.

    Tags that this clone lacks are fetched into a scratch repository. Raises GitError when the
    remote is not reached.
    """
    from sfn_release.ledger.git.tag_objects import tag_texts

    here = ledger.git.refs.find(TAGS)
    known = {**here, **snapshot.tags}
    wanted = {TAGS + tag: known[TAGS + tag] for tag in tags if TAGS + tag in known}
    remote = None if snapshot.warning else ledger.remote
    texts = tag_texts(ledger.git, remote, wanted)
    return {ref.removeprefix(TAGS): notes_in(text) for ref, text in texts.items()}


def notes_in(tag_text: str) -> str:
    """Return the notes in the text of a tag object: its message without heading and digests.

    A signature after the message is left out, too. A tag that a person made has no digests: its
    whole message counts.
    """
    message = tag_text.partition("\n\n")[2]
    for mark in ("-----BEGIN PGP SIGNATURE-----", "-----BEGIN SSH SIGNATURE-----"):
        message = message.partition(f"\n{mark}")[0]
    before, found, _ = message.rpartition(f"\n{_DIGEST}")
    if not found:
        return message.strip()
    return before.partition("\n")[2].strip()
