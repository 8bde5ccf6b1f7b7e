"""acknowledge: accept state machine versions that no release made, so that they are no drift."""

from __future__ import annotations

from sfn_release.deployment import deployer
from sfn_release.deployment.live_state import look
from sfn_release.deployment.lock import check_lock
from sfn_release.deployment.prepared import Basis, PreparedAcknowledgement
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.errors import ConflictError, NotFoundError
from sfn_release.operations.open_site import open_site
from sfn_release.operations.signature_policy import refuse_unsigned
from sfn_release.operations.workflow_status import strange_versions
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Plan
from sfn_release.release.record import Record


def acknowledge(
    workspace: Workspace, *, environment: str | None = None, reason: str | None = None
) -> Record | None:
    """Accept the state machine versions that no release made, and return the record.

    Afterwards `status` no longer reports them. Returns None if there are none. Changes nothing in
    AWS. Raises NotFoundError if the environment serves nothing, and ConflictError if a deployment
    is unfinished.
    """
    request = Request(reason=reason)
    site = open_site(workspace, workspace.environment(environment))

    def prepare() -> PreparedAcknowledgement:
        return _prepare(workspace, site)

    return deployer.deploy(site, prepare(), prepare, request)


def _prepare(workspace: Workspace, site: Site) -> PreparedAcknowledgement:
    snapshot = site.ledger.branches.snapshot_for(site.name)
    state = site.ledger.deployments.state(snapshot, site.name)
    abandoned = check_lock(site, state)
    serving = state.serving
    if serving is None:
        raise NotFoundError(f"Nothing was ever deployed to {site.name}.")
    refuse_unsigned(
        workspace, site.environment, snapshot, "Acknowledging versions", records=[state.tip]
    )
    # An attempt to acknowledge has changed nothing, and followed a success.
    if state.unfinished and state.record is not None and state.record.action != "acknowledge":
        raise ConflictError(
            f"The last deployment to {site.name} did not succeed.",
            why="Its record has to stay the last one until you deal with it.",
            fix=f"See what is open:  sfn-release status --env {site.name}",
        )
    alias = site.environment.alias
    live = look(site.client, serving.workflows, alias=alias, closer=True)
    near = {name: closer for name, (_, closer) in live.items() if closer is not None}
    strange = strange_versions(workspace.ledger, site.client, state, near)
    identity = site.runtime.new_id(site.runtime.now())
    return PreparedAcknowledgement(
        basis=Basis(identity, snapshot, state, alias, abandoned),
        serving=serving,
        plan=Plan(site.name, "acknowledge", serving.version, serving.version, ()),
        acknowledged=tuple(sorted(arn for versions in strange.values() for arn in versions)),
    )
