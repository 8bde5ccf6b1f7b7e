"""The next version: the bump that the changes since the last release ask for, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.release_changes import WorkflowSet, release_changes
from sfn_release.comparison.semantic_change import CLASS_TEXTS, SemanticChange
from sfn_release.comparison.version_bump import (
    BUMPS,
    bump_of,
    least_version,
    needed_bump,
)
from sfn_release.ledger import Snapshot
from sfn_release.operations.workspace import Workspace
from sfn_release.release.release import Release
from sfn_release.release.version import (
    Part,
    Precedence,
    is_found,
    is_initial,
    raised,
    without_prerelease,
)

ProposedBump = Literal["major", "minor", "patch", "none", "first"]
_FIRST: Final[Mapping[Part, str]] = {"major": "1.0.0", "minor": "0.1.0", "patch": "0.0.1"}


@dataclass(frozen=True)
class VersionProposal:
    """The version to publish next.

    *last* is the highest release that isn't yanked, None before the first release. If nothing has
    changed since, *bump* is ``none``, and *version* is *last*. *changes* are the changes since
    *last*, the most serious first. *needed* is the bump that the changes require, which you can
    overrule.
    """

    version: str
    bump: ProposedBump
    last: str | None
    needed: ProposedBump
    changes: tuple[SemanticChange, ...] = ()

    @property
    def reasons(self) -> list[str]:
        """The reasons as sentences."""
        if self.last is None:
            return ["This is the first release."]
        if not self.changes:
            return [f"Nothing changed since {self.last}."]
        lines = [reason_text(change) for change in self.changes]
        initial = is_initial(self.last) and bump_of(self.changes[0]) == "major"
        note = "Below 1.0.0, a change that breaks callers raises the minor version."
        return [*lines, *([note] if initial else [])]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form: ``version, bump, reasons``, and the changes."""
        return {
            "version": self.version,
            "bump": self.bump,
            "needed": self.needed,
            "last": self.last,
            "reasons": self.reasons,
            "semantic_changes": [change.to_json() for change in self.changes],
        }


def propose(
    workspace: Workspace,
    snapshot: Snapshot,
    new: WorkflowSet[Declaration],
    part: Part | None = None,
) -> VersionProposal:
    """Return the next version for the workflows *new*. *part* overrules the changes.

    A version that is taken, by a yanked release for example, is skipped. Raises TamperedError.
    """
    versions = workspace.ledger.releases.versions(snapshot)
    last = _last(workspace, snapshot, versions)
    if last is None:
        first = _free(_FIRST[part or "minor"], part or "minor", versions)
        return VersionProposal(first, "first", None, "first")
    old = workspace.released(snapshot, last)
    changes = _ordered(
        release_changes(
            WorkflowSet(old.declarations, old.schemas),
            new,
            first_names=workspace.project.first_names,
        ).values()
    )
    needed = needed_bump(changes, last)
    if needed == "none":
        return VersionProposal(last, "none", last, "none")
    bump = part or needed
    return VersionProposal(
        _free(raised(last, bump), bump, versions), bump, last, needed, tuple(changes)
    )


def small_bump_note(workspace: Workspace, snapshot: Snapshot, release: Release) -> str | None:
    """Return a note if the version of a new *release* is lower than its changes call for.

    They are the changes since the highest release below it that isn't yanked.
    """
    limit = Precedence(release.version)
    versions = workspace.ledger.releases.versions(snapshot)
    below = [version for version in versions if Precedence(version) < limit]
    last = _last(workspace, snapshot, below)
    old = workspace.ledger.releases.release(snapshot, last) if last else None
    if last is None or old is None:
        return None
    changes = _ordered(
        release_changes(
            WorkflowSet(old.declarations, old.schemas),
            WorkflowSet(release.declarations, release.schemas),
            first_names=workspace.project.first_names,
        ).values()
    )
    least = least_version(changes, last)
    if Precedence(without_prerelease(release.version)) >= Precedence(least):
        return None
    return (
        f"the changes since {last} call for {least}, not {release.version}:"
        f" {reason_text(changes[0])}"
    )


def reason_text(change: SemanticChange) -> str:
    """Return a change with its workflow and its class, as a reason."""
    return f"{change.workflow}: {change.text} ({CLASS_TEXTS[change.change_class]})"


def _last(workspace: Workspace, snapshot: Snapshot, versions: Iterable[str]) -> str | None:
    """Return the highest of *versions* that was published and isn't yanked."""
    releases = workspace.ledger.releases
    yanks = releases.yanked(snapshot)
    for version in versions:
        manifest = None if is_found(version) else releases.manifest(snapshot, version)
        if manifest is not None and yanks.of(version, manifest.release_digest) is None:
            return version
    return None


def _ordered(changes: Iterable[Iterable[SemanticChange]]) -> list[SemanticChange]:
    found = [change for workflow in changes for change in workflow]
    return sorted(found, key=lambda change: -BUMPS.index(bump_of(change)))


def _free(version: str, part: Part, versions: Iterable[str]) -> str:
    taken = {*versions}
    while version in taken:
        version = raised(version, part)
    return version
