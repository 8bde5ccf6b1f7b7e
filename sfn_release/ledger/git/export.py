"""Writing the files of a commit into folders, byte for byte as they are committed.

`git archive` and checkouts apply attributes (`export-ignore`, `export-subst`, filters, line ends),
which differ from machine to machine and may leave files out. So the blobs are read themselves.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sfn_release.errors import GitError
from sfn_release.ledger.git.command import checked, failure, reading_git
from sfn_release.ledger.git.repository import Repository

_CHUNK = 1 << 20  # bytes of a file in memory at once
_LINK = "120000"
_SUBMODULE = "160000"
_EXECUTABLE = "100755"


@dataclass(frozen=True)
class _TreeEntry:
    mode: str
    object_id: str
    path: str


def export_commit(git: Repository, commit: str, folder: str, roots: Sequence[Path]) -> list[str]:
    """Write the files of a *commit* below *folder* into each of *roots*, which must not exist.

    Executable bits and links are kept. A submodule becomes an empty folder; the paths of the
    submodules are returned.

    Raises GitError for an object that this clone lacks, for a path that the system can't write,
    and for a link that leads out of *folder*.
    """
    entries = _entries(git, commit, folder)
    for root in roots:
        root.mkdir(parents=True)
    made: set[str] = set()
    files = [entry for entry in entries if entry.mode not in {_LINK, _SUBMODULE}]
    links = [entry for entry in entries if entry.mode == _LINK]
    submodules = [entry.path for entry in entries if entry.mode == _SUBMODULE]
    _make_folders(roots, [os.path.dirname(entry.path) for entry in (*files, *links)], made)  # noqa: PTH120 - a path of git
    _make_folders(roots, submodules, made)
    # Links are made last, so that nothing is written through a link.
    targets = _write(git, roots, files, links)
    for link, target in zip(links, targets, strict=True):
        _link(roots, link.path, target)
    return submodules


def _entries(git: Repository, commit: str, folder: str) -> list[_TreeEntry]:
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", f"{checked(commit)}:{folder}")
    if listed.returncode:
        raise failure("ls-tree", listed)
    entries = []
    for line in listed.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        meta, _, path = line.partition("\t")
        mode, _, object_id = meta.split(" ")
        if any(part in {"", ".", ".."} or part.lower() == ".git" for part in path.split("/")):
            raise GitError(
                f"The commit has a path that can't be a file here: {path!r}.",
                fix="Remove it from the repository: a checkout can't create it either.",
            )
        entries.append(_TreeEntry(mode, checked(object_id), path))
    return entries


def _make_folders(roots: Sequence[Path], paths: Iterable[str], made: set[str]) -> None:
    for path in paths:
        if path in made:
            continue
        made.add(path)
        for root in roots:
            with _explained(path):
                (root / path).mkdir(parents=True, exist_ok=True)


def _write(
    git: Repository, roots: Sequence[Path], files: Sequence[_TreeEntry], links: Sequence[_TreeEntry]
) -> list[bytes]:
    """Write *files* in one git process, and return the targets of *links*."""
    targets: list[bytes] = []
    wanted = "".join(f"{entry.object_id}\n" for entry in (*files, *links)).encode()
    with tempfile.TemporaryFile() as stdin:
        stdin.write(wanted)
        stdin.seek(0)
        with reading_git(git.root, ["cat-file", "--batch", "--buffer"], stdin) as stdout:
            for entry in files:
                size = _size(stdout, entry)
                with ExitStack() as stack, _explained(entry.path):
                    mode = 0o755 if entry.mode == _EXECUTABLE else 0o644
                    outputs = [
                        stack.enter_context(_create(root / entry.path, mode)) for root in roots
                    ]
                    _copy(stdout, size, outputs, entry)
            for entry in links:
                targets.append(stdout.read(_size(stdout, entry)))
                stdout.read(1)
    return targets


def _size(stdout: IO[bytes], entry: _TreeEntry) -> int:
    """Read the header of the next object and return its length."""
    header = stdout.readline().split()
    if len(header) != 3 or not header[2].isdigit():  # noqa: PLR2004 - id, type, size
        raise GitError(
            f"The content of {entry.path!r} is not in this clone.",
            why=f"Git's object {entry.object_id} is missing.",
            fix="Fetch it:  git fetch --refetch",
        )
    return int(header[2])


def _create(path: Path, mode: int) -> IO[bytes]:
    """Create a file; refuse an existing one, such as a name that differs in case alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, mode), "wb", buffering=0)


def _copy(stdout: IO[bytes], size: int, outputs: Sequence[IO[bytes]], entry: _TreeEntry) -> None:
    left = size + 1  # a line end follows
    while left > 0:
        chunk = stdout.read(min(left, _CHUNK))
        if not chunk:
            raise GitError(f"Git ended in the middle of {entry.path!r}.")
        left -= len(chunk)
        data = chunk if left else chunk[:-1]
        for output in outputs:
            view = memoryview(data)
            while view:
                view = view[output.write(view) :]


def _link(roots: Sequence[Path], path: str, target: bytes) -> None:
    where = os.fsdecode(target)
    inside = os.path.normpath(os.path.join(os.path.dirname(path), where))  # noqa: PTH118, PTH120
    if os.path.isabs(where) or inside == ".." or inside.startswith("../"):  # noqa: PTH117 - bytes of git
        raise GitError(
            f"The link {path!r} leads out of the project, to {where!r}.",
            why="A release is built from the commit alone.",
            fix="Commit the file itself, or remove the link.",
        )
    for root in roots:
        with _explained(path):
            (root / path).symlink_to(where)


class _explained:  # noqa: N801 - reads as a statement
    """Turn an OSError of the block into a GitError that names *path*."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, OSError):
            raise GitError(
                f"The commit's file {self._path!r} can't be written to build it.",
                why=error.strerror or str(error),
                fix="Names have at most 255 bytes, and on some systems must not differ in case"
                " alone. The disk needs space.",
            ) from error
