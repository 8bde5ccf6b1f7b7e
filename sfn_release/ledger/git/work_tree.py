"""The work tree of a repository: what is checked out, and what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sfn_release.ledger.git.repository import Repository


@dataclass(frozen=True)
class WorkTree:
    """The work tree of a *repository*."""

    repository: Repository

    def changes(self, paths: Sequence[str], *, untracked: Sequence[str]) -> list[str]:
        """Return the files in *paths* that differ from HEAD, hidden ones too, a line for each.

        An untracked file counts if it is one of *untracked* or below one. The lines are for people:
        ``workflows/hello.py (modified)``.
        """
        status = self.repository.ok(
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
        hidden = self.repository.ok("ls-files", "-v", "-z", "--full-name", "--", *paths).stdout
        for line in hidden.decode("utf-8", "surrogateescape").split("\0"):
            if line[:1] == "S":
                found[line[2:]] = "hidden by skip-worktree"
            elif line[:1].islower():
                found[line[2:]] = "hidden by assume-unchanged"
        return [f"{path} ({change})" for path, change in sorted(found.items())]

    def checked_out(self) -> set[str]:
        """Return the branches (full refs) that are checked out in any work tree."""
        lines = self.repository.ok("worktree", "list", "--porcelain").text.splitlines()
        return {line.removeprefix("branch ") for line in lines if line.startswith("branch ")}


def _is_below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
