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
    """Prepare the deletion of *workflow*; raises NotFoundError when it is not served."""
    return prepare_deletion(open_site(workspace, workspace.environment(environment)), workflow)


def delete(
    workspace: Workspace,
    workflow: str,
    *,
    environment: str | None = None,
    reason: str | None = None,
) -> Record | None:
    """Delete the state machine of *workflow* with all its versions and aliases.

    The releases that hold it stay: deploying or rolling back to one creates it again. Raises
    NotFoundError when the environment does not serve it.
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
