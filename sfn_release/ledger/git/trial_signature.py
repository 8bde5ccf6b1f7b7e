"""A trial signature: whether git can sign here, and whose signature it is. Nothing is kept."""

from __future__ import annotations

from collections.abc import Callable

from sfn_release.ledger.git.repository import Repository
from sfn_release.ledger.git.scratch_repository import scratch_repository
from sfn_release.ledger.git.signature_checks import Keyring
from sfn_release.ledger.git.signature_words import SignatureCheck
from sfn_release.ledger.git.signing import run_signing


def trial_signature(
    repository: Repository, check: Callable[[Callable[[Keyring], SignatureCheck]], SignatureCheck]
) -> SignatureCheck:
    """Sign an empty commit in a scratch repository, and return what *check* says of it.

    *check* gets a function that verifies the commit with a keyring. Raises SigningError when git
    can't sign.
    """
    by = repository.identity
    env = {
        "GIT_AUTHOR_NAME": by.name,
        "GIT_AUTHOR_EMAIL": by.email,
        "GIT_COMMITTER_NAME": by.name,
        "GIT_COMMITTER_EMAIL": by.email,
    }
    with scratch_repository(repository) as scratch:
        git_dir, settings = f"--git-dir={scratch.folder}", scratch.settings
        tree = repository.ok(git_dir, "mktree", stdin=b"", env=settings).text
        commit = run_signing(
            repository, git_dir, "commit-tree", tree, "-S", "-F", "-",
            stdin=b"trial signature\n",
            env={**settings, **env},
        ).text  # fmt: skip
        content = scratch.run("cat-file", "commit", commit).stdout
        return check(lambda keys: keys.inside(scratch.folder).check(commit, content))
