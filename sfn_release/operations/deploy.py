"""deploy: bring an existing release to an environment."""

from __future__ import annotations

from sfn_release.deployment import Prepared, prepare
from sfn_release.ledger import Snapshot
from sfn_release.operations.running import run
from sfn_release.operations.sites import open_site
from sfn_release.operations.targets import target
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Target
from sfn_release.record import Record, State
from sfn_release.release import parse_version


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
    release = workspace.released(version, push=there.backend != "local")

    def decide(_: Snapshot, state: State) -> Target:
        success = workspace.ledger.last_success(state, version)
        before = workspace.ledger.serving_at(there.name, success) if success else None
        return target(release, there, state, "deploy", before=before)

    def decided() -> Prepared:
        return prepare(site, decide, adopt=adopt)

    return run(site, decided(), decided, reason=reason)
