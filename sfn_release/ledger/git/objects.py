"""The objects of a repository: files, folders, commits and tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sfn_release.ledger.git.command import checked
from sfn_release.ledger.git.repository import WRITING, Identity, Repository

_PROCESSES = 4  # of git at once
_SHARE = 25  # blobs that one of them writes


@dataclass(frozen=True)
class ObjectStore:
    """The objects of a *repository*."""

    repository: Repository

    # Reading

    def read(self, commit: str, path: str) -> bytes | None:
        """Return a file of a commit, None if the commit has no such file."""
        return self.read_many([(commit, path)])[0]

    def read_many(self, files: Sequence[tuple[str, str]]) -> list[bytes | None]:
        """Return many files, by commit and path, in one git process; None for a missing one."""
        found = iter(
            self._objects(
                [f"{checked(commit)}:{path}" for commit, path in files if _fits_line(path)]
            )
        )
        return [next(found) if _fits_line(path) else None for _, path in files]

    def read_back(self, tip: str, path: str, limit: int) -> list[bytes | None]:
        """Return a file of *tip* and of the commits before it, newest first, *limit* at most.

        None stands for a commit without the file. It takes one git process.
        """
        names = []
        for distance in range(limit):
            names += [f"{checked(tip)}~{distance}", f"{tip}~{distance}:{path}"]
        found = self._objects(names)
        commits, files = found[::2], found[1::2]
        return [file for commit, file in zip(commits, files, strict=True) if commit is not None]

    def tag_texts(self, object_ids: Sequence[str]) -> list[str | None]:
        """Return the text of each tag object: "" for another object, None for a missing one.

        It takes one git process.
        """
        found = self._objects([checked(object_id) for object_id in object_ids])
        return [
            None
            if content is None
            else content.decode("utf-8", "replace")
            if content.startswith(b"object ")
            else ""
            for content in found
        ]

    def contents(self, object_ids: Sequence[str]) -> list[bytes | None]:
        """Return the content of each object, None for a missing one, in one git process."""
        return self._objects([checked(object_id) for object_id in object_ids])

    def messages(self, commits: Sequence[str]) -> list[str]:
        """Return the message of each of *commits*, in one git process; "" for a missing one."""
        contents = self._objects([checked(commit) for commit in commits])
        return [
            (content or b"").partition(b"\n\n")[2].decode("utf-8", "replace")
            for content in contents
        ]

    def object_ids(self, names: Sequence[str]) -> list[str | None]:
        """Return the ids of objects named ``<commit>:<path>``; None for a missing one."""
        wanted = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
        if not names:
            return []
        lines = self.repository.ok("cat-file", "--batch-check", stdin=wanted).text.split("\n")
        return [
            None if line.endswith((" missing", " ambiguous")) else line.split(" ")[0]
            for line in lines
        ]

    def _objects(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the content of each named object, None for a missing one."""
        if not names:
            return []
        wanted = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
        answer = self.repository.ok("cat-file", "--batch", stdin=wanted).stdout
        contents: list[bytes | None] = []
        at = 0
        for _ in names:
            end = answer.index(b"\n", at)
            header = answer[at:end].rsplit(b" ", 2)
            at = end + 1
            if header[-1] in {b"missing", b"ambiguous"}:
                contents.append(None)
                continue
            size = int(header[-1])
            contents.append(answer[at : at + size])
            at += size + 1
        return contents

    def tree(self, commit: str, path: str = "") -> dict[str, tuple[str, str, str]]:
        """Return ``{name: (mode, type, object id)}`` of a commit's folder; {} if there is none."""
        result = self.repository.run("ls-tree", "-z", f"{checked(commit)}:{path}")
        if result.returncode:
            return {}
        entries = {}
        for line in result.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            meta, _, name = line.partition("\t")
            mode, kind, object_id = meta.split(" ")
            entries[name] = (mode, kind, object_id)
        return entries

    def paths(self, commit: str) -> list[str]:
        """Return the paths of all files of a commit; [] if there is no such commit."""
        result = self.repository.run("ls-tree", "-r", "-z", "--name-only", checked(commit))
        listed = result.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
        return [] if result.returncode else listed

    # Writing: an object is invisible until a ref leads to it

    def write_blobs(self, contents: Sequence[bytes]) -> list[str]:
        """Store *contents* as blobs and return their ids.

        Git waits for the disk after each blob. So several git processes share a large number.
        """
        if not contents:
            return []
        import tempfile
        from concurrent.futures import ThreadPoolExecutor

        with tempfile.TemporaryDirectory(prefix="sfn-release-") as folder:
            paths = []
            for number, content in enumerate(contents):
                path = Path(folder, str(number))
                path.write_bytes(content)
                paths.append(str(path))
            shares = [paths[at : at + _SHARE] for at in range(0, len(paths), _SHARE)]
            if len(shares) == 1:
                return self._write_files(paths)
            with ThreadPoolExecutor(min(_PROCESSES, len(shares))) as pool:
                return [blob for blobs in pool.map(self._write_files, shares) for blob in blobs]

    def _write_files(self, paths: Sequence[str]) -> list[str]:
        """Store files as blobs and return their ids, in one git process."""
        listing = "\n".join(paths) + "\n"
        return self.repository.ok(
            *WRITING, "hash-object", "-w", "--no-filters", "--stdin-paths",
            stdin=listing.encode(),
        ).text.split("\n")  # fmt: skip

    def write_tree(self, entries: Mapping[str, tuple[str, str, str]]) -> str:
        """Store a folder of ``{name: (mode, type, object id)}`` and return its id."""
        listing = "".join(
            f"{mode} {kind} {checked(object_id)}\t{name}\0"
            for name, (mode, kind, object_id) in entries.items()
        )
        return self.repository.ok(*WRITING, "mktree", "-z", stdin=listing.encode("utf-8")).text

    def write_commit(
        self,
        tree: str,
        parent: str | None,
        message: str,
        *,
        by: Identity,
        at: datetime,
        sign: bool = False,
    ) -> str:
        """Store a commit of *tree* on *parent* and return its id; raises SigningError."""
        parents = ["-p", checked(parent)] if parent else []
        command = (
            *WRITING, "-c", "commit.gpgSign=false",
            "commit-tree", checked(tree), *parents, *(["-S"] if sign else []), "-F", "-",
        )  # fmt: skip
        text, env = message.encode(), _signature(by, at)
        if not sign:
            return self.repository.ok(*command, stdin=text, env=env).text
        from sfn_release.ledger.git.signing import run_signing

        return run_signing(self.repository, *command, stdin=text, env=env).text

    def write_tag(
        self,
        name: str,
        commit: str,
        message: str,
        *,
        by: Identity,
        at: datetime,
        sign: bool = False,
    ) -> str:
        """Store an annotated tag object on *commit* and return its id; no ref is written.

        Raises SigningError.
        """
        if sign:
            from sfn_release.ledger.git.signing import signed_tag_text

            text = signed_tag_text(
                self.repository, name, checked(commit), message, env=_signature(by, at)
            )
        else:
            text = (
                f"object {checked(commit)}\ntype commit\ntag {name}\n"
                f"tagger {by} {int(at.timestamp())} +0000\n\n{message}"
            ).encode()
        return self.repository.ok(*WRITING, "mktag", stdin=text).text

    def complete(self, new: str, old: str | None) -> None:
        """Raise GitError unless every object that *new* adds to *old* is really stored.

        We check, because git wouldn't notice that a concurrent ``git gc --prune=now`` has removed
        one.
        """
        exclude = ["--not", checked(old)] if old else []
        self.repository.ok("rev-list", "--objects", "--quiet", checked(new), *exclude)


def _fits_line(path: str) -> bool:
    """Return whether git can read *path* from a line, which ends at a CR or LF."""
    return "\n" not in path and not path.endswith("\r")


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
