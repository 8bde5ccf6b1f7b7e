"""deploy: deploy an existing release to an environment."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from sfn_release.deployment import deployer
from sfn_release.deployment.preparation import prepare
from sfn_release.deployment.prepared import Decide, PreparedDeployment
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.errors import ConflictError, NotFoundError
from sfn_release.ledger import Snapshot
from sfn_release.operations.former_names import refuse_unknown_former
from sfn_release.operations.open_site import open_site
from sfn_release.operations.policy_checks import permitted
from sfn_release.operations.release_target import earlier_versions, target
from sfn_release.operations.unchanged import nothing_changed
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Target
from sfn_release.release.record import Action, Record
from sfn_release.release.release import Release, ReleaseContent
from sfn_release.release.serving import RecordedState
from sfn_release.release.version import is_found, parse_version


def deploy(
    workspace: Workspace,
    version: str,
    *,
    environment: str | None = None,
    adopt: bool = False,
    resume: bool = False,
    reason: str | None = None,
    override: str | None = None,
) -> Record | None:
    """Deploy an existing release, and return the record; None if it's already live.

    With *resume*, an unfinished traffic shift continues at the weight that it reached. *override*
    is the reason to skip the policies. Raises NotFoundError if the version isn't released, and
    PolicyError.
    """
    version = parse_version(version)
    request = Request(adopt=adopt, resume=resume, reason=reason, override=override)
    site = open_site(workspace, workspace.environment(environment))
    private = site.environment.backend.private
    release = workspace.released(workspace.snapshot(offline=private), version)
    refuse_unknown_former(workspace, release.declarations, adopt=adopt)

    def decide(_: Snapshot, state: RecordedState) -> Target:
        return deploy_target(release.content, site, state)

    return deploy_release(workspace, site, release, decide, request)


def deploy_release(
    workspace: Workspace, site: Site, release: Release, decide: Decide, request: Request
) -> Record | None:
    """Deploy a release that exists, as *decide* targets it, if the policies permit it."""

    def decided() -> PreparedDeployment:
        prepared = prepare(site, decide, request)
        return permitted(workspace, site, prepared, release.content, request)

    with nothing_changed():
        prepared = decided()
    if not site.environment.backend.private:
        workspace.share(release)  # after every refusal: sharing takes the version for good
    return deployer.deploy(site, prepared, decided, request)


def unfinished(workspace: Workspace, *, environment: str | None = None) -> Record:
    """Return the unfinished deployment that `deploy` can *resume*.

    Raises NotFoundError if the last deployment succeeded or was undone, and ConflictError if it
    wasn't a deployment of a release.
    """
    name = workspace.environment(environment).name
    record = workspace.ledger.deployments.state(
        workspace.ledger.branches.snapshot_for(name), name
    ).record
    nothing = NotFoundError(f"No deployment to {name} was left unfinished.")
    if record is None:
        raise nothing
    match record.status:
        case "succeeded":
            raise nothing
        case "reverted":
            raise NotFoundError(
                f"{record.action} {record.version} to {name} was undone, so there is nothing to"
                " resume.",
                why=record.error or "",
                fix=f"To start again:  sfn-release deploy {record.version} --env {name}",
            )
        case "started" | "failed":
            pass
        case _:
            assert_never(record.status)
    match record.action:
        case "publish" | "deploy" | "promote":
            return record
        case "rollback" | "delete" | "adopt" | "acknowledge" | "handover":
            raise ConflictError(
                f"deploy can't resume the unfinished {record.action} in {name}.",
                fix="To finish it, run it again; or deploy a release by its version.",
            )
        case _:
            assert_never(record.action)


def deploy_target(
    content: ReleaseContent,
    site: Site,
    state: RecordedState,
    *,
    promoted_from: str | None = None,
    released: bool = True,
) -> Target:
    """Return the target of deploying *content*: rendered afresh, with versions that may have it.

    It is *released* unless it is the work tree's. Raises ConflictError for a release of found
    machines: it belongs to one environment.
    """
    if content.version is not None and is_found(content.version):
        raise ConflictError(
            f"{content.version} is a snapshot of adopted state machines and can't be deployed.",
            why="It contains one environment's ARNs.",
            fix=f"To restore it there:  sfn-release rollback {content.version}",
        )
    versions = earlier_versions(site.ledger, content, site.name, state, released=released)
    action: Action = "promote" if promoted_from else "deploy"
    found = target(content, site, state, action, versions=versions, released=released)
    served = state.serving
    if served and served.version == content.version and served.release_digest != content.digest:
        note = f"your trial of {served.version} is live in {site.name}; this is the team's release"
        found = replace(found, notes=(*found.notes, note))
    return replace(found, promoted_from=promoted_from)
