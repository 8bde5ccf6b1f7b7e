"""A repository: where it is, who commits there, and running git in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from sfn_release.errors import GitError, NotFoundError
from sfn_release.ledger.git.command import (
    NotReachedError,
    Result,
    failure,
    run_git,
    run_git_remotely,
    verb_of,
)
from sfn_release.ledger.git.remote_timeout import RemoteTimeout

WRITING = (
    "-c",
    "core.hooksPath=/dev/null",  # the ledger is ours: no user's hook may veto half a release
    "-c",
    "core.fsync=committed",  # a power cut must not leave a ref to an empty object
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
)
"""Settings for every command that writes."""


@dataclass(frozen=True)
class Identity:
    """The author and committer of commits, as git knows them."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True)
class Repository:
    """A repository. *root* is its work tree, *common_dir* the Git folder that all work trees share.

    *remote_timeout* limits the time of remotes.
    """

    root: Path
    common_dir: Path
    git_dir: Path
    object_format: str = "sha1"
    fallback: Identity = field(default=Identity("sfn-release", "sfn-release@localhost"))
    remote_timeout: RemoteTimeout = field(default_factory=RemoteTimeout, compare=False)

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        fallback: Identity | None = None,
        remote_timeout: RemoteTimeout | None = None,
    ) -> Self:
        """Find the repository around *directory*; *fallback* commits if git has no identity.

        Raises NotFoundError if there is none, GitError for a machine without git and for a
        repository that git refuses (``safe.directory``).
        """
        result = run_git(
            directory,
            [
                "rev-parse",
                "--path-format=absolute",
                "--show-toplevel",
                "--git-common-dir",
                "--absolute-git-dir",
                "--show-object-format",
            ],
        )
        if result.returncode:
            if "not a git repository" in result.stderr:
                raise NotFoundError(
                    f"{directory} is not in a Git repository.",
                    fix="Releases live in Git. Make one with `git init`, then `sfn-release init`.",
                )
            if "must be run in a work tree" in result.stderr:
                raise NotFoundError(f"{directory} is a bare repository: there is no work tree.")
            raise failure("rev-parse", result)
        try:
            root, common_dir, git_dir, object_format = result.text.split("\n")
        except ValueError as error:
            raise GitError(
                f"{directory} has a line end in its path, and git prints it like two paths.",
                fix="Rename the folder.",
            ) from error
        return cls(
            root=Path(root),
            common_dir=Path(common_dir),
            git_dir=Path(git_dir),
            object_format=object_format,
            fallback=fallback or cls.fallback,
            remote_timeout=remote_timeout or RemoteTimeout(),
        )

    def is_shallow(self) -> bool:
        """Return whether the clone's history is cut off."""
        return (self.common_dir / "shallow").exists()

    def config(self, name: str) -> str | None:
        """Return a configuration value."""
        result = self.run("config", "--get", name)
        return result.text if result.returncode == 0 else None

    @cached_property
    def identity(self) -> Identity:
        """The committer here: from git's settings, else the fallback."""
        return self.own_identity() or self.fallback

    def own_identity(self) -> Identity | None:
        """Return the committer in git's settings, None if they don't have one."""
        result = self.run("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
        if result.returncode:
            return None
        name, _, rest = result.text.partition(" <")
        return Identity(name, rest.partition(">")[0])

    # Running git

    def run(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        inherited: Sequence[int] = (),
    ) -> Result:
        """Run git here and return the result, also after a failure."""
        return run_git(self.root, arguments, stdin=stdin, env=env, inherited=inherited)

    def ok(
        self, *arguments: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> Result:
        """Run git here; a failure is a GitError with git's words."""
        result = self.run(*arguments, stdin=stdin, env=env)
        if result.returncode:
            raise failure(verb_of(arguments), result)
        return result

    def run_remotely(
        self, remote: str, *arguments: str, env: Mapping[str, str] | None = None
    ) -> Result:
        """Run a command that asks *remote* and return the result, also after a failure."""
        return run_git_remotely(
            self.root, arguments, remote=remote, remote_timeout=self.remote_timeout, env=env
        )

    def ok_remotely(
        self, remote: str, *arguments: str, env: Mapping[str, str] | None = None
    ) -> Result:
        """Run a command that asks *remote*; a failure is a GitError with git's words.

        Raises NotReachedError when the remote doesn't answer in time.
        """
        result = self.run_remotely(remote, *arguments, env=env)
        if result.unanswered:
            raise self.unanswered(remote, verb_of(arguments))
        if result.returncode:
            raise failure(verb_of(arguments), result)
        return result

    def unanswered(self, remote: str, verb: str) -> NotReachedError:
        """Return the error for a remote that didn't answer in time."""
        return NotReachedError(
            f"The remote {remote} didn't answer.",
            why=f"`git {verb}` was stopped after {self.remote_timeout.limit:g} s without an"
            " answer.",
            fix="Check your network and the remote's URL (git remote -v). If the remote is slow,"
            " raise `remote_timeout` under [project] in releases.toml.",
        )
