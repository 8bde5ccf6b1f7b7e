"""delete: delete the state machine of one workflow."""

from __future__ import annotations

from sfn_release.deployment import deployer
from sfn_release.deployment.deletion import prepare_deletion
from sfn_release.deployment.prepared import PreparedDeletion
from sfn_release.deployment.request import Request
from sfn_release.operations.open_site import open_site
from sfn_release.operations.signature_policy import refuse_unsigned
from sfn_release.operations.unchanged import nothing_changed
from sfn_release.operations.workspace import Workspace
from sfn_release.release.record import Record


def plan_deletion(
    workspace: Workspace, workflow: str, *, environment: str | None = None
) -> PreparedDeletion:
    """Return the prepared deletion of *workflow*. Raises NotFoundError if it isn't live."""
    return prepare_deletion(open_site(workspace, workspace.environment(environment)), workflow)


def delete(
    workspace: Workspace,
    workflow: str,
    *,
    environment: str | None = None,
    reason: str | None = None,
) -> Record | None:
    """Delete the state machine of *workflow* with all versions; return the record.

    Its aliases are deleted too. Releases keep the definition: if you deploy or roll back to one of
    them, the state machine is created again. Raises NotFoundError if it isn't live.
    """
    request = Request(reason=reason)
    site = open_site(workspace, workspace.environment(environment))

    def prepare() -> PreparedDeletion:
        prepared = prepare_deletion(site, workflow)
        basis = prepared.basis
        refuse_unsigned(
            workspace, site.environment, basis.snapshot, "A deletion", records=[basis.state.tip]
        )
        return prepared

    with nothing_changed():
        prepared = prepare()
    return deployer.deploy(site, prepared, prepare, request)
