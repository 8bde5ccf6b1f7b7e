"""The objects of a repository: files, folders, commits and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sfn_release.ledger.git.command import checked
from sfn_release.ledger.git.object_reader import ObjectReader
from sfn_release.ledger.git.repository import WRITING, Identity, Repository

_PROCESSES = 4  # of git at once
_FOLDER = 50  # files of one folder; above it, reading the folder costs less than their paths
_SHARE = 25  # blobs that one of them writes
_ID_BYTES = {"sha1": 20, "sha256": 32}  # the size of an object id in a folder's object
_KINDS = {"40000": "tree", "160000": "commit"}  # the kind of an object by its mode; else a blob


@dataclass(frozen=True)
class ObjectStore:
    """The objects of a *repository*."""

    repository: Repository

    # Reading

    def read(self, commit: str, path: str) -> bytes | None:
        """Return a file of a commit, None if the commit has no such file."""
        return self.read_many([(commit, path)])[0]

    def read_many(self, files: Sequence[tuple[str, str]]) -> list[bytes | None]:
        """Return many files, by commit and path; None for a missing one.

        For each path, git reads the objects of the folders above. So a folder of which many files
        are wanted is read once, and its files by id: the cost grows with the files.
        """
        places = [(checked(commit), *_split(path)) for commit, path in files]
        wanted = Counter((commit, folder) for commit, folder, _ in places)
        folders = [
            place for place, number in wanted.items() if number > _FOLDER and _fits_line(place[1])
        ]
        listed = dict(zip(folders, self.trees(folders), strict=True))

        def named(commit: str, folder: str, name: str) -> str | None:
            if (commit, folder) in listed:
                _, kind, object_id = listed[commit, folder].get(name, ("", "commit", ""))
                return None if kind == "commit" else object_id
            path = f"{folder}/{name}" if folder else name
            return f"{commit}:{path}" if _fits_line(path) else None

        names = [named(*place) for place in places]
        found = iter(self._objects([name for name in names if name is not None]))
        return [None if name is None else next(found) for name in names]

    def read_back(self, tip: str, path: str, limit: int) -> list[bytes | None]:
        """Return a file of *tip* and of the commits before it, newest first, *limit* at most.

        None stands for a commit without the file.
        """
        names = []
        for distance in range(limit):
            names += [f"{checked(tip)}~{distance}", f"{tip}~{distance}:{path}"]
        found = self._objects(names)
        commits, files = found[::2], found[1::2]
        return [file for commit, file in zip(commits, files, strict=True) if commit is not None]

    def tag_texts(self, object_ids: Sequence[str]) -> list[str | None]:
        """Return the text of each tag object: "" for another object, None for a missing one."""
        return [
            None
            if found is None
            else found.content.decode("utf-8", "replace")
            if found.kind == "tag"
            else ""
            for found in self._reader.read([checked(object_id) for object_id in object_ids])
        ]

    def contents(self, object_ids: Sequence[str]) -> list[bytes | None]:
        """Return the content of each object, None for a missing one, in one git process."""
        return self._objects([checked(object_id) for object_id in object_ids])

    def messages(self, commits: Sequence[str]) -> list[str]:
        """Return the message of each of *commits*; "" for a missing one."""
        contents = self._objects([checked(commit) for commit in commits])
        return [
            (content or b"").partition(b"\n\n")[2].decode("utf-8", "replace")
            for content in contents
        ]

    def commits_among(self, object_ids: Collection[str]) -> set[str]:
        """Return the *object_ids* that are commits of this clone."""
        wanted = sorted(map(checked, object_ids))
        found = self._reader.read(wanted)
        return {
            object_id
            for object_id, stored in zip(wanted, found, strict=True)
            if stored is not None and stored.kind == "commit"
        }

    def tree(self, commit: str, path: str = "") -> dict[str, tuple[str, str, str]]:
        """Return ``{name: (mode, type, object id)}`` of a commit's folder; {} if there is none."""
        return self.trees([(commit, path)])[0]

    def trees(self, folders: Sequence[tuple[str, str]]) -> list[dict[str, tuple[str, str, str]]]:
        """Return the entries of many folders, by commit and path, as `tree` does."""
        names = [
            f"{checked(commit)}:{path}" if path else f"{checked(commit)}^{{tree}}"
            for commit, path in folders
        ]
        size = _ID_BYTES[self.repository.object_format]
        return [
            _tree_entries(found.content, size) if found and found.kind == "tree" else {}
            for found in self._reader.read(names)
        ]

    def paths(self, commit: str) -> list[str]:
        """Return the paths of all files of a commit; [] if there is no such commit."""
        result = self.repository.run("ls-tree", "-r", "-z", "--name-only", checked(commit))
        listed = result.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
        return [] if result.returncode else listed

    def _objects(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the content of each named object, None for a missing one."""
        return [found.content if found else None for found in self._reader.read(names)]

    def rest(self) -> None:
        """End the git process that reads, until the next reading: do so before a fork."""
        self._reader.rest()

    @cached_property
    def _reader(self) -> ObjectReader:
        return ObjectReader(self.repository.root)

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


def _tree_entries(content: bytes, size: int) -> dict[str, tuple[str, str, str]]:
    """Read a folder's object: mode, name and binary id of each entry, as `git ls-tree` shows it."""
    entries = {}
    at = 0
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _, name = content[at:end].decode("utf-8", "surrogateescape").partition(" ")
        at = end + 1 + size
        kind = _KINDS.get(mode, "blob")
        entries[name] = (mode.rjust(6, "0"), kind, content[end + 1 : at].hex())
    return entries


def _split(path: str) -> tuple[str, str]:
    """Return the folder of a path, "" for the root, and the name in it."""
    folder, _, name = path.rpartition("/")
    return folder, name


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
