"""publish: release the current commit and deploy it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from sfn_release.canonical import short
from sfn_release.deployment import Prepared, Site, prepare
from sfn_release.errors import (
    ConflictError,
    ImmutableError,
    SeveralError,
    SfnReleaseError,
    VersionError,
)
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git.export import export_commit
from sfn_release.operations.each_environment import in_each
from sfn_release.operations.name_clashes import refuse_shared
from sfn_release.operations.policy_checks import checked_override, permitted
from sfn_release.operations.release_notes import release_notes
from sfn_release.operations.release_target import earlier_versions, target, unreleased
from sfn_release.operations.running import run
from sfn_release.operations.site import open_site
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Target
from sfn_release.project.modules import Build, build_commit
from sfn_release.project.modules.acceptance import refuse_calls
from sfn_release.release.differences import differences
from sfn_release.release.record import Record, timestamp
from sfn_release.release.release import Release, make_release
from sfn_release.release.serving import RecordedState
from sfn_release.release.version import next_patch, parse_version, refuse_found
from sfn_release.release.yank_list import refuse_yanked

_SHOWN = 10  # differences in an error; `diff` shows them all


@dataclass(frozen=True)
class Published:
    """What publishing did. *deployments* holds one record per environment that was changed.

    *trial* says that only `local` knows the release, which has no tag yet.
    """

    release: Release
    already_released: bool
    deployments: tuple[Record, ...]
    trial: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        manifest = self.release.manifest
        return {
            "version": manifest.version,
            "commit": manifest.commit,
            "tag": None if self.trial else manifest.tag,
            "trial": self.trial,
            "release_digest": manifest.release_digest,
            "already_released": self.already_released,
            "workflows": [
                {
                    "name": name,
                    "digest": entry.digest,
                    "since": entry.since,
                    "states": entry.states,
                }
                for name, entry in manifest.workflows.items()
            ],
            "deployments": [record.to_json() for record in self.deployments],
        }


def publish(
    workspace: Workspace,
    version: str,
    *,
    environments: Sequence[str] = (),
    deploy: bool = True,
    adopt: bool = False,
    reason: str | None = None,
    override: str | None = None,
    failed: Callable[[str, SfnReleaseError], None] = lambda _name, _error: None,
) -> Published:
    """Release the current commit as *version* and deploy it to *environments*.

    Everything that can be refused is refused before a version is taken: the work tree, the build,
    every environment's plan and policies. *override* is why it may enter although a policy
    refuses it. Publishing a version again, with equal content, deploys it where it never was or
    where its last attempt did not finish, and does nothing where it is live.

    Each environment is tried, in the order given; *failed* hears at once of one that fails while
    others go on. Raises ImmutableError when the version is released with other content; what fails
    in some of several environments is a SeveralError, whose *done* is the Published of the others,
    None when the version was not taken.
    """
    version = parse_version(version)
    refuse_found(version)
    override = checked_override(override)
    default = [workspace.project.default_environment]
    names = list(dict.fromkeys(environments or default)) if deploy else []
    chosen = [workspace.environment(name) for name in names]
    push = not chosen or any(not environment.backend.private for environment in chosen)
    with ThreadPoolExecutor(1) as pool:
        # Clients take as long to make as a small project to build: both at once.
        opening = pool.submit(
            in_each, names, lambda name: open_site(workspace, workspace.environment(name))
        )
        release, standing = freeze(workspace, version, offline=not push)
        sites, refused = opening.result()

    there = [site.environment for site in sites.values()]
    refuse_shared(there, release.declarations.values())

    def decided(site: Site, release: Release) -> Prepared:
        prepared = _prepare(site, release, standing, adopt=adopt)
        return permitted(workspace, site, prepared, release.content, override=override)

    prepared, more = in_each([*sites], lambda name: decided(sites[name], release), of=len(names))
    refused |= more
    if refused and not _taken(workspace, standing):
        raise SeveralError(
            f"Nothing was begun: {version} cannot be brought to {', '.join(refused)}.",
            errors=refused,
        )
    for name, error in refused.items():
        failed(name, error)
    at = workspace.runtime.now()
    notes = release_notes(workspace.project.root, version)
    if notes is None:
        workspace.runtime.watcher.say(f"CHANGELOG.md has no section for {version}")
    written, new = workspace.ledger.add_release(release, notes=notes or "", at=at, push=push)
    if written.digest != release.digest:
        raise _immutable(release, written)

    def carried_out(name: str) -> Record | None:
        site = sites[name]
        try:
            return run(site, prepared[name], lambda: decided(site, written), reason=reason)
        except SfnReleaseError as error:
            told = f"{version} is released, and was not brought to {name}."
            error.why = f"{error.why}\n  {told}".lstrip()
            raise

    records, errors = in_each([*prepared], carried_out, failed=failed, of=len(names))
    errors = refused | errors
    changed = tuple(record for record in records.values() if record)
    done = Published(written, not new, changed, workspace.ledger.releases.is_trial(version))
    if errors:
        raise SeveralError(
            f"{version} is released, and failed in {len(errors)} of {len(names)} environments.",
            errors=errors,
            done=done,
        )
    return done


def _taken(workspace: Workspace, standing: Release | None) -> bool:
    """Tell whether the version is taken already, so that refusing can no longer save it."""
    ledger = workspace.ledger
    return standing is not None and ledger.releases.is_pushed(
        ledger.branches.snapshot(offline=True), standing
    )


def freeze(workspace: Workspace, version: str, *, offline: bool) -> tuple[Release, Release | None]:
    """Build the current commit as a release, and return the one that stands, if any.

    Raises DirtyError, BuildError, NonDeterministicError, YankedError, ImmutableError.
    """
    commit = workspace.head()
    workspace.refuse_changes(["."], "a release is made from the commit alone")
    workspace.runtime.watcher.say(f"building {commit[:12]}")
    built = build_commit(
        lambda roots: export_commit(workspace.git.repository, commit, workspace.folder, roots),
        workspace.project.workflows,
        work_tree=workspace.git.repository.root,
        environ=workspace.runtime.environ,
        silences=workspace.project.silences,
    )
    snapshot = workspace.snapshot(offline=offline)
    refuse_yanked(version, workspace.ledger.releases.yanked(snapshot))
    standing = workspace.ledger.releases.release(snapshot, version)
    workspace.ledger.integrity.refuse_lost(snapshot)
    if standing is None:
        workspace.ledger.integrity.refuse_lost_release(snapshot, version)
    else:
        # A publication that was interrupted before the tag was made is finished by the next one.
        workspace.ledger.integrity.refuse_other_tag(snapshot, standing.manifest, unmade=True)
    warnings = built.warnings
    if standing is None:  # else a newer botocore would tell against what is released
        warnings += refuse_calls(built.declarations, workspace.project.silences)
    if warnings:
        count = "a warning" if warnings == 1 else f"{warnings} warnings"
        workspace.runtime.watcher.say(f"{count} about the definitions: see `sfn-release check`")
    release = _release(workspace, snapshot, built, version, commit)
    if standing is not None and standing.digest != release.digest:
        raise _immutable(release, standing)
    _check_module_versions(release, built)
    return standing or release, standing


def _release(
    workspace: Workspace, snapshot: Snapshot, built: Build, version: str, commit: str
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
    )


def _prepare(site: Site, release: Release, standing: Release | None, *, adopt: bool) -> Prepared:
    """Decide the deployment of a release that is being published."""

    def decide(snapshot: Snapshot, state: RecordedState) -> Target:
        serving = state.serving
        if standing is not None and serving is not None and serving.version != release.version:
            attempted = state.record is not None and state.record.version == release.version
            was_live = (
                site.ledger.deployments.last_success(state, release.version, release.digest)
                is not None
            )
            if was_live and not (attempted and state.unfinished):
                raise ConflictError(
                    f"{site.name} runs {serving.version}; publishing {release.version} again"
                    " does not bring it back.",
                    why="It is released already and was live here before.",
                    fix=f"Use  sfn-release deploy {release.version} --env {site.name}\n"
                    f"  or   sfn-release rollback {release.version} --env {site.name}",
                )
        released = standing is not None
        content = release.content
        if not released:
            content = unreleased(
                site.ledger,
                snapshot,
                content.declarations,
                version=content.version,
                commit=content.commit,
            )
        versions = earlier_versions(site.ledger, content, site.name, state, released=released)
        return target(content, site, state, "publish", versions=versions, released=released)

    return prepare(site, decide, adopt=adopt)


def _check_module_versions(release: Release, built: Build) -> None:
    """Raise VersionError for a module whose ``__version__`` is not its ``since``."""
    for declaration in built.declarations:
        since = release.manifest.workflows[declaration.name].since
        if declaration.module_version not in (None, since):
            raise VersionError(
                f"{declaration.source} says __version__ = {declaration.module_version!r}, but the"
                f" content of {declaration.name} is that of {since}.",
                fix=f'Write  __version__ = "{since}"  there, or leave it out.',
            )


def _immutable(mine: Release, standing: Release) -> ImmutableError:
    """Return the error that says how a released version differs from what would replace it."""
    lines = []
    names = sorted({*mine.declarations, *standing.declarations})
    for name in names:
        found = differences(standing.declarations.get(name), mine.declarations.get(name))
        lines += [f"{name}: {difference}" for difference in found]
    more = [f"… and {len(lines) - _SHOWN} more differences"] if len(lines) > _SHOWN else []
    manifest = standing.manifest
    told = [
        *lines[:_SHOWN],
        *more,
        f"The released digest is {short(standing.digest)}; yours is {short(mine.digest)}.",
        f"Released by {manifest.author} on {manifest.date} from {manifest.commit[:12]}.",
    ]
    return ImmutableError(
        f"{mine.version} is already released with different content.",
        why="\n  ".join(told),
        fix="A release never changes. Publish the new content under a higher version:"
        f"  sfn-release publish {next_patch(mine.version)}",
    )
