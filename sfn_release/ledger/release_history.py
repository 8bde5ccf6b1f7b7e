"""Reading releases, local trials and yanks.

Everything is verified while it is read: edited content is a TamperedError that names the ref and
the commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.errors import TamperedError
from sfn_release.ledger.git import Git
from sfn_release.ledger.layout import Layout
from sfn_release.ledger.snapshot import Snapshot
from sfn_release.release.ledger_files import FOLDERS, definition_path, read_json, schema_path
from sfn_release.release.manifest import Manifest, read_manifest
from sfn_release.release.release import Release, read_declaration, read_release
from sfn_release.release.version import Precedence, is_found, is_version
from sfn_release.release.yank_list import FILE, Yank, Yanks, read_yanks

_MANIFEST = "manifest.json"
_PAGE = 20  # releases in one git process, when the first ones may be enough


@dataclass(frozen=True)
class ReleaseHistory:
    """The releases of a ledger."""

    git: Git
    layout: Layout

    # Releases with their definitions

    def release(self, snapshot: Snapshot, version: str) -> Release | None:
        """Return a release with its definitions, every digest verified; None if there is none.

        Its tag is not compared: `Integrity.refuse_other_tag` does that.
        """
        self._refuse_two(snapshot, version)
        commit = self._commit(snapshot, version)
        return self._release_at(commit, version) if commit else None

    def releases(self, snapshot: Snapshot) -> dict[str, Release]:
        """Return all releases with their definitions by version, every digest verified."""
        commits = self.commits(snapshot)
        manifests = dict(zip(commits, self._manifests_at([*commits.values()]), strict=True))
        files = [
            (version, path)
            for version, manifest in manifests.items()
            for path in (_MANIFEST, *map(definition_path, manifest.workflows))
        ]
        contents = self.git.objects.read_many([(commits[version], path) for version, path in files])
        found: dict[str, dict[str, bytes | None]] = {version: {} for version in commits}
        for (version, path), content in zip(files, contents, strict=True):
            found[version][path] = content
        return {
            version: self._read(found[version], commit, version)
            for version, commit in commits.items()
        }

    def declarations(
        self, snapshot: Snapshot, workflow: str, versions: Sequence[str]
    ) -> Iterator[Declaration]:
        """Yield one workflow of each of these releases, its digest verified, read on demand."""
        commits = self.commits(snapshot)
        path = definition_path(workflow)
        for start in range(0, len(versions), _PAGE):
            page = [commits[version] for version in versions[start : start + _PAGE]]
            files = [(commit, name) for commit in page for name in (_MANIFEST, path)]
            contents = iter(self.git.objects.read_many(files))
            for commit in page:
                where = self.place(commit)
                manifest = read_manifest(next(contents), where=where)
                yield read_declaration(manifest, workflow, {path: next(contents)}, where=where)

    def yielded(self, snapshot: Snapshot, version: str) -> Release | None:
        """Return the local trial whose number another release has taken; None if there is none."""
        commit = snapshot.yielded.get(version)
        return self._release_at(commit, version) if commit else None

    def _release_at(self, commit: str, version: str) -> Release:
        folders = self.git.objects.trees([(commit, folder) for folder in FOLDERS])
        paths = [
            f"{folder}/{name}"
            for folder, entries in zip(FOLDERS, folders, strict=True)
            for name in entries
        ]
        paths.append(_MANIFEST)
        contents = self.git.objects.read_many([(commit, path) for path in paths])
        return self._read(dict(zip(paths, contents, strict=True)), commit, version)

    def _read(self, files: Mapping[str, bytes | None], commit: str, version: str) -> Release:
        where = self.place(commit)
        release = read_release(files, where=where, ledger_commit=commit)
        if release.version != version or release.manifest.project != self.layout.project:
            raise TamperedError(
                f"{where} should be {version}, and holds {release.version}"
                f" of {release.manifest.project}."
            )
        return release

    def schema(self, snapshot: Snapshot, version: str, workflow: str) -> Any:
        """Return the JSON Schema of a workflow's input in a release; None without one."""
        commit, path = self._commit(snapshot, version), schema_path(workflow)
        if commit is None:
            return None
        content = self.git.objects.read(commit, path)
        return None if content is None else read_json(content, where=f"{self.place(commit)}:{path}")

    def _refuse_two(self, snapshot: Snapshot, version: str) -> None:
        """Raise TamperedError when several commits claim to be one version.

        Anyone who can push may add a second one, whose digests agree with each other.
        """
        branch = self.layout.releases_ref
        tip = snapshot.refs.get(branch)
        found = self.git.history.log(tip, limit=2, grep=[f"Version: {version}"]) if tip else []
        if len(found) > 1:
            later, earlier = (commit[:12] for commit, _ in found)
            raise TamperedError(
                f"{branch} ({later}) and {earlier} both claim to be {version}.",
                why="A release never changes: it has one commit, so one of these is forged.",
                fix=f"`git log {branch}` shows who wrote them. Deploy another release until the"
                " forged commit is gone.",
            )

    # Manifests

    def manifest(self, snapshot: Snapshot, version: str) -> Manifest | None:
        """Return the manifest of one release; None if there is none."""
        commit = self._commit(snapshot, version)
        return self._manifest_at(commit) if commit else None

    def manifests(self, snapshot: Snapshot, *, limit: int | None = None) -> list[Manifest]:
        """Return the manifests of the releases, the highest version first."""
        manifests = self._manifests_at([*self.commits(snapshot).values()])
        manifests.sort(key=lambda manifest: Precedence(manifest.version), reverse=True)
        return manifests[:limit]

    def predecessor(self, snapshot: Snapshot, version: str) -> Manifest | None:
        """Return the manifest of the highest published release below *version*."""
        limit = Precedence(version)
        published = (name for name in self.versions(snapshot) if not is_found(name))
        highest = next((name for name in published if Precedence(name) < limit), None)
        return self.manifest(snapshot, highest) if highest else None

    def versions(self, snapshot: Snapshot) -> list[str]:
        """Return every released version, the highest first."""
        return sorted(self.commits(snapshot), key=Precedence, reverse=True)

    def place(self, commit: str) -> str:
        """Return how errors name a commit of the branch of the releases."""
        return f"{self.layout.releases_ref} ({commit[:12]})"

    def _manifest_at(self, commit: str) -> Manifest:
        content = self.git.objects.read(commit, _MANIFEST)
        return read_manifest(content, where=self.place(commit))

    def _manifests_at(self, commits: Sequence[str]) -> list[Manifest]:
        contents = self.git.objects.read_many([(commit, _MANIFEST) for commit in commits])
        return [
            read_manifest(content, where=self.place(commit))
            for commit, content in zip(commits, contents, strict=True)
        ]

    # Where releases are

    def branch_commit(self, snapshot: Snapshot, version: str) -> str | None:
        """Return a release's commit on the branch of the releases; None if it isn't there."""
        tip = snapshot.refs.get(self.layout.releases_ref)
        found = self.git.history.log(tip, limit=1, grep=[f"Version: {version}"]) if tip else []
        return found[0][0] if found else None

    def contains(self, snapshot: Snapshot, version: str) -> bool:
        """Return whether *version* is a release or a local trial."""
        return self._commit(snapshot, version) is not None

    def is_pushed(self, snapshot: Snapshot, release: Release) -> bool:
        """Return whether everyone sees a release: it is on the remote, if there is one."""
        # The digests decide: two clones may make equal commits of equal content in one second.
        commit = self.branch_commit(snapshot, release.version)
        if commit is None or self.layout.releases_ref in snapshot.kept:
            return False
        return self._manifest_at(commit).release_digest == release.digest

    def is_trial(self, version: str) -> bool:
        """Return whether a release is a local trial."""
        if self.layout.remote is None:
            return False
        return bool(self.git.refs.find(self.layout.trial_ref(version)))

    def yielded_digests(self) -> dict[str, str]:
        """Return the release digest of each local trial whose number another release has taken.

        The remote is not asked.
        """
        start = self.layout.yielded_ref("")
        commits = {
            ref.removeprefix(start): commit for ref, commit in self.git.refs.find(start).items()
        }
        contents = self.git.objects.read_many([(commit, _MANIFEST) for commit in commits.values()])
        return {
            version: read_manifest(content, where=f"{start}{version}").release_digest
            for version, content in zip(commits, contents, strict=True)
        }

    def _commit(self, snapshot: Snapshot, version: str) -> str | None:
        return self.branch_commit(snapshot, version) or snapshot.trials.get(version)

    def commits(self, snapshot: Snapshot) -> dict[str, str]:
        """Return the ledger commit of every released version."""
        tip = snapshot.refs.get(self.layout.releases_ref)
        commits: dict[str, str] = {}
        for commit, subject in self.git.history.log(tip) if tip else []:
            version = subject.removeprefix("release ")
            where = self.place(commit)
            if f"release {version}" != subject or not is_version(version):
                raise TamperedError(f"{where} isn't the commit of a release: {subject!r}.")
            if version in commits:
                raise TamperedError(
                    f"{where} and {commits[version][:12]} both claim to be {version}."
                )
            commits[version] = commit
        return {**snapshot.trials, **commits}

    # Yanks

    def yanked(self, snapshot: Snapshot) -> Yanks:
        """Return the yanks, those of local trials too."""
        own = {
            version: yank
            for version, yank in self.yanks_at(snapshot, self.layout.trial_yanks_ref).items()
            if version in snapshot.trials
        }
        found = {**own, **self.yanks_at(snapshot, self.layout.yanks_ref)}
        by_digest: dict[str, Yank] = {}
        for version in sorted(found, key=Precedence):
            manifest = self.manifest(snapshot, version)
            if manifest is not None:
                by_digest.setdefault(manifest.release_digest, found[version])
        return Yanks(found, by_digest)

    def yanks_at(self, snapshot: Snapshot, ref: str) -> dict[str, Yank]:
        """Return the yanks in one of the refs that hold yanks."""
        tip = snapshot.refs.get(ref)
        if tip is None:
            return {}
        return read_yanks(self.git.objects.read(tip, FILE), where=f"{ref} ({tip[:12]})")
