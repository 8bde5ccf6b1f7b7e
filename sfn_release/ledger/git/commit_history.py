"""The history of a repository: the commits before a commit, and their messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sfn_release.ledger.git.command import checked
from sfn_release.ledger.git.repository import Repository


@dataclass(frozen=True)
class CommitHistory:
    """The commits of a *repository*, in their order."""

    repository: Repository

    def head(self) -> str | None:
        """Return the id of HEAD, None before the first commit."""
        return self.commit_id("HEAD")

    def commit_id(self, name: str) -> str | None:
        """Return the id of the commit *name* (a full ref, HEAD or an id), None if there is none."""
        result = self.repository.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"
        )
        return result.text if result.returncode == 0 else None

    def author(self, commit: str) -> str | None:
        """Return a commit's author and date, ``Ann <ann@x.org>, 2026-03-01``; None if unknown."""
        result = self.repository.run(
            "log", "-1", "--format=%an <%ae>, %as", "--end-of-options", checked(commit), "--"
        )
        return result.text if result.returncode == 0 else None

    def log(
        self, tip: str, *, limit: int | None = None, grep: Sequence[str] = ()
    ) -> list[tuple[str, str]]:
        """Return ``(commit id, subject)`` from *tip* back, newest first.

        *grep* are literal lines; only commits with all of them in their messages are returned.
        """
        literal = [re.sub(r"([\][.*^$\\])", r"\\\1", line) for line in grep]
        patterns = [f"--grep=^{line}$" for line in literal]
        count = [f"--max-count={limit}"] if limit is not None else []
        output = self.repository.ok(
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

    def ancestors(self, commits: Sequence[str]) -> list[str]:
        """Return *commits* and everything before them; commits that this clone lacks are skipped.

        They are read from standard input, so there may be any number.
        """
        wanted = "".join(f"{checked(commit)}\n" for commit in commits).encode()
        answer = self.repository.ok("rev-list", "--ignore-missing", "--stdin", stdin=wanted)
        return answer.text.split()

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Return whether *older* is *newer* or one of its ancestors."""
        return (
            self.repository.run(
                "merge-base", "--is-ancestor", checked(older), checked(newer)
            ).returncode
            == 0
        )
