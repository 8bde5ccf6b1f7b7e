"""Verifies releases: the ledger's entries, their tags, their source commits and definitions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import short
from sfn_release.errors import TamperedError
from sfn_release.ledger import Ledger, Snapshot
from sfn_release.ledger.tag_checks import TagRefs, target
from sfn_release.operations.verification import Check
from sfn_release.operations.verify_refs import tag_checks
from sfn_release.operations.workspace import Workspace
from sfn_release.release.ledger_files import definition_path
from sfn_release.release.manifest import Manifest, ManifestEntry, read_manifest
from sfn_release.release.release import read_declaration
from sfn_release.release.version import is_version
from sfn_release.text import count

_AT_ONCE = 100  # manifests


def release_entries(
    workspace: Workspace, snapshot: Snapshot
) -> tuple[dict[str, str], dict[str, Manifest], list[Check]]:
    """Return the ledger's commits and manifests by version, and their problems."""
    ledger = workspace.ledger
    tip = snapshot.refs.get(ledger.layout.releases_ref)
    entries = [(commit, subject) for commit, subject in ledger.git.history.log(tip)] if tip else []
    entries += [(commit, f"release {version}") for version, commit in snapshot.trials.items()]
    commits: dict[str, str] = {}
    manifests: dict[str, Manifest] = {}
    wrong = []
    entries.reverse()
    contents = _manifests(ledger, [commit for commit, _ in entries])
    for (commit, subject), content in zip(entries, contents, strict=True):
        version = subject.removeprefix("release ")
        try:
            manifests[version] = _entry(ledger, commit, subject, content, commits)
        except TamperedError as error:
            wrong.append(Check(version, "the ledger's entry", error))
    return commits, manifests, wrong


def _manifests(ledger: Ledger, commits: Sequence[str]) -> Iterator[bytes | None]:
    """Yield the manifest of each of *commits*, without holding all of them in memory."""
    for start in range(0, len(commits), _AT_ONCE):
        page = commits[start : start + _AT_ONCE]
        yield from ledger.git.objects.read_many([(commit, "manifest.json") for commit in page])


def _entry(
    ledger: Ledger, commit: str, subject: str, content: bytes | None, commits: dict[str, str]
) -> Manifest:
    """Return the manifest of one commit, and add the commit to *commits* by version."""
    where = f"{ledger.layout.releases_ref} ({commit[:12]})"
    version = subject.removeprefix("release ")
    if f"release {version}" != subject or not is_version(version):
        raise TamperedError(f"{where} isn't the commit of a release: {subject!r}.")
    if commits.setdefault(version, commit) != commit:
        raise TamperedError(
            f"{where} and {commits[version][:12]} both claim to be {version}: the later one"
            " is forged."
        )
    manifest = read_manifest(content, where=where)
    if (manifest.version, manifest.project) != (version, ledger.layout.project):
        raise TamperedError(
            f"{where} should be {version}, but holds {manifest.version} of {manifest.project}."
        )
    return manifest


