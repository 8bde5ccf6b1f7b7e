"""One Git repository, through git's plumbing.

    running     runs git: the only importer of GitPython, and only of its command runner, since its
                object API loses data when several processes write
    repository  where it is, who commits there
    reader      reads: commits, refs, files, the work tree's changes
    ancestry    which branch of a remote holds a commit
    Git         writes too: objects, refs, and the refs of remotes

Every write of a ref is a compare-and-swap; every object id is checked before it reaches a command
line, because an empty one in ``git push`` would delete the remote ref.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sfn_release.errors import GitError, SfnReleaseError
from sfn_release.git.reader import GitReader
from sfn_release.git.repository import Identity
from sfn_release.git.running import Result, checked, failure

__all__ = ["Git", "Identity", "RefMovedError", "RefUpdate", "Result"]

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
        updates = tuple(updates)
        commands = "start\n"
        for update in updates:
            if update.old is None:
                commands += f"create {update.ref} {checked(update.new)}\n"
            else:
                commands += f"update {update.ref} {checked(update.new)} {checked(update.old)}\n"
        commands += "prepare\ncommit\n"
        result = self.run(*WRITING, "update-ref", "--stdin", stdin=commands.encode())
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
        self.ok(*WRITING, "update-ref", "-d", ref, checked(old))

    def remote_urls(self, remote: str) -> tuple[str, str]:
        """Return where a remote fetches from and where it pushes to."""
        return (
            self.ok("remote", "get-url", "--", remote).text,
            self.ok("remote", "get-url", "--push", "--", remote).text,
        )

    def ls_remote(self, remote: str, patterns: Sequence[str]) -> dict[str, str]:
        """Return ``{ref: object id}`` of a remote; a tag appears as ``ref^{}`` too, peeled.

        Raises GitError, with git's words, when the remote is not reached.
        """
        lines = self.ok("ls-remote", "--", remote, *patterns).text
        return {
            ref: object_id for object_id, ref in (line.split("\t") for line in lines.splitlines())
        }

    def fetch(self, remote: str, refs: Mapping[str, str]) -> None:
        """Fetch ``{remote ref: local ref}``, fast-forward only and nothing else.

        Raises RefMovedError when a remote ref was rewritten, GitError otherwise.
        """
        result = self.run(
            *WRITING, "fetch", "--no-tags", "--no-write-fetch-head", "--refmap=",
            "--recurse-submodules=no", "--", remote,
            *(f"{theirs}:{ours}" for theirs, ours in refs.items()),
        )  # fmt: skip
        if result.returncode == 0:
            return
        if "non-fast-forward" in result.stderr:
            raise RefMovedError("A ref of the remote was rewritten.", why=result.stderr.strip())
        raise failure("fetch", result)

    def push(self, remote: str, updates: Sequence[RefUpdate], *, atomic: bool = True) -> None:
        """Move refs of a remote, each only from the value that was read; never forced.

        Raises RefMovedError when one has moved on the remote, GitError for anything else. A reply
        that was lost is no failure: what the remote holds decides.
        """
        leases = [f"--force-with-lease={update.ref}:{update.old or ''}" for update in updates]
        result = self.run(
            *WRITING, "push", "--porcelain", "--no-verify", "--no-follow-tags", "--quiet",
            "--no-signed", "--recurse-submodules=no", *(["--atomic"] if atomic else []), *leases,
            "--", remote, *(f"{checked(update.new)}:{update.ref}" for update in updates),
        )  # fmt: skip
        if result.returncode == 0:
            return
        # Hosts word a refusal differently, so the refs are asked and not the text.
        now = self.ls_remote(remote, [update.ref for update in updates])
        if all(now.get(update.ref) == update.new for update in updates):
            return
        if any(now.get(update.ref) not in (update.old, update.new) for update in updates):
            raise RefMovedError("A ref moved on the remote.", why=result.stderr.strip())
        if atomic and "--atomic" in result.stderr:
            for update in updates:  # a host without atomic pushes: in order, the last one decides
                self.push(remote, [update], atomic=False)
            return
        raise GitError(
            f"`git push` to {remote} was refused.",
            why=(result.stderr.strip() or result.text.strip()),
            fix="The ledger's branches and the release tags must be writable for whoever releases.",
        )

    def would_refuse(self, remote: str, ref: str, commit: str) -> str | None:
        """Return why a remote would not take *commit* as *ref*, in git's words; None if it would.

        Nothing is pushed. A host may have rules that it applies to real pushes only.
        """
        result = self.run(
            *WRITING, "push", "--dry-run", "--porcelain", "--no-verify", "--no-follow-tags",
            "--no-signed", "--recurse-submodules=no", "--", remote, f"{checked(commit)}:{ref}",
        )  # fmt: skip
        if result.returncode == 0:
            return None
        return result.stderr.strip() or result.text.strip()


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
