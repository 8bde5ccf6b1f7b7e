"""handover: give the state machine of a workflow to another project."""

from __future__ import annotations

from sfn_release.deployment import deployer
from sfn_release.deployment.deletion import prepare_deletion
from sfn_release.deployment.prepared import PreparedDeletion
from sfn_release.deployment.request import Request
from sfn_release.errors import UsageError
from sfn_release.operations.open_site import open_site
from sfn_release.operations.signature_policy import refuse_unsigned
from sfn_release.operations.unchanged import nothing_changed
from sfn_release.operations.workspace import Workspace
from sfn_release.project.value_rules import project_name
from sfn_release.release.record import Record


def handover(
    workspace: Workspace,
    workflow: str,
    to_project: str,
    *,
    environment: str | None = None,
    reason: str | None = None,
) -> Record | None:
    """Hand over the state machine of *workflow* to another project, and return the record.

    The history stays in this project's ledger, but this project can't deploy to the state machine
    any more. The other project takes it over with `adopt`. Callers notice nothing. Raises
    NotFoundError if the environment doesn't serve the workflow, and UsageError if *to_project*
    isn't a valid name of another project.
    """
    problem = project_name(to_project)
    if problem is None and to_project == workspace.project.name:
        problem = "It is this project."
    if problem:
        raise UsageError(f"You can't hand over to the project {to_project!r}.", why=problem)
    site = open_site(workspace, workspace.environment(environment))

    def prepare() -> PreparedDeletion:
        prepared = prepare_deletion(site, workflow, to_project=to_project)
        basis = prepared.basis
        refuse_unsigned(
            workspace, site.environment, basis.snapshot, "A handover", records=[basis.state.tip]
        )
        return prepared

    with nothing_changed():
        prepared = prepare()
    return deployer.deploy(site, prepared, prepare, Request(reason=reason))
