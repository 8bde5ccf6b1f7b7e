"""Telling which branch of a remote holds a commit, in whatever clone that is asked.

A clone of a pipeline is shallow, detached and without branches. What its history lacks is fetched
into a scratch repository, so that the clone's own history is neither cut nor grown.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from sfn_release.errors import GitError
from sfn_release.ledger.git import WRITING, Git
from sfn_release.ledger.git.command import checked

_DEPTHS = (100, 2_000, 2**31 - 1)  # commits of history that are fetched; git takes the last for all
_SCOPES = {"local", "worktree", "command"}
_OWN = ("core.bare", "core.worktree", "core.repositoryformatversion", "extensions.", "include")


def holder(git: Git, remote: str | None, tips: Mapping[str, str], commit: str) -> str | None:
    """Return one of *tips* (``{full ref: commit}``) whose history holds *commit*, None for none.

    The tips are those of *remote*, or of this clone for None. Raises GitError when it cannot be
    told: what is missing cannot be fetched, or was never there.
    """
    for ref, tip in tips.items():
        if commit == tip or git.is_ancestor(commit, tip):
            return ref
    shallow = git.ok("rev-parse", "--is-shallow-repository").text == "true"
    if remote is None:
        if shallow and tips:
            raise GitError(
                "This clone is shallow.", why="its history ends before that could be seen"
            )
        return None
    if shallow:
        return _in_scratch(git, remote, tips, commit)
    missing = {ref: tip for ref, tip in tips.items() if git.commit_id(tip) is None}
    if not missing:
        return None
    _fetch(git, remote, list(missing))
    return next((ref for ref, tip in missing.items() if git.is_ancestor(commit, tip)), None)


def _fetch(git: Git, remote: str, refs: list[str]) -> None:
    """Fetch what *refs* lead to, and nothing that would be seen: no ref, no tag, no FETCH_HEAD."""
    git.ok_remotely(
        remote, *WRITING, "fetch", "--no-tags", "--no-write-fetch-head", "--refmap=", "--quiet",
        "--recurse-submodules=no", "--", remote, *refs,
    )  # fmt: skip


def _in_scratch(git: Git, remote: str, tips: Mapping[str, str], commit: str) -> str | None:
    """Fetch the history of *tips*, commits alone, deeper and deeper until *commit* is found.

    The scratch repository has the clone's settings, which may hold the remote's credentials.
    """
    with tempfile.TemporaryDirectory(prefix="sfn-release-") as folder:
        scratch = f"--git-dir={git.scratch_repository(Path(folder))}"
        environ = settings(git)
        for depth in _DEPTHS:
            git.ok_remotely(
                remote, scratch, *WRITING,
                "fetch", "--no-tags", "--no-write-fetch-head", "--refmap=",
                "--quiet", "--recurse-submodules=no", f"--depth={depth}", "--filter=tree:0",
                "--", remote, *(f"+{ref}:refs/tips/{number}" for number, ref in enumerate(tips)),
                env=environ,
            )  # fmt: skip
            for ref, tip in tips.items():
                asked = ("merge-base", "--is-ancestor", checked(commit), checked(tip))
                if git.run(scratch, *asked, env=environ).returncode == 0:
                    return ref
    return None


def settings(git: Git) -> dict[str, str]:
    """Return the clone's own settings as environment variables, which git prefers to files.

    Those of the user and the system are read in any repository: listed again, a header would be
    sent twice.
    """
    listed = git.ok("config", "--show-scope", "--includes", "--null", "--list").stdout
    entries = listed.decode("utf-8", "surrogateescape").split("\0")
    pairs = [
        entry.partition("\n")
        for scope, entry in zip(entries[::2], entries[1::2], strict=False)  # a last one is empty
        if scope in _SCOPES and not entry.startswith(_OWN)
    ]
    environ = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, given, value) in enumerate(pairs):
        environ[f"GIT_CONFIG_KEY_{number}"] = key
        environ[f"GIT_CONFIG_VALUE_{number}"] = value if given else "true"
    return environ
