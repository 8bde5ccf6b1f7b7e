"""The releases of a ledger that have one workflow, and the work tree, as candidates of a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import dumps
from sfn_release.errors import DefinitionError, NotFoundError, SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.operations.verbs.build import build_work_tree
from sfn_release.operations.workspace import Workspace
from sfn_release.release.manifest import Manifest
from sfn_release.release.release import Release
from sfn_release.release.version import Precedence, parse_version
from sfn_release.testing.bisection import Candidate
from sfn_release.text import did_you_mean

_STARTS_WORKFLOWS = ("${workflow:", "states:startExecution", "aws-sdk:sfn:")
"""Parts of definitions that start other workflows, of the same release."""


@dataclass(frozen=True)
class BisectedRelease:
    """A release that has the workflow, or the work tree (*version* None).

    *manifest* is None for the work tree. *yanked* releases count like others.
    """

    version: str | None
    commit: str | None
    manifest: Manifest | None
    yanked: bool = False

    @property
    def label(self) -> str:
        """How messages name it."""
        return self.version or "the work tree"


class WorkflowReleases:
    """The releases and the work tree, as far as they have one workflow."""

    def __init__(self, workspace: Workspace, workflow: str, snapshot: Snapshot) -> None:
        self.workspace = workspace
        self.workflow = workflow
        self.snapshot = snapshot
        self.tree: Mapping[str, Declaration] = {}
        self.notes: list[str] = []
        self._starting: dict[str, bool] = {}
        self._released: Mapping[str, Release] = {}

    def candidates(self, good: str | None, bad: str | None) -> list[Candidate[BisectedRelease]]:
        """Return the releases from *good* to *bad*, old to new, and the work tree at the end."""
        releases = self.workspace.ledger.releases
        yanks = releases.yanked(self.snapshot)
        self._released = releases.releases(self.snapshot)
        manifests = [self._released[version].manifest for version in self._versions()]
        self._read_tree()
        having = [manifest for manifest in manifests if self.workflow in manifest.workflows]
        if not having and self.workflow not in self.tree:
            self._refuse_unknown(manifests)
        places = [self._place(version, having) for version in (good, bad) if version is not None]
        first = 0 if good is None else min(places)
        last = len(having) - 1 if bad is None else max(places)
        found = [
            Candidate(
                BisectedRelease(
                    manifest.version,
                    None if manifest.found else manifest.commit,
                    manifest,
                    yanks.of(manifest.version, manifest.release_digest) is not None,
                ),
                self._key(manifest),
            )
            for manifest in having[first : last + 1]
        ]
        if bad is None and self.workflow in self.tree:
            self._add_tree(found, having[-1] if having else None)
        return found

    def _versions(self) -> list[str]:
        return sorted(self._released, key=Precedence)

    def _add_tree(self, found: list[Candidate[BisectedRelease]], newest: Manifest | None) -> None:
        """Add the work tree, unless its workflow is that of the newest release."""
        digest = self.tree[self.workflow].digest
        if newest is None or newest.workflows[self.workflow].digest != digest:
            found.append(Candidate(BisectedRelease(None, None, None), f"tree {digest}"))

    def _read_tree(self) -> None:
        refused: dict[str, DefinitionError] = {}
        try:
            built = build_work_tree(self.workspace, refused).declarations
        except SfnReleaseError as error:
            self.notes.append(f"The work tree was left out: {error.message}")
            return
        self.tree = {declaration.name: declaration for declaration in built}
        if self.workflow in refused:
            self.notes.append(f"The work tree was left out: {refused[self.workflow].message}")

    def _refuse_unknown(self, manifests: list[Manifest]) -> None:
        known = sorted(
            {name for manifest in manifests for name in manifest.workflows} | {*self.tree}
        )
        raise NotFoundError(
            f"No release and not the work tree has a workflow {self.workflow!r}.",
            why=f"There are: {', '.join(known)}." if known else "",
            fix=did_you_mean(self.workflow, known),
        )

    def _place(self, version: str, having: list[Manifest]) -> int:
        """Return the place of a release in the list; raises NotFoundError if it isn't in it."""
        wanted = parse_version(version)
        self.workspace.released(self.snapshot, wanted)  # its error lists the releases
        versions = [manifest.version for manifest in having]
        if wanted not in versions:
            raise NotFoundError(
                f"{wanted} has no workflow {self.workflow!r}.",
                why=f"It is in: {', '.join(versions)}." if versions else "",
            )
        return versions.index(wanted)

    def _key(self, manifest: Manifest) -> str:
        """Return the same key for releases whose runs can't differ."""
        entry = manifest.workflows[self.workflow]
        starts_others = self._starts_others(entry.digest, manifest.version)
        return manifest.release_digest if starts_others else entry.digest

    def _starts_others(self, digest: str, version: str) -> bool:
        """Return whether a content of the workflow starts other workflows of its release."""
        if digest not in self._starting:
            text = dumps(self.declarations(version)[self.workflow].definition)
            self._starting[digest] = any(part in text for part in _STARTS_WORKFLOWS)
        return self._starting[digest]

    def every_workflow(self) -> dict[str, Declaration]:
        """Return the newest declaration of each workflow that a release or the work tree has."""
        found: dict[str, Declaration] = {}
        for version in [*self._versions(), None]:
            found |= self.declarations(version)
        return found

    @cache  # noqa: B019 - a history lives as long as its command
    def declarations(self, version: str | None) -> Mapping[str, Declaration]:
        """Return the workflows of a release, or of the work tree, with the mock files of today."""
        if version is None:
            return self.tree
        declared = self._released[version].declarations
        return {
            name: replace(declaration, source=self.tree[name].source)
            if name in self.tree
            else declaration
            for name, declaration in declared.items()
        }
