"""Releases from before there was a remote, which are still in this clone only."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from sfn_release.errors import ConflictError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.tag_checks import releases_text
from sfn_release.operations.workspace import Workspace

_LISTED = 5  # tags in a command; more are written as a pattern


@dataclass(frozen=True)
class UnsharedLedger:
    """The ledger of this clone, which *remote* doesn't have.

    *tagged* are the releases among *versions* whose tag is on the remote all the same: other clones
    see these tags, and can't use the releases. *command* pushes the ledger and the tags.
    """

    remote: str
    versions: tuple[str, ...]
    tagged: tuple[str, ...]
    command: str

    @property
    def message(self) -> str:
        """The place of the releases, as a sentence without its full stop."""
        are = "is" if len(self.versions) == 1 else "are"
        return (
            f"{self.remote} doesn't have the ledger: {releases_text(self.versions)} {are} in this"
            " clone only"
        )

    @property
    def line(self) -> str:
        """The message with the command."""
        return f"{self.message}. Share the ledger:  {self.command}"

    @property
    def error(self) -> ConflictError:
        """The error for tags on the remote without the ledger."""
        return ConflictError(
            f"{self.remote} has the tags of {releases_text(self.tagged)}, but not the ledger.",
            why="The releases were published before there was a remote, and only their tags were"
            " pushed. Other clones can't use them, and refuse to publish.",
            fix=f"Push the ledger too:  {self.command}",
        )


def unshared_ledger(workspace: Workspace, snapshot: Snapshot) -> UnsharedLedger | None:
    """Return the releases that only this clone has, None if the remote has the ledger.

    None too if there is no remote, or it wasn't reached. Raises TamperedError.
    """
    ledger, layout = workspace.ledger, workspace.ledger.layout
    remote = ledger.remote
    if remote is None or snapshot.warning or layout.releases_ref not in snapshot.kept:
        return None
    manifests = [
        manifest
        for manifest in ledger.releases.manifests(snapshot)
        if manifest.version not in snapshot.trials
    ]
    tags = [layout.tag_ref(manifest.version) for manifest in manifests if not manifest.found]
    missing = [tag for tag in tags if tag not in snapshot.tags]
    refs = sorted(ref for ref in snapshot.kept if layout.is_public(ref))
    refs += missing[::-1] if len(missing) <= _LISTED else [layout.tag_ref("*")]
    return UnsharedLedger(
        remote,
        tuple(manifest.version for manifest in manifests),
        tuple(
            manifest.version
            for manifest in manifests
            if layout.tag_ref(manifest.version) in snapshot.tags
        ),
        shlex.join(["git", "push", "--atomic", remote, *refs]),
    )
