"""One Git repository, through git's plumbing: the only importer of GitPython.

GitPython runs git and nothing more: its object API loses data when several processes write.
Every write of a ref is a compare-and-swap; every object id is checked before it reaches a command
line, because an empty one in ``git push`` would delete the remote ref.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sfn_release.errors import GitError, NotFoundError, SfnReleaseError

_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_SCRUBBED = (
    # A git hook or alias exports these for its own repository, not for the one we were asked for.
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
)
_WRITING = (
    "-c",
    "core.hooksPath=/dev/null",  # the ledger is ours: no user's hook may veto half a release
    "-c",
    "core.fsync=committed",  # a power cut must not leave a ref to an empty object
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
)


class RefMovedError(SfnReleaseError):
    """A ref was not what the caller had read: somebody else wrote first. Re-read and retry."""

    code = "E_CONFLICT"


@dataclass(frozen=True)
class RefUpdate:
    """Set *ref* to *new* if it still is *old*; an *old* of None means that it must not exist."""

    ref: str
    new: str
    old: str | None


@dataclass(frozen=True)
class Result:
    """What a git command answered."""

    returncode: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output as text, without the last newline."""
        return self.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


@dataclass(frozen=True)
class Identity:
    """Who writes: as git knows it."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True)
class Git:
    """A repository. *root* is its work tree, *common_dir* the Git folder all work trees share."""

    root: Path
    common_dir: Path
    git_dir: Path
    object_format: str = "sha1"
    fallback: Identity = field(default=Identity("sfn-release", "sfn-release@localhost"))

    @classmethod
    def open(cls, directory: Path, *, fallback: Identity | None = None) -> Git:
        """Find the repository around *directory*; *fallback* signs where git has no identity.

        Raises NotFoundError where there is none, GitError for a machine without git and for a
        repository that git refuses (``safe.directory``).
        """
        result = _run(
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
            raise _failed("rev-parse", result)
        root, common_dir, git_dir, object_format = result.text.split("\n")
        return cls(
            root=Path(root),
            common_dir=Path(common_dir),
            git_dir=Path(git_dir),
            object_format=object_format,
            fallback=fallback or cls.fallback,
        )

    # Reading

    def head(self) -> str | None:
        """Return the id of the commit that is checked out, None before the first commit."""
        return self.commit_id("HEAD")

    def commit_id(self, name: str) -> str | None:
        """Return the id of the commit that *name* (a full ref, HEAD or an id) leads to."""
        result = self.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"
        )
        return result.text if result.returncode == 0 else None

    def refs(self, *patterns: str) -> dict[str, str]:
        """Return ``{ref: object id}`` below *patterns*; a tag appears as ``ref^{}`` too, peeled."""
        lines = self.ok(
            "for-each-ref", "--format=%(objectname) %(refname) %(*objectname)", "--", *patterns
        ).text
        found = {}
        for line in lines.splitlines():
            object_id, ref, *peeled = line.split(" ")
            found[ref] = object_id
            if peeled and peeled[0]:
                found[ref + "^{}"] = peeled[0]
        return found

    def read(self, commit: str, path: str) -> bytes | None:
        """Return a file of a commit, None if the commit has no such file."""
        return self.read_many([(commit, path)])[0]

    def read_many(self, files: Sequence[tuple[str, str]]) -> list[bytes | None]:
        """Return many files, each named by commit and path, in one git process."""
        # Git reads a line for each, so it cannot be asked for a name with a line break.
        asked = [f"{_checked(commit)}:{path}\n" for commit, path in files if "\n" not in path]
        if not asked:
            return [None] * len(files)
        wanted = "".join(asked).encode("utf-8", "surrogateescape")
        answer = self.ok("cat-file", "--batch", stdin=wanted).stdout
        contents: list[bytes | None] = []
        at = 0
        for _, path in files:
            if "\n" in path:
                contents.append(None)
                continue
            end = answer.index(b"\n", at)
            header = answer[at:end].rsplit(b" ", 2)
            at = end + 1
            if header[-1] == b"missing" or header[-1] == b"ambiguous":
                contents.append(None)
                continue
            size = int(header[-1])
            contents.append(answer[at : at + size])
            at += size + 1
        return contents

    def tree(self, commit: str, path: str = "") -> dict[str, tuple[str, str, str]]:
        """Return ``{name: (mode, type, object id)}`` of a commit's folder; {} if there is none."""
        result = self.run("ls-tree", "-z", f"{_checked(commit)}:{path}")
        if result.returncode:
            return {}
        entries = {}
        for line in result.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            meta, _, name = line.partition("\t")
            mode, kind, object_id = meta.split(" ")
            entries[name] = (mode, kind, object_id)
        return entries

    def log(
        self, tip: str, *, limit: int | None = None, grep: Sequence[str] = ()
    ) -> list[tuple[str, str]]:
        """Return ``(commit id, subject)`` from *tip* back, newest first.

        *grep* are lines that the message must hold, all of them, to the letter.
        """
        literal = [re.sub(r"([\][.*^$\\])", r"\\\1", line) for line in grep]
        patterns = [f"--grep=^{line}$" for line in literal]
        count = [f"--max-count={limit}"] if limit is not None else []
        output = self.ok(
            "log",
            "-z",
            "--first-parent",
            "--basic-regexp",
            "--all-match",
            "--format=%H %s",
            *count,
            *patterns,
            _checked(tip),
            "--",
        ).stdout.decode("utf-8", "replace")
        return [
            (line[: line.index(" ")], line.partition(" ")[2]) for line in output.split("\0") if line
        ]

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether *older* is *newer* or one of its ancestors."""
        return (
            self.run("merge-base", "--is-ancestor", _checked(older), _checked(newer)).returncode
            == 0
        )

    def archive(self, commit: str, folder: str = "") -> bytes:
        """Return a tar file of the commit's files below *folder*, as they are committed.

        No line-end conversion happens: what is released must not depend on the machine.
        """
        with tempfile.TemporaryDirectory(prefix="sfn-release-") as view:
            own = (self.common_dir / "info" / "attributes").exists()
            return self.ok(
                *([f"--git-dir={self._bare_view(Path(view), commit)}"] if own else []),
                "-c", "core.autocrlf=false", "-c", "core.eol=lf",
                "-c", "core.attributesFile=/dev/null",
                "archive", "--format=tar", _checked(commit) + (f":{folder}" if folder else ""),
                env={"GIT_ATTR_NOSYSTEM": "1"},
            ).stdout  # fmt: skip

    def _bare_view(self, folder: Path, commit: str) -> Path:
        """Make *folder* a repository that has our objects and nothing else; return it.

        There is no other way to have git leave out ``info/attributes``.
        """
        (folder / "refs").mkdir()
        (folder / "objects" / "info").mkdir(parents=True)
        (folder / "objects" / "info" / "alternates").write_text(
            f"{self.common_dir / 'objects'}\n", encoding="utf-8"
        )
        (folder / "HEAD").write_text(f"{commit}\n", encoding="utf-8")
        (folder / "config").write_text(
            "[core]\n\tbare = true\n\trepositoryFormatVersion = 1\n"
            f"[extensions]\n\tobjectFormat = {self.object_format}\n",
            encoding="utf-8",
        )
        return folder

    def changes(self, paths: Sequence[str]) -> list[str]:
        """Return what in *paths* differs from HEAD, untracked and hidden files included.

        Each is a line for people: ``workflows/hello.py (modified)``.
        """
        status = self.ok(
            "status",
            "--porcelain=v2",
            "-z",
            "--untracked-files=all",
            "--ignore-submodules=none",
            "--no-renames",
            "--",
            *paths,
        ).stdout.decode("utf-8", "surrogateescape")
        found = {}
        for line in status.split("\0"):
            if line.startswith("1 "):
                path = line.split(" ", 8)[8]
                found[path] = "deleted" if "D" in line[2:4] else "modified"
                if "A" in line[2:4]:  # in the index, or promised to it (add --intent-to-add)
                    found[path] = "added, not committed"
            elif line.startswith("u "):
                found[line.split(" ", 10)[10]] = "unmerged"
            elif line.startswith("? "):
                found[line[2:]] = "untracked"
        hidden = self.ok("ls-files", "-v", "-z", "--full-name", "--", *paths).stdout
        for line in hidden.decode("utf-8", "surrogateescape").split("\0"):
            if line[:1] == "S":
                found[line[2:]] = "hidden by skip-worktree"
            elif line[:1].islower():
                found[line[2:]] = "hidden by assume-unchanged"
        return [f"{path} ({what})" for path, what in sorted(found.items())]

    def checked_out(self) -> set[str]:
        """Return the branches (full refs) that some work tree has checked out."""
        lines = self.ok("worktree", "list", "--porcelain").text.splitlines()
        return {line.removeprefix("branch ") for line in lines if line.startswith("branch ")}

    def config(self, name: str) -> str | None:
        """Return a configuration value."""
        result = self.run("config", "--get", name)
        return result.text if result.returncode == 0 else None

    @cached_property
    def identity(self) -> Identity:
        """Who commits here: git's own answer, or the fallback where it has none."""
        result = self.run("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
        if result.returncode:
            return self.fallback
        name, _, rest = result.text.partition(" <")
        return Identity(name, rest.partition(">")[0])

    # Writing objects: they are invisible until a ref leads to them

    def write_blobs(self, contents: Sequence[bytes]) -> list[str]:
        """Store *contents* as blobs and return their ids, in one git process."""
        if not contents:
            return []
        with tempfile.TemporaryDirectory(prefix="sfn-release-") as folder:
            paths = []
            for number, content in enumerate(contents):
                path = Path(folder, str(number))
                path.write_bytes(content)
                paths.append(str(path))
            listing = "\n".join(paths) + "\n"
            return self.ok(
                *_WRITING, "hash-object", "-w", "--no-filters", "--stdin-paths",
                stdin=listing.encode(),
            ).text.split("\n")  # fmt: skip

    def write_tree(self, entries: Mapping[str, tuple[str, str, str]]) -> str:
        """Store a folder of ``{name: (mode, type, object id)}`` and return its id."""
        listing = "".join(
            f"{mode} {kind} {_checked(object_id)}\t{name}\0"
            for name, (mode, kind, object_id) in entries.items()
        )
        return self.ok(*_WRITING, "mktree", "-z", stdin=listing.encode("utf-8")).text

    def write_commit(
        self, tree: str, parent: str | None, message: str, *, by: Identity, at: datetime
    ) -> str:
        """Store a commit of *tree* on *parent* and return its id."""
        parents = ["-p", _checked(parent)] if parent else []
        return self.ok(
            *_WRITING, "-c", "commit.gpgSign=false",
            "commit-tree", _checked(tree), *parents, "-F", "-",
            stdin=message.encode(),
            env=_signature(by, at),
        ).text  # fmt: skip

    def write_tag(self, name: str, commit: str, message: str, *, by: Identity, at: datetime) -> str:
        """Store an annotated tag object on *commit* and return its id; no ref is written."""
        text = (
            f"object {_checked(commit)}\ntype commit\ntag {name}\n"
            f"tagger {by} {int(at.timestamp())} +0000\n\n{message}"
        )
        return self.ok(*_WRITING, "mktag", stdin=text.encode()).text

    def complete(self, new: str, old: str | None) -> None:
        """Raise GitError unless every object that *new* adds to *old* is really stored.

        A concurrent ``git gc --prune=now`` may have taken one, and git would not notice.
        """
        exclude = ["--not", _checked(old)] if old else []
        self.ok("rev-list", "--objects", "--quiet", _checked(new), *exclude)

    # Writing refs: compare-and-swap, here and on a remote

    def update_refs(self, updates: Iterable[RefUpdate]) -> None:
        """Move refs together, each only from the value that was read.

        Raises RefMovedError when one has moved, GitError for anything else.
        """
        updates = tuple(updates)
        commands = "start\n"
        for update in updates:
            if update.old is None:
                commands += f"create {update.ref} {_checked(update.new)}\n"
            else:
                commands += f"update {update.ref} {_checked(update.new)} {_checked(update.old)}\n"
        commands += "prepare\ncommit\n"
        result = self.run(*_WRITING, "update-ref", "--stdin", stdin=commands.encode())
        if result.returncode == 0:
            return
        now = self.refs(*(update.ref for update in updates))
        if all(now.get(update.ref) == update.new for update in updates):
            return
        if any(now.get(update.ref) != update.old for update in updates):
            raise RefMovedError("A ref moved while it was written.", why=result.stderr.strip())
        raise _failed("update-ref", result)

    def delete_ref(self, ref: str, old: str) -> None:
        """Delete a local ref if it still is *old*."""
        self.ok(*_WRITING, "update-ref", "-d", ref, _checked(old))

    def remotes(self) -> list[str]:
        """Return the names of the remotes."""
        return self.ok("remote").text.split()

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
            *_WRITING, "fetch", "--no-tags", "--no-write-fetch-head", "--quiet",
            "--recurse-submodules=no", "--", remote,
            *(f"{theirs}:{ours}" for theirs, ours in refs.items()),
        )  # fmt: skip
        if result.returncode == 0:
            return
        if "non-fast-forward" in result.stderr:
            raise RefMovedError("A ref of the remote was rewritten.", why=result.stderr.strip())
        raise _failed("fetch", result)

    def push(self, remote: str, updates: Sequence[RefUpdate], *, atomic: bool = True) -> None:
        """Move refs of a remote, each only from the value that was read; never forced.

        Raises RefMovedError when one has moved on the remote, GitError for anything else. A reply
        that was lost is no failure: what the remote holds decides.
        """
        leases = [f"--force-with-lease={update.ref}:{update.old or ''}" for update in updates]
        result = self.run(
            *_WRITING, "push", "--porcelain", "--no-verify", "--no-follow-tags", "--quiet",
            "--no-signed", "--recurse-submodules=no", *(["--atomic"] if atomic else []), *leases,
            "--", remote, *(f"{_checked(update.new)}:{update.ref}" for update in updates),
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

    # Running git

    def run(
        self, *arguments: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> Result:
        """Run git here and return what it answered, whatever it was."""
        return _run(self.root, arguments, stdin=stdin, env=env)

    def ok(
        self, *arguments: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> Result:
        """Run git here; a failure is a GitError with git's words."""
        result = self.run(*arguments, stdin=stdin, env=env)
        if result.returncode:
            name = next(
                word
                for index, word in enumerate(arguments)
                if not word.startswith("-") and (index == 0 or arguments[index - 1] != "-c")
            )
            raise _failed(name, result)
        return result


def valid_ref(ref: str) -> bool:
    """Tell whether git takes *ref* (a full one) as a name; git's own rules, without running it."""
    bad = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|[/.]$|^/|^@$")
    return bool(ref) and not bad.search(ref)


def _run(
    directory: Path,
    arguments: Sequence[str],
    *,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
) -> Result:
    git = _gitpython()
    scrubbed = [name for name in _SCRUBBED if name in os.environ]
    prefix = ["env", *(word for name in scrubbed for word in ("-u", name))] if scrubbed else []
    with tempfile.TemporaryFile() as file:  # GitPython wants a real file for standard input
        if stdin is not None:
            file.write(stdin)
            file.seek(0)
        try:
            returncode, stdout, stderr = git.Git(str(directory)).execute(
                [*prefix, "git", *arguments],
                istream=file if stdin is not None else None,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                env={"GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", **(env or {})},
            )
        except git.GitCommandNotFound as error:
            if not directory.is_dir():
                raise NotFoundError(f"{directory} is not a folder.") from error
            raise _no_git() from error
    return Result(int(returncode), stdout, stderr)


def _gitpython() -> Any:
    try:
        import git
    except ImportError as error:
        raise _no_git() from error
    return git


def _no_git() -> GitError:
    return GitError(
        "git was not found on this machine.",
        fix="Releases live in Git: install it from https://git-scm.com/ and put it on PATH.",
    )


def _failed(command: str, result: Result) -> GitError:
    words = result.stderr.strip() or result.text.strip() or f"exit code {result.returncode}"
    fix = ""
    if "safe.directory" in words:
        fix = "Git does not trust this folder's owner; its own advice is above."
    elif "Read-only file system" in words or "Permission denied" in words:
        fix = "The Git folder must be writable."
    elif ".lock" in words and "exists" in words:
        fix = "A killed git left a lock. Make sure that no git runs here, then remove that file."
    return GitError(f"`git {command}` failed.", why=words, fix=fix)


def _checked(object_id: str | None) -> str:
    """Return an object id after making sure that it is one."""
    if object_id is None or not _OBJECT_ID.fullmatch(object_id):
        raise GitError(f"{object_id!r} is not an object id.")
    return object_id


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
