"""One Git repository, through git's plumbing.

    command     runs git: the only importer of GitPython, and only of its command runner, since its
                object API loses data when several processes write
    repository  where it is, who commits there
    reader      reads: commits, refs, files, the work tree's changes
    export      writes the files of a commit, byte for byte
    ancestry    which branch of a remote holds a commit
    remote_timeout  waits for a remote, with a limit
    ref_locks   writes refs one process at a time, and clears what a killed git left on them
    tag_objects the texts of tags, wherever they are
    Git         writes too: objects, refs, and the refs of remotes

Every write of a ref is a compare-and-swap; every object id is checked before it reaches a command
line, because an empty one in ``git push`` would delete the remote ref.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sfn_release.errors import GitError, SfnReleaseError
from sfn_release.ledger.git.command import NotReachedError, Result, checked, failure
from sfn_release.ledger.git.reader import GitReader
from sfn_release.ledger.git.ref_locks import clear, turn
from sfn_release.ledger.git.remote_timeout import Patience
from sfn_release.ledger.git.repository import Identity
from sfn_release.ledger.git.urls import without_secrets

__all__ = [
    "Git",
    "Identity",
    "NotReachedError",
    "Patience",
    "RefMovedError",
    "RefUpdate",
    "Result",
    "without_secrets",
]

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
"""What every command that writes is told."""


class RefMovedError(SfnReleaseError):
    """A ref was not what the caller had read: somebody else wrote first. Re-read and retry."""

    code = "E_CONFLICT"


@dataclass(frozen=True)
class RefUpdate:
    """Set *ref* to *new* if it still is *old*; an *old* of None means that it must not exist."""

    ref: str
    new: str
    old: str | None


class Git(GitReader):
    """A repository that is read and written."""

    # Writing objects: they are invisible until a ref leads to them

    def write_blobs(self, contents: Sequence[bytes]) -> list[str]:
        """Store *contents* as blobs and return their ids, in one git process."""
        if not contents:
            return []
        import tempfile

        with tempfile.TemporaryDirectory(prefix="sfn-release-") as folder:
            paths = []
            for number, content in enumerate(contents):
                path = Path(folder, str(number))
                path.write_bytes(content)
                paths.append(str(path))
            listing = "\n".join(paths) + "\n"
            return self.ok(
                *WRITING, "hash-object", "-w", "--no-filters", "--stdin-paths",
                stdin=listing.encode(),
            ).text.split("\n")  # fmt: skip

    def write_tree(self, entries: Mapping[str, tuple[str, str, str]]) -> str:
        """Store a folder of ``{name: (mode, type, object id)}`` and return its id."""
        listing = "".join(
            f"{mode} {kind} {checked(object_id)}\t{name}\0"
            for name, (mode, kind, object_id) in entries.items()
        )
        return self.ok(*WRITING, "mktree", "-z", stdin=listing.encode("utf-8")).text

    def write_commit(
        self, tree: str, parent: str | None, message: str, *, by: Identity, at: datetime
    ) -> str:
        """Store a commit of *tree* on *parent* and return its id."""
        parents = ["-p", checked(parent)] if parent else []
        return self.ok(
            *WRITING, "-c", "commit.gpgSign=false",
            "commit-tree", checked(tree), *parents, "-F", "-",
            stdin=message.encode(),
            env=_signature(by, at),
        ).text  # fmt: skip

    def write_tag(self, name: str, commit: str, message: str, *, by: Identity, at: datetime) -> str:
        """Store an annotated tag object on *commit* and return its id; no ref is written."""
        text = (
            f"object {checked(commit)}\ntype commit\ntag {name}\n"
            f"tagger {by} {int(at.timestamp())} +0000\n\n{message}"
        )
        return self.ok(*WRITING, "mktag", stdin=text.encode()).text

    def complete(self, new: str, old: str | None) -> None:
        """Raise GitError unless every object that *new* adds to *old* is really stored.

        A concurrent ``git gc --prune=now`` may have taken one, and git would not notice.
        """
        exclude = ["--not", checked(old)] if old else []
        self.ok("rev-list", "--objects", "--quiet", checked(new), *exclude)

    # Writing refs: compare-and-swap, here and on a remote

    def update_refs(self, updates: Iterable[RefUpdate]) -> None:
        """Move refs together, each only from the value that was read.

        Raises RefMovedError when one has moved, GitError for anything else.
        """
        self._move_refs(tuple(updates))

    def _move_refs(self, updates: Sequence[RefUpdate]) -> None:
        commands = "start\n"
        for update in updates:
            if update.old is None:
                commands += f"create {update.ref} {checked(update.new)}\n"
            else:
                commands += f"update {update.ref} {checked(update.new)} {checked(update.old)}\n"
        commands += "prepare\ncommit\n"
        result = self._write_refs([update.ref for update in updates], commands)
        if result.returncode == 0:
            return
        now = self.refs(*(update.ref for update in updates))
        if all(now.get(update.ref) == update.new for update in updates):
            return
        if any(now.get(update.ref) != update.old for update in updates):
            raise RefMovedError("A ref moved while it was written.", why=result.stderr.strip())
        raise failure("update-ref", result)

    def delete_ref(self, ref: str, old: str) -> None:
        """Delete a local ref if it still is *old*."""
        result = self._write_refs([ref], f"delete {ref} {checked(old)}\n")
        if result.returncode:
            raise failure("update-ref", result)

    def _write_refs(self, refs: Sequence[str], commands: str) -> Result:
        """Run *commands* of `update-ref --stdin` that write *refs*, in our turn.

        Lock files that a killed git left on them are removed, and said.
        """
        with turn(self.common_dir) as ours:
            while True:
                result = self.run(
                    *WRITING, "update-ref", "--stdin",
                    stdin=commands.encode(), inherited=ours.inherited,
                )  # fmt: skip
                locked = result.returncode and ".lock" in result.stderr
                if not locked or not clear(self.common_dir, refs, ours, self.patience.say):
                    return result

    def remote_urls(self, remote: str) -> tuple[str, str]:
        """Return where a remote fetches from and where it pushes to."""
        return (
            self.ok("remote", "get-url", "--", remote).text,
            self.ok("remote", "get-url", "--push", "--", remote).text,
        )

    def ls_remote(
        self, remote: str, patterns: Sequence[str], *, again: bool = True
    ) -> dict[str, str]:
        """Return ``{ref: object id}`` of a remote; a tag appears as ``ref^{}`` too, peeled.

        Raises NotReachedError, with git's words, when the remote is not reached or doesn't answer
        in time. Unless *again*, a remote that didn't answer earlier in this run isn't asked.
        """
        if not again and remote in self.patience.silent:
            raise self.unanswered(remote, "ls-remote")
        try:
            lines = self.ok_remotely(remote, "ls-remote", "--", remote, *patterns).text
        except NotReachedError:
            raise
        except GitError as error:
            raise NotReachedError(error.message, why=error.why, fix=error.fix) from error
        return {
            ref: object_id for object_id, ref in (line.split("\t") for line in lines.splitlines())
        }

    def fetch_objects(self, remote: str, refs: Iterable[str]) -> None:
        """Fetch what *refs* of a remote lead to, and move no ref.

        Raises NotReachedError when the remote doesn't answer in time, GitError otherwise.
        """
        self.ok_remotely(
            remote, *WRITING, "fetch", "--no-tags", "--no-write-fetch-head", "--refmap=",
            "--quiet", "--recurse-submodules=no", "--", remote, *refs,
        )  # fmt: skip

    def fetch(self, remote: str, updates: Mapping[str, RefUpdate]) -> None:
        """Fetch ``{remote ref: update of a local ref}``, fast-forward only and nothing else.

        Objects come first and refs move afterwards, so no lock on a ref waits for the network. A
        local ref that another process moves meanwhile is left to it.

        Raises RefMovedError when a remote ref was rewritten, NotReachedError when the remote
        doesn't answer in time, GitError otherwise.
        """
        self.fetch_objects(remote, updates)
        for ref, update in updates.items():
            if update.old and not self.is_ancestor(update.old, update.new):
                raise RefMovedError(
                    f"{ref} of {remote} was rewritten.",
                    why=f"It is {update.new[:12]} and was {update.old[:12]}, which isn't part of"
                    " its history any more (non-fast-forward).",
                )
        for update in updates.values():
            with suppress(RefMovedError):
                self._move_refs([update])

    def push(self, remote: str, updates: Sequence[RefUpdate], *, atomic: bool = True) -> None:
        """Move refs of a remote, each only from the value that was read; never forced.

        Raises RefMovedError when one has moved on the remote, GitError for anything else. A reply
        that was lost is no failure: what the remote holds decides.
        """
        leases = [f"--force-with-lease={update.ref}:{update.old or ''}" for update in updates]
        try:
            result = self.run_remotely(
                remote, *WRITING, "push", "--porcelain", "--no-verify", "--no-follow-tags",
                "--quiet", "--no-signed", "--recurse-submodules=no",
                *(["--atomic"] if atomic else []), *leases,
                "--", remote, *(f"{checked(update.new)}:{update.ref}" for update in updates),
            )  # fmt: skip
        except KeyboardInterrupt:
            names = ", ".join(update.ref.split("/", 2)[-1] for update in updates)
            self.patience.say(
                f"It is not known whether {names} arrived on {remote}: run the same command again."
            )
            raise
        if result.returncode == 0:
            return
        # Hosts word a refusal differently, so the refs are asked and not the text.
        try:
            now = self.ls_remote(remote, [update.ref for update in updates])
        except NotReachedError as error:
            raise NotReachedError(
                f"`git push` to {remote} failed, and whether the remote has it isn't known.",
                why=f"{_why(result)}\n{error.why}",
                fix="Run the same command again once the remote answers: it reads the remote first"
                " and goes on from there.",
            ) from error
        if all(now.get(update.ref) == update.new for update in updates):
            return
        if any(now.get(update.ref) not in (update.old, update.new) for update in updates):
            raise RefMovedError("A ref moved on the remote.", why=result.words)
        if atomic and "--atomic" in result.stderr:
            for update in updates:  # a host without atomic pushes: in order, the last one decides
                self.push(remote, [update], atomic=False)
            return
        if result.returncode < 0:
            raise NotReachedError(
                f"`git push` to {remote} was stopped before it finished.",
                why=f"{_why(result)}\n{remote} didn't have it when it was asked afterwards.",
                fix="Run the same command again. If the remote is slow, raise `remote_timeout`"
                " under [project] in releases.toml.",
            )
        raise GitError(
            f"`git push` to {remote} was refused.",
            why=_why(result),
            fix=_LOCKED if ".lock" in result.words and "exists" in result.words else _REFUSED,
        )

    def would_refuse(self, remote: str, ref: str, commit: str) -> str | None:
        """Return why a remote would not take *commit* as *ref*, in git's words; None if it would.

        Nothing is pushed. A host may have rules that it applies to real pushes only.
        """
        result = self.run_remotely(
            remote, *WRITING, "push", "--dry-run", "--porcelain", "--no-verify", "--no-follow-tags",
            "--no-signed", "--recurse-submodules=no", "--", remote, f"{checked(commit)}:{ref}",
        )  # fmt: skip
        if result.returncode == 0:
            return None
        return _why(result)


_REFUSED = "The ledger's branches and the release tags must be writable for whoever releases."
_LOCKED = (
    "Another push holds the lock, or an ended one left it. Try again; if it stays, remove that file"
    " on the server."
)


def _why(result: Result) -> str:
    """Return why a push failed, in git's words where it has some."""
    if result.returncode < 0 and not result.unanswered:
        return f"git was ended by signal {-result.returncode}. {result.words}".strip()
    return result.words or f"exit code {result.returncode}"


def _signature(by: Identity, at: datetime) -> dict[str, str]:
    date = f"{int(at.timestamp())} +0000"
    return {
        "GIT_AUTHOR_NAME": by.name,
        "GIT_AUTHOR_EMAIL": by.email,
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_NAME": by.name,
        "GIT_COMMITTER_EMAIL": by.email,
        "GIT_COMMITTER_DATE": date,
    }
