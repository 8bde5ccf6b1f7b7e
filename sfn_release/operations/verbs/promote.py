"""promote: deploy the very release that succeeded in another environment."""

from __future__ import annotations

from sfn_release.deployment.preparation import prepare
from sfn_release.deployment.prepared import Decide
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.errors import NotFoundError, UsageError
from sfn_release.ledger import Snapshot
from sfn_release.operations.former_names import refuse_unknown_former
from sfn_release.operations.open_site import open_site
from sfn_release.operations.policy_checks import live_period, verdict
from sfn_release.operations.verbs.deploy import deploy_release, deploy_target
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Plan, Target
from sfn_release.release.record import Record
from sfn_release.release.release import Release
from sfn_release.release.serving import RecordedState
from sfn_release.release.version import parse_version


def promote(
    workspace: Workspace,
    version: str | None = None,
    *,
    source: str,
    environment: str,
    adopt: bool = False,
    reason: str | None = None,
    override: str | None = None,
) -> Record | None:
    """Deploy to *environment* the release that succeeded in *source*, and return the record.

    By default, this is the live release of *source*. With a *version*, it's an earlier one. Nothing
    is built again: the digest is the same. Returns None if it's already live. Raises NotFoundError
    if the release never succeeded in *source*, and PolicyError without an *override*.
    """
    request = Request(adopt=adopt, reason=reason, override=override)
    site, release, decide = _promotion(
        workspace, version, source=source, environment=environment, adopt=adopt
    )
    return deploy_release(workspace, site, release, decide, request)


def plan_promotion(
    workspace: Workspace,
    version: str | None = None,
    *,
    source: str,
    environment: str,
    adopt: bool = False,
) -> Plan:
    """Return the plan of `promote`, with the objections of policies.

    Raises every other error that `promote` would raise before it writes anything.
    """
    site, release, decide = _promotion(
        workspace, version, source=source, environment=environment, adopt=adopt
    )
    prepared = prepare(site, decide, Request(adopt=adopt))
    if prepared.nothing_to_do:
        return prepared.plan
    return verdict(workspace, site, prepared, release.content).shown_in(prepared.plan)


def serves_a_release(workspace: Workspace, environment: str) -> bool:
    """Return whether a release has succeeded in *environment*, so that it can be promoted."""
    settings = workspace.environment(environment)
    snapshot = workspace.snapshot(offline=settings.backend.private)
    return workspace.ledger.deployments.state(snapshot, settings.name).serving is not None


def _promotion(
    workspace: Workspace, version: str | None, *, source: str, environment: str, adopt: bool
) -> tuple[Site, Release, Decide]:
    before, after = workspace.environment(source), workspace.environment(environment)
    if before.name == after.name:
        raise UsageError(
            f"{source} can't be promoted to itself.", fix="Name two different environments."
        )
    site = open_site(workspace, after)
    private = before.backend.private and after.backend.private
    release = _succeeded(workspace, workspace.snapshot(offline=private), source, version)
    refuse_unknown_former(workspace, release.declarations, adopt=adopt)

    def decide(_: Snapshot, state: RecordedState) -> Target:
        return deploy_target(release.content, site, state, promoted_from=source)

    return site, release, decide


def _succeeded(
    workspace: Workspace, snapshot: Snapshot, source: str, version: str | None
) -> Release:
    """Return the release to promote, once it is certain that it succeeded in *source*."""
    state = workspace.ledger.deployments.state(snapshot, source)
    if state.serving is None:
        raise NotFoundError(
            f"Nothing has succeeded in {source} yet: there is nothing to promote.",
            fix=f"Deploy a release there first:  sfn-release publish VERSION --env {source}",
        )
    if version is None:
        attempt = state.record
        if state.unfinished and attempt is not None:
            workspace.runtime.watcher.say(
                f"warning: {attempt.action} {attempt.version} to {source} has not succeeded:"
                f" {state.serving.version}, which is live in {source}, is promoted"
            )
        return workspace.released(snapshot, state.serving.version, state.serving.release_digest)
    release = workspace.released(snapshot, parse_version(version))
    if live_period(workspace, snapshot, source, release.content).since is None:
        raise NotFoundError(
            f"{release.version} has never succeeded in {source}: it can't be promoted from there.",
            why=f"{state.serving.version} is live in {source}.",
            fix=f"Deploy it there first:  sfn-release deploy {release.version} --env {source}",
        )
    return release
