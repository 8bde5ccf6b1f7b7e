"""plan: the plan of a deployment, a rollback or a deletion. Nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sfn_release.authoring.declaration import Declaration
from sfn_release.deployment.preparation import prepare
from sfn_release.deployment.prepared import PreparedDeployment
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.ledger import Snapshot
from sfn_release.operations.former_names import refuse_unknown_former
from sfn_release.operations.open_site import open_site
from sfn_release.operations.policy_checks import Verdict, changed_roles, verdict
from sfn_release.operations.release_target import unreleased
from sfn_release.operations.release_tests import untested
from sfn_release.operations.signature_policy import rollback_refusals
from sfn_release.operations.verbs.build import build_work_tree
from sfn_release.operations.verbs.delete import plan_deletion
from sfn_release.operations.verbs.deploy import deploy_target
from sfn_release.operations.verbs.rollback import prepare_rollback, unshown
from sfn_release.operations.workspace import Workspace
from sfn_release.permissions.role_comparison import role_notes
from sfn_release.plan import Plan, Target
from sfn_release.project.modules.acceptance import refuse_calls
from sfn_release.release.release import ReleaseContent
from sfn_release.release.serving import RecordedState
from sfn_release.release.version import parse_version


def plan_version(
    workspace: Workspace,
    version: str | None = None,
    *,
    environment: str | None = None,
    adopt: bool = False,
    declarations: Mapping[str, Declaration] | None = None,
) -> Plan:
    """Return the plan to deploy release *version*, or to publish the work tree for None.

    *declarations* are the workflows of the work tree, if you have built it already (`work_tree`).

    The objections of policies are part of the plan. Raises every other error that `publish` and
    `deploy` would raise before they write anything.
    """
    chosen = workspace.environment(environment)
    request = Request(adopt=adopt)
    wanted = parse_version(version) if version is not None else None
    if wanted is None:
        built = work_tree(workspace) if declarations is None else declarations
        refuse_unknown_former(workspace, built, adopt=adopt)
        site = open_site(workspace, chosen)
        prepared, content = prepare_work_tree(workspace, site, built, request)
    else:
        content = workspace.released(workspace.snapshot(), wanted).content
        refuse_unknown_former(workspace, content.declarations, adopt=adopt)
        site = open_site(workspace, chosen)

        def decide(_: Snapshot, state: RecordedState) -> Target:
            return deploy_target(content, site, state)

        prepared = prepare(site, decide, request)
    found = Verdict() if prepared.nothing_to_do else verdict(workspace, site, prepared, content)
    tests = untested(workspace, built) if wanted is None else ()
    return found.after(tests).shown_in(prepared.plan)


def plan_rollback(
    workspace: Workspace,
    version: str | None = None,
    *,
    environment: str | None = None,
    rerender: bool = False,
    adopt: bool = False,
) -> Plan:
    """Return the plan of `rollback`; raises its errors, up to its first write."""
    site = open_site(workspace, workspace.environment(environment))
    wanted = parse_version(version) if version is not None else None
    done = unshown(workspace, site) if wanted is None else None
    prepared = prepare_rollback(workspace, site, wanted, Request(adopt=adopt, rerender=rerender))
    unsigned = rollback_refusals(workspace, site.environment, prepared)
    roles = role_notes(changed_roles(site, prepared), refused=False)
    notes = (*prepared.plan.notes, *roles)
    made = replace(prepared.plan, refusals=unsigned, notes=notes, role_notes=roles)
    if done is None:
        return made
    note = (
        f"The rollback to {done.version} succeeded at {done.finished_at} but never showed its"
        " result. The next `rollback` shows it; the one after follows this plan."
    )
    return replace(made, notes=(*made.notes, note))


def plan_delete(workspace: Workspace, workflow: str, *, environment: str | None = None) -> Plan:
    """Return the plan of `delete`; raises NotFoundError when *workflow* is not served."""
    return plan_deletion(workspace, workflow, environment=environment).plan


def work_tree(workspace: Workspace) -> dict[str, Declaration]:
    """Build the work tree and return its workflows by name.

    Raises BuildError, and DefinitionError for a definition that `publish` would refuse.
    """
    built = build_work_tree(workspace)
    refuse_calls(built.declarations, workspace.project.silences)
    return {declaration.name: declaration for declaration in built.declarations}


def prepare_work_tree(
    workspace: Workspace, site: Site, declarations: Mapping[str, Declaration], request: Request
) -> tuple[PreparedDeployment, ReleaseContent]:
    """Prepare publishing the work tree to an environment. Only reads."""
    commit = workspace.git.history.head() or ""
    decided: list[ReleaseContent] = []

    def decide(snapshot: Snapshot, state: RecordedState) -> Target:
        content = unreleased(site.ledger, snapshot, declarations, version=None, commit=commit)
        decided.append(content)
        return deploy_target(content, site, state, released=False)

    prepared = prepare(site, decide, request)
    return prepared, decided[-1]
