"""Commits by hand on the ledger's branches, as an attacker or a careless colleague makes them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

import pytest

from sfn_release.ledger.git import Git
from support.git import GIT
from support.shop import Shop


def forge(shop: Shop, ref: str, files: Mapping[str, str | bytes | None], message: str) -> str:
    """Put a hand-made commit on *ref*: its files, changed by *files* (None takes one away)."""
    git = Git.open(shop.root)
    tip = git.refs.find(ref).get(ref)
    index = shop.root / ".git" / "forged-index"
    index.unlink(missing_ok=True)
    environment = {"GIT_INDEX_FILE": str(index)}
    write_blobs = git.objects.write_blobs
    listing = "\0".join(
        f"{_GONE if content is None else f'100644 {write_blobs([_bytes(content)])[0]}'}\t{path}"
        for path, content in files.items()
    )
    # The engine takes GIT_INDEX_FILE out of the environment, so git is run here directly.
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        if tip:
            shop.git("read-tree", tip)
        subprocess.run(
            [*GIT, "update-index", "-z", "--index-info"],
            cwd=shop.root,
            input=(listing + "\0").encode(),
            check=True,
        )
        tree = shop.git("write-tree")
    index.unlink()
    parents = ["-p", tip] if tip else []
    commit = shop.git("commit-tree", tree, *parents, "-m", message)
    shop.git("update-ref", ref, commit)
    return commit


_GONE = "0 " + "0" * 40


def _bytes(content: str | bytes | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""
