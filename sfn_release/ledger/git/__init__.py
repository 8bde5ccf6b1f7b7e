"""One Git repository, through git's plumbing.

A `Git` is made of parts, one for each thing that a repository has:

    repository      where it is, who commits there, and running git in it
    objects         files, folders, commits and tags: reading and storing them
    commit_history  the commits before a commit, and their messages
    refs            the refs of this clone: reading them, and compare-and-swap writes
    remotes         the refs of a remote: ls-remote, fetch, push
    work_tree       the files that are checked out, and what changed in them

Below them:

    command         runs git: the only importer of GitPython, and only of its command runner,
                    because its object API loses data when several processes write
    remote_timeout  waits for a remote, with a limit
    ref_locks       lets one process at a time write refs, and clears locks of a killed git
    urls            takes the secrets out of URLs

And built on a `Git`:

    export              writes the files of a commit, byte for byte
    ancestry            finds the branch of a remote that contains a commit
    tag_objects         reads the texts of tags, which may be on the remote only
    signing             signs commits and tags with the key that git's settings name
    signer_keys         the keys that may sign, read from a file
    signature_checks    verifies signatures with these keys alone
    signature_words     reads what ssh-keygen and gpg say of a signature
    scratch_repository  a temporary repository for fetches that must leave no trace

Every write of a ref is a compare-and-swap. Every object id is checked before it reaches a command
line, because an empty one in ``git push`` would delete the remote ref.
"""

from __future__ import annotations

from sfn_release.ledger.git.command import NotReachedError, Result
from sfn_release.ledger.git.git import Git
from sfn_release.ledger.git.refs import RefMovedError, RefUpdate
from sfn_release.ledger.git.remote_timeout import RemoteTimeout
from sfn_release.ledger.git.repository import Identity, Repository
from sfn_release.ledger.git.urls import without_secrets

__all__ = [
    "Git",
    "Identity",
    "NotReachedError",
    "RefMovedError",
    "RefUpdate",
    "RemoteTimeout",
    "Repository",
    "Result",
    "without_secrets",
]
