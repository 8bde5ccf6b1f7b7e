"""delete: delete the state machine of one workflow."""

from __future__ import annotations

from sfn_release.deployment import Prepared, prepare_delete
from sfn_release.operations.running import run
from sfn_release.operations.site import open_site
from sfn_release.operations.workspace import Workspace
from sfn_release.release.record import Record


def plan_deletion(
    workspace: Workspace, workflow: str, *, environment: str | None = None
) -> Prepared:
    """Return what deleting *workflow* would do; raises NotFoundError when it is not served."""
    return prepare_delete(open_site(workspace, workspace.environment(environment)), workflow)


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
    site = open_site(workspace, workspace.environment(environment))

    def decided() -> Prepared:
        return prepare_delete(site, workflow)

    return run(site, decided(), decided, reason=reason)
