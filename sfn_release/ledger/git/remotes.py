"""The remotes of a repository: reading their refs, fetching from them, pushing to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sfn_release.errors import GitError
from sfn_release.ledger.git.command import NotReachedError, Result, checked
from sfn_release.ledger.git.commit_history import CommitHistory
from sfn_release.ledger.git.refs import RefMovedError, RefStore, RefUpdate
from sfn_release.ledger.git.repository import WRITING, Repository


@dataclass(frozen=True)
class Remotes:
    """The remotes of a *repository*. Fetches move its *refs*, fast-forward by its *history*."""

    repository: Repository
    refs: RefStore
    history: CommitHistory

    def names(self) -> list[str]:
        """Return the names of the remotes."""
        return self.repository.ok("remote").text.split()

    def urls(self, remote: str) -> tuple[str, str]:
        """Return the URLs that a remote fetches from and pushes to."""
        return (
            self.repository.ok("remote", "get-url", "--", remote).text,
            self.repository.ok("remote", "get-url", "--push", "--", remote).text,
        )

    def ls_remote(
        self, remote: str, patterns: Sequence[str], *, again: bool = True
    ) -> dict[str, str]:
        """Return ``{ref: object id}`` of a remote; a tag appears as ``ref^{}`` too, peeled.

        Raises NotReachedError, with git's words, when the remote is not reached or doesn't answer
        in time. Without *again*, a remote that didn't answer before in this run isn't asked.
        """
        if not again and remote in self.repository.remote_timeout.silent:
            raise self.repository.unanswered(remote, "ls-remote")
        try:
            lines = self.repository.ok_remotely(remote, "ls-remote", "--", remote, *patterns).text
        except NotReachedError:
            raise
        except GitError as error:
            raise NotReachedError(error.message, why=error.why, fix=error.fix) from error
        return {
            ref: object_id for object_id, ref in (line.split("\t") for line in lines.splitlines())
        }

    def default_branch(self, remote: str) -> tuple[str, str] | None:
        """Return a remote's default branch, as a full ref, and its tip; None if there is none.

        Where the host doesn't name the branch, the ref is ``HEAD``.
        Raises NotReachedError as `ls_remote` does; a remote that didn't answer before in this run
        isn't asked.
        """
        if remote in self.repository.remote_timeout.silent:
            raise self.repository.unanswered(remote, "ls-remote")
        try:
            lines = self.repository.ok_remotely(
                remote, "ls-remote", "--symref", "--", remote, "HEAD"
            ).text
        except NotReachedError:
            raise
        except GitError as error:
            raise NotReachedError(error.message, why=error.why, fix=error.fix) from error
        answers = [line.split("\t") for line in lines.splitlines()]
        named = [value for value, name in answers if name == "HEAD"]
        tips = [value for value in named if not value.startswith("ref: ")]
        branches = [value.removeprefix("ref: ") for value in named if value.startswith("ref: ")]
        return ([*branches, "HEAD"][0], tips[0]) if tips else None

    def fetch_objects(self, remote: str, refs: Iterable[str], *, depth: int | None = None) -> None:
        """Fetch the objects of a remote's *refs*, and move no ref.

        With a *depth*, only so many commits are fetched: use it in shallow clones alone, because it
        makes a clone shallow.

        Raises NotReachedError when the remote doesn't answer in time, GitError otherwise.
        """
        self.repository.ok_remotely(
            remote, *WRITING, "fetch", "--no-tags", "--no-write-fetch-head", "--refmap=",
            "--quiet", "--recurse-submodules=no",
            *([f"--depth={depth}"] if depth is not None else []), "--", remote, *refs,
        )  # fmt: skip

    def fetch(self, remote: str, updates: Mapping[str, RefUpdate]) -> None:
        """Fetch ``{remote ref: update of a local ref}``, fast-forward only.

        Objects come first and refs move afterwards, so no lock on a ref waits for the network. A
        local ref that another process moves meanwhile keeps its new value.

        Raises RefMovedError when a remote ref was rewritten, NotReachedError when the remote
        doesn't answer in time, GitError otherwise.
        """
        self.fetch_objects(remote, updates)
        for ref, update in updates.items():
            if update.old and not self.history.is_ancestor(update.old, update.new):
                raise RefMovedError(
                    f"{ref} of {remote} was rewritten.",
                    why=f"It is {update.new[:12]} and was {update.old[:12]}, which isn't part of"
                    " its history any more (non-fast-forward).",
                )
        for update in updates.values():
            with suppress(RefMovedError):
                self.refs.update([update])

    def push(self, remote: str, updates: Sequence[RefUpdate], *, atomic: bool = True) -> None:
        """Move refs of a remote, each only from the value that was read; never forced.

        Raises RefMovedError when one has moved on the remote, GitError for anything else. After a
        lost reply we read the remote: its refs decide whether the push arrived.
        """
        leases = [f"--force-with-lease={update.ref}:{update.old or ''}" for update in updates]
        try:
            result = self.repository.run_remotely(
                remote, *WRITING, "push", "--porcelain", "--no-verify", "--no-follow-tags",
                "--quiet", "--no-signed", "--recurse-submodules=no",
                *(["--atomic"] if atomic else []), *leases,
                "--", remote, *(f"{checked(update.new)}:{update.ref}" for update in updates),
            )  # fmt: skip
        except KeyboardInterrupt:
            names = ", ".join(update.ref.split("/", 2)[-1] for update in updates)
            self.repository.remote_timeout.say(
                f"Can't tell whether {names} reached {remote}. Run the same command again."
            )
            raise
        if result.returncode == 0:
            return
        # Each host words a refusal differently, so we read the refs instead of the text.
        try:
            now = self.ls_remote(remote, [update.ref for update in updates])
        except NotReachedError as error:
            raise NotReachedError(
                f"`git push` to {remote} failed, and it isn't known whether the commits arrived.",
                why=f"{_why(result)}\n{error.why}",
                fix="Run the same command again once the remote answers: it reads the remote first"
                " and continues from there.",
            ) from error
        if all(now.get(update.ref) == update.new for update in updates):
            return
        if any(now.get(update.ref) not in (update.old, update.new) for update in updates):
            raise RefMovedError("A ref moved on the remote.", why=result.words)
        if atomic and "--atomic" in result.stderr:
            for (
                update
            ) in updates:  # a host without atomic pushes: in order, so that the last one decides
                self.push(remote, [update], atomic=False)
            return
        if result.returncode < 0:
            raise NotReachedError(
                f"`git push` to {remote} was stopped before it finished.",
                why=f"{_why(result)}\n{remote} didn't have the commits afterwards.",
                fix="Run the same command again. If the remote is slow, raise `remote_timeout`"
                " under [project] in releases.toml.",
            )
        raise GitError(
            f"`git push` to {remote} was refused.",
            why=_why(result),
            fix=_LOCKED if ".lock" in result.words and "exists" in result.words else _REFUSED,
        )

    def would_refuse(self, remote: str, ref: str, commit: str) -> str | None:
        """Return the reason why a remote would refuse *commit* as *ref*; None if it wouldn't.

        Nothing is pushed. A host may have more rules, which it applies to real pushes only.
        """
        result = self.repository.run_remotely(
            remote, *WRITING, "push", "--dry-run", "--porcelain", "--no-verify", "--no-follow-tags",
            "--no-signed", "--recurse-submodules=no", "--", remote, f"{checked(commit)}:{ref}",
        )  # fmt: skip
        if result.returncode == 0:
            return None
        return _why(result)


_REFUSED = "You need write access to the ledger's branches and the release tags."
_LOCKED = (
    "Another push has the lock, or a killed one left it. Try again. If it stays, remove that file"
    " on the server."
)


def _why(result: Result) -> str:
    """Return the reason why a push failed, in git's words if there are any."""
    if result.returncode < 0 and not result.unanswered:
        return f"git was ended by signal {-result.returncode}. {result.words}".strip()
    return result.words or f"exit code {result.returncode}"
