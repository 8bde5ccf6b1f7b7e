"""publish: release the current commit and deploy it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sfn_release.deployment import deployer
from sfn_release.deployment.preparation import prepare
from sfn_release.deployment.prepared import PreparedDeployment
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.errors import ConflictError, SeveralError, SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.operations.build_release import build_release, immutable
from sfn_release.operations.each_environment import Attempts
from sfn_release.operations.former_names import refuse_unknown_former
from sfn_release.operations.name_clashes import refuse_shared
from sfn_release.operations.open_site import open_site
from sfn_release.operations.policy_checks import permitted
from sfn_release.operations.release_notes import release_notes
from sfn_release.operations.release_target import earlier_versions, target, unreleased
from sfn_release.operations.release_tests import with_tests
from sfn_release.operations.unchanged import nothing_changed
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Target
from sfn_release.release.record import Record
from sfn_release.release.release import Release
from sfn_release.release.serving import RecordedState
from sfn_release.release.version import parse_version, refuse_found


@dataclass(frozen=True)
class Published:
    """The result of `publish`. *deployments* holds one record per environment that was changed.

    *trial*: only `local` has the release, and there is no tag yet. *errors* has the error of each
    environment that failed, if you named several.
    """

    release: Release
    already_released: bool
    deployments: tuple[Record, ...]
    trial: bool = False
    errors: Mapping[str, SfnReleaseError] = field(default_factory=dict)

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
    """Release the current commit, deploy it to *environments*, and return the result.

    The work tree, the build, and the plan and policies of every environment are checked before the
    version is taken. *override* is the reason to skip the policies.

    You can publish a version again with equal content. It's deployed where it was never deployed,
    or where its last deployment didn't finish. Where it's live, nothing happens.

    Environments are deployed in the given order. If one fails, the others continue: *failed* is
    called immediately, and `Published.errors` has the error. With a single environment, the error
    is raised. Raises ImmutableError if the version is released with other content. Raises
    SeveralError if some of several environments refuse the release; then nothing was started.
    """
    version = parse_version(version)
    refuse_found(version)
    request = Request(adopt=adopt, reason=reason, override=override)
    names = _names(workspace, environments) if deploy else []
    shared = not names or any(not workspace.environment(name).backend.private for name in names)
    refused = Attempts(len(names))
    with nothing_changed():
        sites, release, standing = _build_and_open(
            workspace, version, names, refused, shared=shared
        )
        refuse_unknown_former(workspace, release.declarations, adopt=adopt)
        release, overridden = with_tests(workspace, release, standing, override)
        refuse_shared([site.environment for site in sites], release.declarations.values())
        prepared: dict[str, PreparedDeployment] = {}
        for site in sites:
            with refused.trying(site.name):
                prepared[site.name] = _prepare(
                    workspace, site, release, standing, request, overridden=overridden
                )
        if refused.errors and not _taken(workspace, standing):
            raise SeveralError(
                f"Nothing was started: {version} can't be deployed to {', '.join(refused.errors)}.",
                errors=refused.errors,
            )
    for name, error in refused.errors.items():
        failed(name, error)
    attempts = Attempts(len(names), failed)
    written, new = _take_version(workspace, release, shared=shared)
    records = []
    for site in (site for site in sites if site.name in prepared):
        with attempts.trying(site.name), _as_released(version, site.name):
            again = partial(
                _prepare, workspace, site, written, standing, request, overridden=overridden
            )
            records.append(deployer.deploy(site, prepared[site.name], again, request))
    return Published(
        written,
        already_released=not new,
        deployments=tuple(record for record in records if record),
        trial=workspace.ledger.releases.is_trial(version),
        errors=refused.errors | attempts.errors,
    )


def _names(workspace: Workspace, environments: Sequence[str]) -> list[str]:
    """Return the names of the environments, each once; the project's default for none."""
    names = list(dict.fromkeys(environments or [workspace.project.default_environment]))
    for name in names:
        workspace.environment(name)
    return names


def _build_and_open(
    workspace: Workspace,
    version: str,
    names: Sequence[str],
    refused: Attempts,
    *,
    shared: bool,
) -> tuple[list[Site], Release, Release | None]:
    """Build the release, and make the environments' clients while the build's processes run.

    Clients made earlier would only compete with our own work for the processor.
    """

    def opened() -> list[Site]:
        sites = []
        for name in names:
            with refused.trying(name):
                sites.append(open_site(workspace, workspace.environment(name)))
        return sites

    with ThreadPoolExecutor(1) as pool:
        opening: list[Future[list[Site]]] = []
        release, standing = build_release(
            workspace,
            version,
            offline=not shared,
            retag=not names,
            meanwhile=lambda: opening.append(pool.submit(opened)),
        )
        return opening[0].result(), release, standing


def _taken(workspace: Workspace, standing: Release | None) -> bool:
    """Return whether the version is taken already, so that refusing can't save it any more."""
    ledger = workspace.ledger
    return standing is not None and ledger.releases.is_pushed(
        ledger.branches.snapshot(offline=True), standing
    )


def _take_version(workspace: Workspace, release: Release, *, shared: bool) -> tuple[Release, bool]:
    """Write the release; return the one in the ledger, and whether it is new."""
    version = release.version
    notes = release_notes(workspace.project.root, version)
    if notes is None:
        workspace.runtime.watcher.say(
            f"CHANGELOG.md has no section for {version}: the release has no notes"
        )
    at = workspace.runtime.now()
    written, new = workspace.ledger.add_release(release, notes=notes or "", at=at, push=shared)
    if written.digest != release.digest:
        seen = workspace.snapshot(offline=True)
        raise immutable(workspace, seen, release, written)
    return written, new


@contextmanager
def _as_released(version: str, environment: str) -> Iterator[None]:
    """Explain in an error of the block that the version is taken all the same."""
    try:
        yield
    except SfnReleaseError as error:
        line = f"{version} is released, but not deployed to {environment}."
        raise error.explained(line) from error


def _prepare(
    workspace: Workspace,
    site: Site,
    release: Release,
    standing: Release | None,
    request: Request,
    *,
    overridden: bool,
) -> PreparedDeployment:
    """Decide the deployment of a release that is being published. Raises PolicyError."""

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
                    f"{site.name} is on {serving.version}. Publishing {release.version} again"
                    " doesn't deploy it.",
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

    prepared = prepare(site, decide, request)
    return permitted(workspace, site, prepared, release.content, request, overridden=overridden)
