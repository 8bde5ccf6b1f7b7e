"""Reading a repository: commits, refs, files, and what the work tree has changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sfn_release.ledger.git.command import checked
from sfn_release.ledger.git.export import export
from sfn_release.ledger.git.repository import Repository


class GitReader(Repository):
    """A repository that is read."""

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
        found = iter(
            self._objects(
                [f"{checked(commit)}:{path}" for commit, path in files if _fits_line(path)]
            )
        )
        return [next(found) if _fits_line(path) else None for _, path in files]

    def read_back(self, tip: str, path: str, limit: int) -> list[bytes | None]:
        """Return a file of *tip* and of the commits before it, newest first, *limit* at most.

        None stands for a commit without the file. One git process, however long the history.
        """
        names = []
        for distance in range(limit):
            names += [f"{checked(tip)}~{distance}", f"{tip}~{distance}:{path}"]
        found = self._objects(names)
        commits, files = found[::2], found[1::2]
        return [file for commit, file in zip(commits, files, strict=True) if commit is not None]

    def tag_texts(self, object_ids: Sequence[str]) -> list[str | None]:
        """Return the text of each tag object: "" for another object, None for one that is missing.

        One git process, however many there are.
        """
        found = self._objects([checked(one) for one in object_ids])
        return [
            None
            if content is None
            else content.decode("utf-8", "replace")
            if content.startswith(b"object ")
            else ""
            for content in found
        ]

    def messages(self, commits: Sequence[str]) -> list[str]:
        """Return the message of each of *commits*, in one git process; "" for a missing one."""
        found = self._objects([checked(one) for one in commits])
        return [(one or b"").partition(b"\n\n")[2].decode("utf-8", "replace") for one in found]

    def object_ids(self, names: Sequence[str]) -> list[str | None]:
        """Return the ids of objects named ``<commit>:<path>``; None for what is not there."""
        wanted = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
        if not names:
            return []
        lines = self.ok("cat-file", "--batch-check", stdin=wanted).text.split("\n")
        return [
            None if line.endswith((" missing", " ambiguous")) else line.split(" ")[0]
            for line in lines
        ]

    def _objects(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the content of every object that is named; None for one that does not exist."""
        if not names:
            return []
        wanted = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
        answer = self.ok("cat-file", "--batch", stdin=wanted).stdout
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
        result = self.run("ls-tree", "-z", f"{checked(commit)}:{path}")
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
            "--basic-regexp",
            "--all-match",
            "--format=%H %s",
            *count,
            *patterns,
            checked(tip),
            "--",
        ).stdout.decode("utf-8", "replace")
        return [
            (line[: line.index(" ")], line.partition(" ")[2]) for line in output.split("\0") if line
        ]

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether *older* is *newer* or one of its ancestors."""
        return (
            self.run("merge-base", "--is-ancestor", checked(older), checked(newer)).returncode == 0
        )

    def export(self, commit: str, folder: str, roots: Sequence[Path]) -> list[str]:
        """Write what a commit holds below *folder* into each of *roots*, as it is committed.

        Returns the paths of submodules, which are empty folders there. Raises GitError.
        """
        return export(self, commit, folder, roots)

    def scratch_repository(self, folder: Path) -> Path:
        """Make *folder* a bare repository without an object, of this one's kind; return it."""
        (folder / "refs").mkdir()
        (folder / "objects").mkdir()
        (folder / "HEAD").write_text("ref: refs/heads/none\n", encoding="utf-8")
        (folder / "config").write_text(
            "[core]\n\tbare = true\n\trepositoryFormatVersion = 1\n"
            f"[extensions]\n\tobjectFormat = {self.object_format}\n",
            encoding="utf-8",
        )
        return folder

    def changes(self, paths: Sequence[str], *, untracked: Sequence[str]) -> list[str]:
        """Return what in *paths* differs from HEAD, hidden files included, a line for each.

        A file that git does not know counts when it is one of *untracked* or lies below it. A line
        is for people: ``workflows/hello.py (modified)``.
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
            elif line.startswith("? ") and _is_below(line[2:], untracked):
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


def _is_below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _fits_line(path: str) -> bool:
    """Tell whether git can be asked for *path*: it reads a line, without its CR, for each."""
    return "\n" not in path and not path.endswith("\r")