@dataclass(frozen=True)
class ReleaseChecks:
    """Verifies the releases of a *workspace*: *commits* and *manifests* by version.

    *tags* are all tags, *texts* the texts of the releases' tags. Only the definitions of the
    *unverified* ledger commits are read: an earlier `verify` read the others.
    """

    workspace: Workspace
    snapshot: Snapshot
    commits: Mapping[str, str]
    manifests: Mapping[str, Manifest]
    tags: TagRefs
    texts: Mapping[str, str]
    unverified: Collection[str]
    _agreed: dict[str, tuple[str, ManifestEntry]] = field(default_factory=dict)
    """The last definition of each workflow that agreed with its entry: its Git id, and the entry.
    Most workflows are the same in the next release."""

    def checks(self, version: str) -> Iterator[Check]:
        """Yield the checks of one release: its tag, source and definitions."""
        commit, manifest = self.commits[version], self.manifests[version]
        yield Check(
            version,
            f"the ledger's entry {commit[:12]}, release digest {short(manifest.release_digest)}",
        )
        if manifest.found is not None:
            text = f"it was adopted in {manifest.found}, so it has no tag and no source"
            yield Check(version, text)
        else:
            yield from self._source(manifest)
        if commit not in self.unverified:
            workflows = count(len(manifest.workflows), "workflow")
            yield Check(version, f"{workflows}: verified before")
        else:
            yield from self._definitions(version, commit, manifest)

    def _definitions(self, version: str, commit: str, manifest: Manifest) -> Iterator[Check]:
        objects = self.workspace.git.objects
        where = f"{self.workspace.ledger.layout.releases_ref} ({commit[:12]})"
        folder = {
            f"definitions/{name}": object_id
            for name, (_, _, object_id) in objects.tree(commit, "definitions").items()
        }
        for name, entry in manifest.workflows.items():
            path = definition_path(name)
            try:
                if path not in folder or self._agreed.get(name) != (folder[path], entry):
                    files = {path: objects.read(commit, path)}
                    declaration = read_declaration(manifest, name, files, where=where)
                    _check_definition(declaration, entry, where)
                    if path in folder:
                        self._agreed[name] = folder[path], entry
                _check_since(self.manifests, name, entry, where)
            except TamperedError as error:
                yield Check(version, name, error)
            else:
                yield Check(version, f"{name} {short(entry.digest)}")
        for path in sorted({*folder} - {definition_path(name) for name in manifest.workflows}):
            message = f"{where} contains {path}, which isn't in its manifest."
            yield Check(version, path, TamperedError(message))

    def _source(self, manifest: Manifest) -> Iterator[Check]:
        """Yield the checks of one release's tag and source commit."""
        ledger, version = self.workspace.ledger, manifest.version
        is_trial = version in self.snapshot.trials
        kept = ledger.layout.releases_ref in self.snapshot.kept  # its tag may be, too
        shared = ledger.remote is not None and not is_trial and not kept
        if is_trial and ledger.remote is not None:
            yield Check(version, "a local trial: it gets a tag when it is released")
        else:
            yield from tag_checks(manifest, self.tags, self.texts, shared=shared)
        source = f"the source commit {manifest.commit[:12]}"
        if manifest.commit in self._sources:
            yield Check(version, f"{source} is in this clone")
        elif target(self.tags.of(shared=shared), f"refs/tags/{manifest.tag}") == manifest.commit:
            yield Check(version, f"{source} is on {ledger.remote}")
        else:
            yield Check(
                version,
                source,
                TamperedError(
                    f"The source commit {manifest.commit[:12]} of {version} was not found.",
                    why="It isn't in this clone, and the release's tag doesn't point to it.",
                    fix="Fetch the branch that contains it, and run this again.",
                ),
            )

    @cached_property
    def _sources(self) -> set[str]:
        """The source commits of releases that this clone has."""
        sources = {manifest.commit for manifest in self.manifests.values() if not manifest.found}
        return self.workspace.git.objects.commits_among(sources)


def _check_definition(declaration: Declaration, entry: ManifestEntry, where: str) -> None:
    """Raise TamperedError for a wrong definition digest."""
    if declaration.definition_digest != entry.definition_digest:
        raise TamperedError(
            f"{where}: the definition of {declaration.name} doesn't have its digest.",
            why=f"The manifest says {short(entry.definition_digest)}, but it is"
            f" {short(declaration.definition_digest)}.",
        )


def _check_since(
    manifests: Mapping[str, Manifest], name: str, entry: ManifestEntry, where: str
) -> None:
    """Raise TamperedError for a wrong ``since``."""
    since = manifests.get(entry.since)
    if since is not None and (
        name not in since.workflows or since.workflows[name].digest != entry.digest
    ):
        raise TamperedError(
            f"{where}: {name} should be unchanged since {entry.since}, but differs there."
        )
