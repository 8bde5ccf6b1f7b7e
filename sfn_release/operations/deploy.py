"""deploy: bring an existing release to an environment."""

from __future__ import annotations

from sfn_release.deployment import Prepared, Site, prepare
from sfn_release.ledger import Snapshot
from sfn_release.operations.running import run
from sfn_release.operations.sites import open_site
from sfn_release.operations.targets import earlier_versions, target
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Target
from sfn_release.record import Record, State
from sfn_release.release import Release, parse_version


def deploy(
    workspace: Workspace,
    version: str,
    *,
    environment: str | None = None,
    adopt: bool = False,
    reason: str | None = None,
) -> Record | None:
    """Deploy a release that exists; None when the environment serves it already.

    Raises NotFoundError for a version that is not released.
    """
    version = parse_version(version)
    there = workspace.environment(environment)
    site = open_site(workspace, there)
    local = there.backend == "local"
    release = workspace.released(workspace.snapshot(offline=local), version)

    def decide(_: Snapshot, state: State) -> Target:
        return deploy_target(release, site, state)

    def decided() -> Prepared:
        return prepare(site, decide, adopt=adopt)

    prepared = decided()
    if not local:
        workspace.share(release)  # once nothing refuses it: sharing takes the version for good
    return run(site, prepared, decided, reason=reason)


def deploy_target(release: Release, site: Site, state: State) -> Target:
    """Return what deploying *release* brings: rendered afresh, and what may have it already."""
    versions = earlier_versions(site.ledger, release, site.name, state)
    return target(release, site, state, "deploy", versions=versions)
