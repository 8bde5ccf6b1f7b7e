"""Builds the commits of releases again, as `publish` built them, and compares the digests."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import Any, Literal, Self

from sfn_release import __version__
from sfn_release.errors import (
    BuildError,
    ConfigError,
    GitError,
    NotFoundError,
    SfnReleaseError,
    TamperedError,
)
from sfn_release.ledger.git.export import export_commit
from sfn_release.ledger.layout import TAGS
from sfn_release.operations.proof.evidence import Evidence
from sfn_release.operations.proof.rebuild_comparison import (
    Rebuilt,
    VersionDifference,
    compare_rebuild,
    unbuilt,
    version_differences_of,
)
from sfn_release.operations.workspace import Workspace
from sfn_release.project import FILE_NAME, parse_project
from sfn_release.project.modules import Build, Toolchain, rebuild_commit
from sfn_release.project.modules.recorded_toolchain import RecordedPython, recorded_python
from sfn_release.release.manifest import Manifest
from sfn_release.release.release import Release
from sfn_release.release.version import is_found, parse_version
from sfn_release.text import did_you_mean

ToolchainChoice = Literal["here", "recorded"]
"""Which versions a rebuild uses: the ones installed here, or the ones that the release recorded."""


@dataclass
class Rebuilder:
    """Builds releases again, each commit once. As a context manager, it removes its installations.

    Only with *toolchain* ``recorded`` does it install anything: into a temporary environment.
    """

    workspace: Workspace
    toolchain: ToolchainChoice = "here"
    _stack: ExitStack = field(default_factory=ExitStack)
    _builds: dict[tuple[str, str], Build | SfnReleaseError] = field(default_factory=dict)
    _pythons: dict[str, RecordedPython] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def evidence(self, release: Release) -> Mapping[str, Evidence]:
        """Return the evidence for each workflow of a release, from a rebuild."""
        return self.rebuild(release).evidence([*release.declarations])

    def rebuild(self, release: Release) -> Rebuilt:
        """Build the commit of a release again, and return the comparison.

        If the commit can't be built, the comparison has the problem: the commit is gone, a module
        doesn't load any more, or the release was adopted and has no commit.
        """
        manifest = release.manifest
        missing: tuple[str, ...] = ()
        try:
            if manifest.found is not None:
                raise BuildError(
                    f"{manifest.version} was adopted from {manifest.found}, so it has no commit.",
                    fix="Rebuild a release that `publish` made.",
                )
            python = self._python(manifest)
            missing = python.missing if python else ()
            built = self._built(manifest, python)
        except SfnReleaseError as error:
            versions = self._other_versions(manifest) if isinstance(error, BuildError) else ()
            return unbuilt(release, error, versions, missing)
        return replace(
            compare_rebuild(release, built.declarations, built.toolchain), missing=missing
        )

    def _other_versions(self, manifest: Manifest) -> tuple[VersionDifference, ...]:
        """Return the recorded versions that differ from the ones installed here.

        A module that doesn't load any more may need another version.
        """
        recorded = _recorded(manifest.toolchain)
        if recorded is None or self.toolchain == "recorded":
            return ()
        return tuple(version_differences_of(manifest.toolchain, _installed(recorded)))

    def _python(self, manifest: Manifest) -> RecordedPython | None:
        """Return the Python with the recorded versions; None to build with this one."""
        if self.toolchain == "here":
            return None
        recorded = _recorded(manifest.toolchain)
        if recorded is None:
            raise BuildError(
                f"{manifest.version} doesn't record its toolchain.",
                fix="Build with the versions that are installed here:  --toolchain here",
            )
        key = repr(recorded)
        if key not in self._pythons:
            self.workspace.runtime.watcher.say(
                f"installing the versions that {manifest.version} recorded"
            )
            entered = recorded_python(recorded, self.workspace.runtime.environ)
            self._pythons[key] = self._stack.enter_context(entered)
        return self._pythons[key]

    def _built(self, manifest: Manifest, python: RecordedPython | None) -> Build:
        """Return the build of a release's commit. Raises the error of the build."""
        key = manifest.commit, python.python if python else ""
        if key not in self._builds:
            try:
                self._builds[key] = self._build(manifest, python)
            except SfnReleaseError as error:
                self._builds[key] = error
        found = self._builds[key]
        if isinstance(found, SfnReleaseError):
            raise found
        return found

    def _build(self, manifest: Manifest, python: RecordedPython | None) -> Build:
        workspace, commit = self.workspace, manifest.commit
        self._fetch(manifest)
        folder, workflows = _place(workspace, commit)
        return rebuild_commit(
            lambda roots: export_commit(workspace.git.repository, commit, folder, roots),
            workflows,
            work_tree=workspace.git.repository.root,
            python=python.python if python else None,
            environ=workspace.runtime.environ,
        )

    def _fetch(self, manifest: Manifest) -> None:
        """Fetch a release's commit if this clone lacks it; by its tag, or else by its id."""
        git, remote, commit = self.workspace.git, self.workspace.ledger.remote, manifest.commit
        if git.history.commit_id(commit) is not None:
            return
        depth = 1 if git.repository.is_shallow() else None
        if remote is not None:
            for wanted in (TAGS + manifest.tag, commit):
                with suppress(GitError):
                    git.remotes.fetch_objects(remote, [wanted], depth=depth)
                if git.history.commit_id(commit) is not None:
                    return
        place = f"this clone, and {remote} doesn't give it" if remote else "this clone"
        raise TamperedError(
            f"The commit {commit[:12]} of {manifest.version} is gone.",
            why=f"It isn't in {place}.",
            fix="Push it again from a clone that has it, on a branch or as the release's tag.",
        )


