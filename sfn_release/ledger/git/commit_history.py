"""The history of a repository: the commits before a commit, and their messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sfn_release.ledger.git.command import checked
from sfn_release.ledger.git.repository import Repository


@dataclass(frozen=True)
class CommitHistory:
    """The commits of a *repository*, in their order."""

    repository: Repository
    _logs: dict[tuple[str, tuple[str, ...]], tuple[int | None, list[tuple[str, str]]]] = field(
        default_factory=dict, compare=False
    )
    """The longest answers of `log`, and their limits. The history of a commit never changes."""

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
        asked = tip, tuple(grep)
        known, found = self._logs.get(asked, (0, []))
        if known is not None and (limit is None or limit > known):
            found = self._log(tip, limit, grep)
            self._logs[asked] = limit, found
        return found[:limit]

    def _log(self, tip: str, limit: int | None, grep: Sequence[str]) -> list[tuple[str, str]]:
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

    def line(self, tip: str, since: str) -> list[str] | None:
        """Return the commits of *tip* that follow *since*, oldest first.

        None unless they are a single line that starts at *since*: no merge, and nothing rewritten.
        """
        if tip == since:
            return []
        listed = self.repository.run("rev-list", "--parents", checked(tip), f"^{checked(since)}")
        commits = [] if listed.returncode else [row.split() for row in listed.text.splitlines()]
        expected = tip
        for commit, *parents in commits:
            if commit != expected or len(parents) != 1:
                return None
            (expected,) = parents
        return [commit for commit, _ in commits][::-1] if expected == since else None

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Return whether *older* is *newer* or one of its ancestors."""
        return (
            self.repository.run(
                "merge-base", "--is-ancestor", checked(older), checked(newer)
            ).returncode
            == 0
        )
