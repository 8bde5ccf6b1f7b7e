"""Reading tag objects, also in clones that lack them: a pipeline's clone often has no tags."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.ledger.git.command import checked
from sfn_release.ledger.git.git import Git

_AT_ONCE = 200  # refs in one command; a command line has a maximal length


def tag_texts(git: Git, remote: str | None, tags: Mapping[str, str]) -> dict[str, str]:
    """Return the text of each tag object of *tags* (``{full ref: object id}``).

    The text of a lightweight tag is empty. An object that this clone lacks is fetched from *remote*
    into a scratch repository; without a remote its text is empty too. Raises GitError when the
    remote is not reached.
    """
    found = git.objects.tag_texts([*tags.values()])
    texts = {ref: text for ref, text in zip(tags, found, strict=True) if text is not None}
    missing = {ref: tags[ref] for ref in tags if ref not in texts}
    if remote is not None and missing:
        refs = sorted(missing)
        for start in range(0, len(refs), _AT_ONCE):
            page = {ref: missing[ref] for ref in refs[start : start + _AT_ONCE]}
            texts |= _fetched(git, remote, page)
    return {ref: texts.get(ref, "") for ref in tags}


def _fetched(git: Git, remote: str, tags: Mapping[str, str]) -> dict[str, str]:
    from sfn_release.ledger.git.scratch_repository import scratch_repository

    refspecs = [f"+{ref}:refs/asked/{number}" for number, ref in enumerate(tags)]
    texts = {}
    with scratch_repository(git.repository) as scratch:
        scratch.fetch(remote, refspecs, depth=1)
        for ref, object_id in tags.items():
            text = scratch.run("cat-file", "tag", checked(object_id))
            texts[ref] = text.stdout.decode("utf-8", "replace") if text.returncode == 0 else ""
    return texts