def rebuild_releases(
    workspace: Workspace,
    version: str | None = None,
    *,
    toolchain: ToolchainChoice = "here",
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[Rebuilt, ...]:
    """Build one release or all releases again, and return the comparisons, newest first.

    Without a *version*, adopted releases are left out: no commit made them. *progress* gets the
    number of finished releases, and the total. If the ledger can't read a release, its comparison
    has the problem. Raises NotFoundError for an unknown version.
    """
    snapshot, _ = workspace.ledger.branches.examine()
    releases = workspace.ledger.releases
    known = releases.versions(snapshot)
    if version is None:
        chosen = [name for name in known if not is_found(name)]
    else:
        chosen = [parse_version(version)]
        if chosen[0] not in known:
            workspace.ledger.integrity.refuse_lost_release(snapshot, chosen[0])
            raise NotFoundError(
                f"There is no release {chosen[0]}.", fix=did_you_mean(chosen[0], known)
            )
    rebuilt = []
    with Rebuilder(workspace, toolchain) as rebuilder:
        for done, name in enumerate(chosen):
            progress(done, len(chosen))
            try:
                release = releases.release(snapshot, name)
            except TamperedError as error:
                rebuilt.append(Rebuilt(name, "", "", problem=error))
                continue
            if release is not None:
                rebuilt.append(rebuilder.rebuild(release))
        progress(len(chosen), len(chosen))
    return tuple(rebuilt)


def _recorded(toolchain: Mapping[str, Any]) -> Toolchain | None:
    """Return a manifest's toolchain; None if it doesn't have one."""
    python, ours = toolchain.get("python"), toolchain.get("sfn_release")
    others = toolchain.get("distributions", {})
    if not (isinstance(python, str) and isinstance(ours, str) and isinstance(others, Mapping)):
        return None
    versions = {str(name): str(version) for name, version in others.items()}
    return Toolchain(python, ours, versions)


def _installed(recorded: Toolchain) -> Toolchain:
    """Return the versions, as they are here, of everything that *recorded* names."""
    found = {}
    for name in recorded.distributions:
        with suppress(metadata.PackageNotFoundError, ValueError):
            found[name] = metadata.version(name)
    return Toolchain(platform.python_version(), __version__, found)


def _place(workspace: Workspace, commit: str) -> tuple[str, str]:
    """Return the project's folder in a commit, and its folder of workflows, as they were then.

    Raises NotFoundError, and ConfigError for a releases.toml that this version can't read.
    """
    git, name = workspace.git, workspace.project.name
    usual = f"{workspace.folder}/{FILE_NAME}".removeprefix("/")
    problem: SfnReleaseError | None = None
    others = [path for path in git.objects.paths(commit) if path.rpartition("/")[2] == FILE_NAME]
    for path in sorted(others, key=lambda path: (path != usual, path)):
        content = git.objects.read(commit, path) or b""
        try:
            project = parse_project(content.decode("utf-8", "replace"), path=FILE_NAME)
        except ConfigError as error:
            problem = problem or error
            continue
        if project.name == name:
            return path.rpartition("/")[0], project.workflows
    if problem is not None:
        raise ConfigError(
            f"releases.toml of {commit[:12]} can't be read by this version of sfn-release.",
            why=str(problem),
            fix="Rebuild it with the version that the release recorded (`show --json`).",
        )
    raise NotFoundError(f"The commit {commit[:12]} has no releases.toml of the project {name}.")
