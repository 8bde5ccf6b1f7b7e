"""Match the state machines in AWS with the ledger: known deployments, and leftovers. Only reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sfn_release.deployment.live_state import MachineQuery, observe
from sfn_release.deployment.prepared import LeftMachine
from sfn_release.deployment.record_content import left_machine
from sfn_release.deployment.site import Site
from sfn_release.ledger.deployment_history import DeploymentHistory
from sfn_release.plan import Observed, alias_deployment, is_ours
from sfn_release.plan.steps import ObservedAlias
from sfn_release.release.serving import RecordedState, Served


def known_deployments(
    site: Site, state: RecordedState, observed: Mapping[str, Observed | None]
) -> frozenset[str] | None:
    """Return which deployments that the aliases name stand in our ledger.

    An alias with its recorded description needs no search. None means that the ledger has moved
    since *state* was read, so an unknown deployment may be newer.
    """
    served = state.serving.workflows if state.serving else {}
    expected = {name: workflow.alias_description for name, workflow in served.items()}
    named = {
        deployment
        for name, machine in observed.items()
        if machine and machine.alias and machine.alias.description != expected.get(name)
        if (deployment := alias_deployment(machine.alias.description))
    }
    known = frozenset(name for name in named if site.ledger.deployments.contains(state, name))
    if known != named and site.ledger.branches.tip(site.name) != state.tip:
        return None
    return known


def names_unknown_deployment(
    deployments: DeploymentHistory,
    state: RecordedState,
    alias: ObservedAlias | None,
    served: Served,
) -> bool:
    """Return whether an alias names a deployment that the environment's branch doesn't have.

    Another ledger made it, or the branch was cut back after it. Only ``--adopt`` deploys there.
    """
    description = alias.description if alias else ""
    deployment = alias_deployment(description)
    if deployment is None or description == served.alias_description:
        return False
    return not deployments.contains(state, deployment)


def left_machines(
    site: Site, state: RecordedState, claimed: Collection[str], taken: Collection[str] = ()
) -> dict[str, LeftMachine]:
    """Return the machines that an unfinished attempt created, ours and readable.

    Machines of *claimed* workflows and the *taken* ones, by ARN, are left out. The others stay
    until someone deletes them, so they are recorded.
    """
    attempt = state.record
    if attempt is None or not state.unfinished:
        return {}
    alias = site.environment.alias
    known = {*taken}
    if state.serving is not None:  # also of workflows that the attempt renamed
        known |= {served.state_machine_arn for served in state.serving.workflows.values()}
    wanted = {
        name: MachineQuery(
            site.environment.state_machine_name(name),
            outcome.rendered_digest,
            outcome.state_machine_arn,
        )
        for name, outcome in attempt.workflows.items()
        if name not in claimed
    }
    found = observe(site.client, wanted, alias=alias, search=False)
    return {
        name: left_machine(attempt, name, observed, observed.latest, alias)
        for name, observed in found.items()
        if observed and observed.latest and is_ours(observed, site.project, site.name)
        if observed.arn not in known
    }
