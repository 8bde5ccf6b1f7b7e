"""Looks up the releases that an environment serves: the ledger's entry, tag, commit and rebuild."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sfn_release.errors import SfnReleaseError, TamperedError
from sfn_release.ledger import Snapshot
from sfn_release.operations.proof.evidence import Evidence, ReleaseEvidence
from sfn_release.operations.proof.source_evidence import SourceEvidence
from sfn_release.operations.workspace import Workspace
from sfn_release.release.release import Release

Rebuild = Callable[[Release], Mapping[str, Evidence]]
"""Builds a release again, and returns the evidence for each of its workflows."""


@dataclass(frozen=True)
class ReleaseLookup:
    """Looks up releases, each once.

    *broken* are the errors of the ledger's branches. With *rebuild*, releases are built again.
    """

    workspace: Workspace
    snapshot: Snapshot
    broken: Mapping[str, SfnReleaseError]
    source: SourceEvidence
    rebuild: Rebuild | None
    _found: dict[tuple[str, str], ReleaseEvidence] = field(default_factory=dict)

    def broken_for(self, environment: str) -> dict[str, SfnReleaseError]:
        """Return the error of each broken branch that an environment depends on."""
        ledger = self.workspace.ledger
        lost = ledger.integrity.lost(self.snapshot, environment)
        if lost:  # a branch may have moved while the others were read
            again, _ = ledger.branches.examine()
            lost = ledger.integrity.lost(again, environment)
        return {**lost, **self.broken}

    def release(
        self,
        environment: str,
        version: str,
        digests: Mapping[str, str],
        broken: Mapping[str, SfnReleaseError],
    ) -> ReleaseEvidence:
        """Return the evidence about the release that serves workflows with these *digests*."""
        branch = self.workspace.ledger.layout.releases_ref
        if branch in broken:
            return ReleaseEvidence(version, problem=broken[branch])
        try:
            release = self._release(environment, version, digests)
        except SfnReleaseError as error:
            return ReleaseEvidence(version, problem=error)
        if (version, release.digest) not in self._found:
            self._found[version, release.digest] = self._about(version, release)
        return self._found[version, release.digest]

    def _release(self, environment: str, version: str, digests: Mapping[str, str]) -> Release:
        ledger = self.workspace.ledger
        branch = ledger.layout.releases_ref
        found = ledger.integrity.served_release(self.snapshot, environment, version, digests)
        if found is None:
            raise TamperedError(
                f"The record names {version}, which is not a release.",
                fix=f"`git log {branch}` shows who changed it.",
            )
        return found

    def _about(self, version: str, release: Release) -> ReleaseEvidence:
        manifest, remote = release.manifest, self.workspace.ledger.remote
        found = ReleaseEvidence(version, release)
        if manifest.found is not None:
            return found
        commits = (*self.snapshot.trials.values(), *self.snapshot.yielded.values())
        trial = remote is not None and release.ledger_commit in commits
        tag = None if trial else self.source.tag(manifest)
        commit = self.source.commit(manifest, trial=trial)
        rebuilt = self.rebuild(release) if self.rebuild else {}
        return replace(found, tag=tag, commit=commit, rebuilt=rebuilt)
