"""The refs of this clone: reading them, and writing them by compare-and-swap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sfn_release.errors import SfnReleaseError
from sfn_release.ledger.git.command import Result, checked, failure
from sfn_release.ledger.git.ref_locks import clear, write_lock
from sfn_release.ledger.git.repository import WRITING, Repository


class RefMovedError(SfnReleaseError):
    """A ref has another value than the caller has read: read it again and retry."""

    code = "E_CONFLICT"


@dataclass(frozen=True)
class RefUpdate:
    """Set *ref* to *new* if it still is *old*; an *old* of None means that it must not exist."""

    ref: str
    new: str
    old: str | None


@dataclass(frozen=True)
class RefStore:
    """The refs of a *repository*."""

    repository: Repository

    def find(self, *patterns: str) -> dict[str, str]:
        """Return ``{ref: object id}`` below *patterns*; a tag appears as ``ref^{}`` too, peeled."""
        lines = self.repository.ok(
            "for-each-ref", "--format=%(objectname) %(refname) %(*objectname)", "--", *patterns
        ).text
        found = {}
        for line in lines.splitlines():
            object_id, ref, *peeled = line.split(" ")
            found[ref] = object_id
            if peeled and peeled[0]:
                found[ref + "^{}"] = peeled[0]
        return found

    def update(self, updates: Sequence[RefUpdate]) -> None:
        """Move refs together, each only from the value that was read.

        Raises RefMovedError when one has moved, GitError for anything else.
        """
        commands = "start\n"
        for update in updates:
            if update.old is None:
                commands += f"create {update.ref} {checked(update.new)}\n"
            else:
                commands += f"update {update.ref} {checked(update.new)} {checked(update.old)}\n"
        commands += "prepare\ncommit\n"
        result = self._write([update.ref for update in updates], commands)
        if result.returncode == 0:
            return
        now = self.find(*(update.ref for update in updates))
        if all(now.get(update.ref) == update.new for update in updates):
            return
        if any(now.get(update.ref) != update.old for update in updates):
            raise RefMovedError("A ref moved while it was written.", why=result.stderr.strip())
        raise failure("update-ref", result)

    def delete(self, ref: str, old: str) -> None:
        """Delete a ref if it still is *old*."""
        result = self._write([ref], f"delete {ref} {checked(old)}\n")
        if result.returncode:
            raise failure("update-ref", result)

    def _write(self, refs: Sequence[str], commands: str) -> Result:
        """Run *commands* of `update-ref --stdin` that write *refs*, while no other process does.

        Lock files that a killed git left on these refs are removed, with a message.
        """
        folder = self.repository.common_dir
        with write_lock(folder) as lock:
            while True:
                result = self.repository.run(
                    *WRITING, "update-ref", "--stdin",
                    stdin=commands.encode(), inherited=lock.inherited,
                )  # fmt: skip
                locked = result.returncode and ".lock" in result.stderr
                if not locked or not clear(folder, refs, lock, self.repository.remote_timeout.say):
                    return result
