"""The releases that the records of an environment name, for verifying those records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfn_release.errors import TamperedError
from sfn_release.ledger import Ledger
from sfn_release.release.ledger_files import definition_path
from sfn_release.release.manifest import Manifest
from sfn_release.release.release import Release, read_declaration
from sfn_release.release.serving import Served


@dataclass(frozen=True)
class EnvironmentReleases:
    """The releases that an environment's events name: *manifests* and ledger *commits* by version.

    *yielded* are local trials whose version another release has taken.
    """

    ledger: Ledger
    commits: Mapping[str, str]
    manifests: Mapping[str, Manifest]
    yielded: Mapping[str, Release]

    def named(self, version: str, release_digest: str) -> Manifest | None:
        """Return the manifest of the release, or the yielded trial, that a record names."""
        trial = self.yielded.get(version)
        if trial is not None and trial.digest == release_digest:
            return trial.manifest
        return self.manifests.get(version)

    def having(self, served: Served, name: str) -> Manifest | None:
        """Return the manifest of the release that a workflow is served from."""
        trial = self.yielded.get(served.version)
        if trial is not None and trial.has_workflows({name: served.digest}):
            return trial.manifest
        return self.manifests.get(served.version)

    def with_workflow(self, manifest: Manifest, name: str) -> Release | None:
        """Return a release with one of its workflows only; None if it can't be read."""
        version = manifest.version
        trial = self.yielded.get(version)
        if trial is not None and trial.manifest == manifest:
            return trial
        commit, path = self.commits[version], definition_path(name)
        files = {path: self.ledger.git.objects.read(commit, path)}
        where = self.ledger.releases.place(commit)
        try:
            own = name in manifest.workflows
            found = {name: read_declaration(manifest, name, files, where=where)} if own else {}
        except TamperedError:
            return None  # it is reported with the release
        return Release(manifest, found, commit)
