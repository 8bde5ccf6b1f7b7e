"""A Git repository and its parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sfn_release.ledger.git.commit_history import CommitHistory
from sfn_release.ledger.git.objects import ObjectStore
from sfn_release.ledger.git.refs import RefStore
from sfn_release.ledger.git.remote_timeout import RemoteTimeout
from sfn_release.ledger.git.remotes import Remotes
from sfn_release.ledger.git.repository import Identity, Repository
from sfn_release.ledger.git.work_tree import WorkTree


@dataclass(frozen=True)
class Git:
    """A Git repository: everything that it has, each under its name."""

    repository: Repository
    objects: ObjectStore
    history: CommitHistory
    refs: RefStore
    remotes: Remotes
    work_tree: WorkTree

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        fallback: Identity | None = None,
        remote_timeout: RemoteTimeout | None = None,
    ) -> Git:
        """Find the repository around *directory*, as `Repository.open` does."""
        return cls.of(Repository.open(directory, fallback=fallback, remote_timeout=remote_timeout))

    @classmethod
    def of(cls, repository: Repository) -> Git:
        """Return *repository* with its parts."""
        refs, history = RefStore(repository), CommitHistory(repository)
        return cls(
            repository=repository,
            objects=ObjectStore(repository),
            history=history,
            refs=refs,
            remotes=Remotes(repository, refs, history),
            work_tree=WorkTree(repository),
        )
