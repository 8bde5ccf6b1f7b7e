"""Whose signatures count: the allowed signers on the tip of the protected branch.

The protected branch is the remote's default branch, which only the host's administrators choose.
Your clone may name another branch, for a host whose default branch isn't protected:

    git config sfn-release.protectedBranch main

Both releases.toml and the file of allowed signers are read from the tip of that branch. A commit
that is being judged can't bring its own signers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sfn_release.errors import ConfigError, GitError, NotFoundError
from sfn_release.ledger.git import Git
from sfn_release.ledger.git.scratch_repository import scratch_repository
from sfn_release.ledger.git.signer_keys import SignerKeys, read_signer_keys
from sfn_release.project import FILE_NAME, Project, parse_project

SETTING = "sfn-release.protectedBranch"
REVOKED = ".revoked"
"""The end of the name of the file with revoked SSH keys, beside that of the allowed signers."""

_HEADS = "refs/heads/"


@dataclass(frozen=True)
class TrustedSigners:
    """The allowed signers of a project.

    *where* names the file for people. *project* is releases.toml as it stands beside it.
    """

    where: str
    keys: SignerKeys
    project: Project

    @property
    def unsigned_history(self) -> tuple[str, ...]:
        """The commits of the ledger up to which no signature is needed."""
        return self.project.unsigned_history

    @property
    def fingerprint(self) -> str:
        """A digest of everything that decides whether a signature is good.

        When it changes, signatures that were good may not be good any more.
        """
        parts = (self.keys.ssh, self.keys.openpgp, self.keys.revoked, *self.unsigned_history)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True)
class ProtectedBranch:
    """The protected branch, a full *ref*, at its *tip*, with *project*: its releases.toml.

    *folder* is the project's in the repository. It ends in "/", or is empty.
    """

    git: Git
    remote: str | None
    folder: str
    ref: str
    tip: str
    project: Project

    def signers(self) -> TrustedSigners:
        """Return the allowed signers.

        Raises NotFoundError when their file doesn't exist on the branch, ConfigError for a file
        that can't be used, and GitError.
        """
        branch = _name(self.ref, self.remote, self.tip)
        if self.project.allowed_signers is None:
            raise ConfigError(
                f"{FILE_NAME} on {branch} doesn't name the file of allowed signers.",
                fix=f'Add  allowed_signers = "release-signers"  there. {_ONLY_THERE}',
            )
        path = self.folder + self.project.allowed_signers
        paths = [path, path + REVOKED]
        signers, revoked = _files(self.git, self.remote, self.ref, self.tip, paths)
        if signers is None:
            raise _missing(path, branch)
        where = f"{path} on {branch}"
        keys = read_signer_keys(signers, where=where, revoked=revoked or b"")
        return TrustedSigners(where, keys, self.project)


def protected_branch(git: Git, remote: str | None, folder: str) -> ProtectedBranch:
    """Return the protected branch of the project in a *folder* of the repository.

    Raises NotFoundError when the branch, or releases.toml on it, doesn't exist, ConfigError for a
    releases.toml that can't be used, and GitError.
    """
    ref, tip = _protected_tip(git, remote)
    branch = _name(ref, remote, tip)
    (text,) = _files(git, remote, ref, tip, [folder + FILE_NAME])
    if text is None:
        raise _missing(folder + FILE_NAME, branch)
    project = parse_project(_decoded(text, f"{FILE_NAME} on {branch}"), path=FILE_NAME)
    return ProtectedBranch(git, remote, folder, ref, tip, project)


def _name(ref: str, remote: str | None, tip: str) -> str:
    """Return the branch's name for people."""
    return f"{ref.removeprefix(_HEADS)} of {remote or 'this clone'} ({tip[:12]})"


_ONLY_THERE = "Only that branch can list the allowed signers, not the commit that is checked."


def _missing(path: str, branch: str) -> NotFoundError:
    return NotFoundError(
        f"There is no {path} on {branch}.",
        why=_ONLY_THERE,
        fix=f"Commit {path}, and merge it there.",
    )


def _decoded(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where} is not UTF-8.", fix="Save it as UTF-8.") from error


def _protected_tip(git: Git, remote: str | None) -> tuple[str, str]:
    """Return the protected branch, as a full ref, and its tip."""
    named = git.repository.config(SETTING)
    if remote is None:
        return _local_tip(git, named)
    if named:
        ref = _HEADS + named
        tip = git.remotes.ls_remote(remote, [ref], again=False).get(ref)
        if tip is None:
            raise NotFoundError(
                f"{remote} has no branch {named}, which the setting {SETTING} names.",
                fix=f"Correct it:  git config {SETTING} BRANCH",
            )
        return ref, tip
    found = git.remotes.default_branch(remote)
    if found is None:
        raise NotFoundError(
            f"{remote} has no default branch, so there is no protected branch to read from.",
            fix=f"If {remote} is empty, push its first branch:  git push {remote} main\n"
            f"Else choose one on the host, or in this clone:  git config {SETTING} main",
        )
    return found


def _local_tip(git: Git, named: str | None) -> tuple[str, str]:
    """Return the protected branch of a clone that is the ledger, and its tip."""
    names = [named] if named else [git.repository.config("init.defaultBranch"), "main", "master"]
    refs = [_HEADS + name for name in names if name]
    found = git.refs.find(*refs)
    for ref in refs:
        if ref in found:
            return ref, found[ref]
    raise NotFoundError(
        f"This clone has no branch {named or 'main'} to read the allowed signers from.",
        fix=f"Name the branch:  git config {SETTING} BRANCH",
    )


def _files(
    git: Git, remote: str | None, ref: str, tip: str, paths: Sequence[str]
) -> list[bytes | None]:
    """Return files of a commit, which is fetched if this clone lacks it; None for a missing one."""
    if git.history.commit_id(tip) is None and remote is not None:
        if git.repository.is_shallow():
            return _fetched(git, remote, ref, tip, paths)
        git.remotes.fetch_objects(remote, [ref])
    if git.history.commit_id(tip) is None:
        raise _moved(ref, tip)
    return git.objects.read_many([(tip, path) for path in paths])


def _moved(ref: str, tip: str) -> GitError:
    return GitError(f"The commit {tip[:12]} of {ref} is missing.", fix="Run this again.")


def _fetched(git: Git, remote: str, ref: str, tip: str, paths: Sequence[str]) -> list[bytes | None]:
    """Return files of a commit, without a trace in a shallow clone."""
    with scratch_repository(git.repository) as scratch:
        scratch.fetch(remote, [f"+{ref}:refs/tip"], depth=1, with_files=True)
        if scratch.run("rev-parse", "refs/tip").text != tip:
            raise _moved(ref, tip)
        found = [scratch.run("cat-file", "blob", f"{tip}:{path}") for path in paths]
        return [None if file.returncode else file.stdout for file in found]
