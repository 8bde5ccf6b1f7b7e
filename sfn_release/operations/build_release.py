"""Build the current commit as a release, and refuse an invalid one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

from sfn_release.canonical import short
from sfn_release.comparison.release_changes import WorkflowSet, release_changes
from sfn_release.errors import ImmutableError, VersionError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git.export import export_commit
from sfn_release.ledger.tag_checks import releases_text
from sfn_release.operations.tag_repair import repair_tag
from sfn_release.operations.unshared_ledger import unshared_ledger
from sfn_release.operations.version_proposal import propose, small_bump_note
from sfn_release.operations.workflow_schemas import committed_schemas
from sfn_release.operations.workspace import Workspace
from sfn_release.project.json_schemas import Schema
from sfn_release.project.modules import Build, build_commit
from sfn_release.project.modules.acceptance import refuse_calls
from sfn_release.release.record import timestamp
from sfn_release.release.release import Release, make_release
from sfn_release.release.version import is_found
from sfn_release.release.yank_list import refuse_yanked

_SHOWN = 10  # changes in an error; `diff` shows them all


def build_release(
    workspace: Workspace,
    version: str,
    *,
    offline: bool,
    meanwhile: Callable[[], None],
    retag: bool = False,
) -> tuple[Release, Release | None]:
    """Build the current commit as a release, and return the existing one, if any.

    *meanwhile* is called once, when the build's processes have started. With *retag*, a wrong tag
    of the existing release is put right.

    Raises DirtyError, BuildError, NonDeterministicError, YankedError, ImmutableError.
    """
    commit = workspace.head()
    workspace.refuse_changes(["."], "A release is made from a commit.")
    workspace.runtime.watcher.say(f"building {commit[:12]}")
    built = build_commit(
        lambda roots: export_commit(workspace.git.repository, commit, workspace.folder, roots),
        workspace.project.workflows,
        work_tree=workspace.git.repository.root,
        environ=workspace.runtime.environ,
        silences=workspace.project.silences,
        meanwhile=meanwhile,
    )
    snapshot = workspace.snapshot(offline=offline)
    standing = workspace.ledger.releases.release(snapshot, version)
    workspace.ledger.integrity.refuse_lost(snapshot)
    if standing is None:
        workspace.ledger.integrity.refuse_lost_release(snapshot, version)
        _say_where(workspace, snapshot, version, shared=not offline)
    elif not retag:
        # A publication that was interrupted before the tag was made is finished by the next one.
        workspace.ledger.integrity.refuse_other_tag(snapshot, standing.manifest, unmade=True)
    warnings = built.warnings
    if standing is None:  # else a newer botocore could refuse an existing release
        warnings += refuse_calls(built.declarations, workspace.project.silences)
    if warnings:
        count = "a warning" if warnings == 1 else f"{warnings} warnings"
        workspace.runtime.watcher.say(f"{count} about the definitions: see `sfn-release check`")
    names = [declaration.name for declaration in built.declarations]
    schemas = committed_schemas(workspace, commit, names)
    release = _release(workspace, snapshot, built, version, commit, schemas)
    refuse_yanked(version, release.digest, workspace.ledger.releases.yanked(snapshot))
    if standing is not None and standing.digest != release.digest:
        raise immutable(workspace, snapshot, release, standing)
    if standing is not None and retag:
        repair_tag(workspace, snapshot, standing)
        snapshot = workspace.snapshot(offline=offline)
        workspace.ledger.integrity.refuse_other_tag(snapshot, standing.manifest, unmade=True)
    _check_module_versions(release, built)
    note = small_bump_note(workspace, snapshot, release) if standing is None else None
    if note is not None:
        workspace.runtime.watcher.say(note)
    return standing or release, standing


def _say_where(workspace: Workspace, snapshot: Snapshot, version: str, *, shared: bool) -> None:
    """Say what is shared with other clones, when that may surprise.

    That is the first release without a remote, and every one until the remote has the ledger.
    """
    ledger, say = workspace.ledger, workspace.runtime.watcher.say
    unshared = unshared_ledger(workspace, snapshot)
    if unshared is not None and shared:
        text = releases_text(unshared.versions)
        say(f"{ledger.remote} gets {text} too: so far, this clone alone had the ledger")
    elif unshared is not None:
        say(f"warning: {unshared.line}")
        say(f"{version} will be a local trial, without a tag, in this clone only")
    elif ledger.remote is None and workspace.project.remote is None and not snapshot.refs:
        branch = ledger.layout.releases_ref.removeprefix("refs/heads/")
        say(
            "There is no Git remote, so the releases are in this clone only. If you add one later,"
            f" push their branch too:  git push origin {branch} --tags"
        )


def _release(
    workspace: Workspace,
    snapshot: Snapshot,
    built: Build,
    version: str,
    commit: str,
    schemas: Mapping[str, Schema],
) -> Release:
    return make_release(
        built.declarations,
        project=workspace.project.name,
        version=version,
        commit=commit,
        tag=workspace.ledger.layout.tag_name(version),
        date=timestamp(workspace.runtime.now()),
        author=str(workspace.git.repository.identity),
        toolchain=asdict(built.toolchain),
        predecessor=workspace.ledger.releases.predecessor(snapshot, version),
        schemas=schemas,
    )


def _check_module_versions(release: Release, built: Build) -> None:
    """Raise VersionError for a module whose ``__version__`` is not its ``since``."""
    for declaration in built.declarations:
        since = release.manifest.workflows[declaration.name].since
        if declaration.module_version not in (None, since):
            raise VersionError(
                f"{declaration.source} says __version__ = {declaration.module_version!r}, but"
                f" {declaration.name} has had this content since {since}.",
                fix=f'Write  __version__ = "{since}"  there, or leave it out.',
            )


def immutable(
    workspace: Workspace, snapshot: Snapshot, mine: Release, standing: Release
) -> ImmutableError:
    """Return the error that shows how the new build differs from the released version."""
    found = release_changes(WorkflowSet(standing.declarations), WorkflowSet(mine.declarations))
    changes = [f"{name}: {change.text}" for name, made in found.items() for change in made]
    more = [f"… and {len(changes) - _SHOWN} more changes"] if len(changes) > _SHOWN else []
    manifest = standing.manifest
    lines = [
        *changes[:_SHOWN],
        *more,
        f"The released digest is {short(standing.digest)}; yours is {short(mine.digest)}.",
        f"Released by {manifest.author} on {manifest.date} from {manifest.commit[:12]}.",
    ]
    return ImmutableError(
        f"{mine.version} is already released with different content.",
        why="\n  ".join(lines),
        fix=f"A release never changes. {_other_version(workspace, snapshot, mine)}",
    )


def _other_version(workspace: Workspace, snapshot: Snapshot, mine: Release) -> str:
    """Return the release that has the content of *mine* already, or the version to publish."""
    releases = workspace.ledger.releases
    yanks = releases.yanked(snapshot)
    equal = (
        manifest.version
        for manifest in releases.manifests(snapshot)
        if manifest.release_digest == mine.digest
        and not is_found(manifest.version)
        and yanks.of(manifest.version, mine.digest) is None
    )
    known = next(equal, None)
    if known is not None:
        return f"Your content is {known} already."
    new = WorkflowSet(mine.declarations, mine.schemas)
    version = propose(workspace, snapshot, new).version
    return f"Publish the new content under a higher version:  sfn-release publish {version}"
