"""Reading tag objects, in clones that lack them: a pipeline's clone is shallow and without tags."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from sfn_release.ledger.git import WRITING, Git
from sfn_release.ledger.git.ancestry import settings
from sfn_release.ledger.git.command import checked

_AT_ONCE = 200  # refs that one command is asked for; a command line has an end


def tag_texts(git: Git, remote: str | None, tags: Mapping[str, str]) -> dict[str, str]:
    """Return the text of each tag object of *tags* (``{full ref: object id}``).

    A lightweight tag has none: its text is empty. An object that this clone lacks is fetched from
    *remote* into a scratch repository, with its commit alone, so that the clone stays as it is;
    without a remote its text is empty too. Raises GitError when the remote is not reached.
    """
    found = git.tag_texts([*tags.values()])
    texts = {ref: text for ref, text in zip(tags, found, strict=True) if text is not None}
    missing = {ref: tags[ref] for ref in tags if ref not in texts}
    if remote is not None and missing:
        refs = sorted(missing)
        for start in range(0, len(refs), _AT_ONCE):
            page = {ref: missing[ref] for ref in refs[start : start + _AT_ONCE]}
            texts |= _fetched(git, remote, page)
    return {ref: texts.get(ref, "") for ref in tags}


def _fetched(git: Git, remote: str, tags: Mapping[str, str]) -> dict[str, str]:
    with tempfile.TemporaryDirectory(prefix="sfn-release-") as folder:
        scratch = f"--git-dir={git.scratch_repository(Path(folder))}"
        environ = settings(git)
        git.ok_remotely(
            remote, scratch, *WRITING,
            "fetch", "--no-tags", "--no-write-fetch-head", "--refmap=",
            "--quiet", "--recurse-submodules=no", "--depth=1", "--filter=tree:0",
            "--", remote, *(f"+{ref}:refs/asked/{number}" for number, ref in enumerate(tags)),
            env=environ,
        )  # fmt: skip
        texts = {}
        for ref, object_id in tags.items():
            text = git.run(scratch, "cat-file", "tag", checked(object_id), env=environ)
            texts[ref] = text.stdout.decode("utf-8", "replace") if text.returncode == 0 else ""
        return texts
