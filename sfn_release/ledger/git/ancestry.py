"""Finding the branch of a remote that contains a commit, from any clone.

A pipeline's clone is shallow, detached and without branches. The missing history is fetched into a
scratch repository, so that the clone's own history stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.errors import GitError
from sfn_release.ledger.git.command import checked
from sfn_release.ledger.git.git import Git
from sfn_release.ledger.git.scratch_repository import scratch_repository

_DEPTHS = (100, 2_000, 2**31 - 1)  # commits of history to fetch; for git, the last means all


def branch_containing(
    git: Git, remote: str | None, tips: Mapping[str, str], commit: str
) -> str | None:
    """Return one of *tips* (``{full ref: commit}``) whose history contains *commit*, or None.

    The tips are branches of *remote*, or of this clone for None. Raises GitError when the history
    is incomplete: it can't be fetched, or the remote doesn't have it either.
    """
    for ref, tip in tips.items():
        if commit == tip or git.history.is_ancestor(commit, tip):
            return ref
    shallow = git.repository.ok("rev-parse", "--is-shallow-repository").text == "true"
    if remote is None:
        if shallow and tips:
            raise GitError(
                "This clone is shallow.", why="its history ends before that could be seen"
            )
        return None
    if shallow:
        return _in_scratch(git, remote, tips, commit)
    missing = {ref: tip for ref, tip in tips.items() if git.history.commit_id(tip) is None}
    if not missing:
        return None
    git.remotes.fetch_objects(remote, missing)
    return next((ref for ref, tip in missing.items() if git.history.is_ancestor(commit, tip)), None)


def _in_scratch(git: Git, remote: str, tips: Mapping[str, str], commit: str) -> str | None:
    """Fetch the history of *tips*, commits alone, deeper and deeper until *commit* is found."""
    refspecs = [f"+{ref}:refs/tips/{number}" for number, ref in enumerate(tips)]
    with scratch_repository(git.repository) as scratch:
        for depth in _DEPTHS:
            scratch.fetch(remote, refspecs, depth=depth)
            for ref, tip in tips.items():
                asked = ("merge-base", "--is-ancestor", checked(commit), checked(tip))
                if scratch.run(*asked).returncode == 0:
                    return ref
    return None
