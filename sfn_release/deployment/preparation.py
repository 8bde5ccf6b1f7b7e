"""Decide a deployment: read the ledger and AWS, and make the plan. Only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from sfn_release.deployment.adoption import machines_to_adopt, with_kept
from sfn_release.deployment.alarms import refuse_firing
from sfn_release.deployment.credential_lifetime import outlasting
from sfn_release.deployment.known_machines import known_deployments, left_machines
from sfn_release.deployment.live_state import MachineQuery, observe
from sfn_release.deployment.lock import check_lock
from sfn_release.deployment.manual_changes import overwritten, with_notes
from sfn_release.deployment.pin_resolution import resolve_pins
from sfn_release.deployment.preflight import refuse_clash, refuse_unmet
from sfn_release.deployment.prepared import Basis, Decide, PreparedDeployment
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.deployment.workflow_pins import bound, refuse_elsewhere, told_of_new, waves
from sfn_release.ledger import Snapshot
from sfn_release.plan import (
    Observed,
    Plan,
    Target,
    plan,
    serving_version,
)
from sfn_release.plan.content_changes import with_differences
from sfn_release.plan.handing_over import refuse_half_given, without_handed_over
from sfn_release.plan.permission_needs import with_permission_changes
from sfn_release.plan.renamed_machines import (
    record_with_names,
    refuse_displaced,
    renamed_in,
    state_with_new_names,
    with_new_names,
    with_rename_notes,
)
from sfn_release.plan.traffic_shift import refuse_uncounted, shifted
from sfn_release.plan.unfinished_attempts import leftovers
from sfn_release.release.record import Record
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import RecordedState
from sfn_release.release.yank_list import refuse_yanked

_ATTEMPTS = 10  # unfinished ones whose leftovers are looked for


def prepare(site: Site, decide: Decide, request: Request) -> PreparedDeployment:
    """Decide a deployment from what the ledger and AWS say now. Only reads.

    *decide* returns the target for the environment's state. A traffic shift that an attempt of the
    same release didn't finish is resumed when that attempt was killed, or when *request* says so.

    Raises LockedError while another deployment is running, YankedError, and every refusal of
    `plan.plan`, of the `preflight` and of a traffic shift.
    """
    snapshot = site.ledger.branches.snapshot_for(site.name)
    state = site.ledger.deployments.state(snapshot, site.name)
    abandoned = check_lock(site, state)
    site.ledger.integrity.refuse_lost(snapshot, site.name)
    target = without_handed_over(decide(snapshot, state), state.serving, adopt=request.adopt)
    yanks = site.ledger.releases.yanked(snapshot)
    refuse_yanked(target.version, target.release_digest, yanks, called=target.called)
    refuse_clash(site, target)
    renamed = renamed_in(target, state.serving)
    refuse_displaced(target, state.serving, renamed, site.name)
    named = state_with_new_names(state, renamed)
    target, observed = _observe(site, named, resolve_pins(site, state, target))
    known = known_deployments(site, named, observed)
    if known is None:
        return prepare(site, decide, request)
    if not request.adopt:
        refuse_half_given(named, observed, site.name)
    claimed = {*target.workflows, *(named.serving.workflows if named.serving else ())}
    found = {machine.arn for machine in observed.values() if machine is not None}
    left = left_machines(site, state, claimed, found)
    identity = site.runtime.new_id(site.runtime.now())
    alias = site.environment.alias
    decided = plan(
        target,
        project=site.project,
        environment=site.name,
        alias=alias,
        deployment=identity,
        serving=named.serving,
        observed=observed,
        known=known,
        adopt=request.adopt,
        unclaimed=frozenset(left),
    )
    refuse_unmet(site, target, decided, observed)
    attempts = _attempts(site, named)
    adopting = machines_to_adopt(site, named, target, observed, known, attempts)
    drift = overwritten(
        site.ledger, site.project, alias, target, decided, named, observed, attempts, renamed
    )
    forms = _old_forms(site, named, decided, observed, renamed)
    decided = with_differences(decided, target, named.serving, forms, observed, site.environment)
    decided = with_permission_changes(decided, target, forms, site.environment)
    decided = with_rename_notes(decided, target, state.serving, renamed)
    decided = _shifted(
        site,
        snapshot,
        state,
        target,
        decided,
        observed,
        attempts,
        resume=request.resume,
        renamed=renamed,
    )
    return PreparedDeployment(
        basis=Basis(identity, snapshot, state, alias, abandoned, left),
        target=target,
        plan=with_kept(site, snapshot, state, with_notes(decided, drift), adopting),
        observed=observed,
        drift=drift,
        adopting=adopting,
        renamed=renamed,
    )


def _shifted(
    site: Site,
    snapshot: Snapshot,
    state: RecordedState,
    target: Target,
    decided: Plan,
    observed: Mapping[str, Observed | None],
    attempts: Sequence[Record],
    *,
    resume: bool,
    renamed: Mapping[str, str],
) -> Plan:
    """Return a plan with its stages, and with the changes that unfinished *attempts* left."""
    if attempts and state.serving is not None and state.tip is not None:
        # They are sent when this deployment fails and the attempts' changes are undone.
        forms = site.ledger.integrity.proven(snapshot, site.name, state.tip, state.serving)
        forms |= {new: replace(forms[old], workflow=new) for new, old in renamed.items()}
        serving = with_new_names(state.serving, renamed)
        decided = replace(decided, left=leftovers(serving, forms, observed, attempts))
    killed = state.record is not None and state.record.status == "started"
    same = state.record is not None and state.record.release_digest == target.release_digest
    strategy = site.environment.strategy
    refuse_uncounted(target, strategy, site.name)
    decided = shifted(
        decided,
        strategy,
        target=target,
        serving=state_with_new_names(state, renamed).serving,
        observed=observed,
        attempts=attempts,
        resume=resume or (killed and same),
    )
    if strategy is not None and strategy.limits.alarms and decided.stages:
        refuse_firing(site.aws.alarms, strategy.limits.alarms, site.name)
    return outlasting(site, decided)


def _old_forms(
    site: Site,
    state: RecordedState,
    decided: Plan,
    observed: Mapping[str, Observed | None],
    renamed: Mapping[str, str],
) -> dict[str, Rendered]:
    """Return the content that callers get now of every workflow that the plan changes.

    It is the recorded form, or that in AWS where nothing is recorded.
    """
    changed = [planned.workflow for planned in decided.workflows if planned.changes]
    forms = {
        name: machine.latest
        for name in changed
        if (machine := observed.get(name)) is not None and machine.latest is not None
    }
    if state.serving is None or state.tip is None:
        return forms
    served = state.serving.workflows
    part = {name: served[name] for name in changed if name in served}
    recorded = site.ledger.deployments.served(
        site.name, state.tip, replace(state.serving, workflows=part), names=renamed
    )
    return {**forms, **recorded}


def _attempts(site: Site, state: RecordedState) -> list[Record]:
    """Return the deployments that did not succeed since the last one that did."""
    if not state.unfinished:
        return []
    last = site.ledger.deployments.newest_first(site.name, state.tip, limit=_ATTEMPTS)
    attempts = takewhile(lambda record: record.status != "succeeded", last)
    serving = state.serving
    return [record_with_names(record, serving) if serving else record for record in attempts]


def _observe(
    site: Site, state: RecordedState, target: Target
) -> tuple[Target, dict[str, Observed | None]]:
    """Return the live machines, and *target* pinned to its own workflows that exist already.

    A workflow that others are pinned to is looked at before them, because their content depends on
    its version.
    """
    for operation in ("ListTagsForResource", "DescribeStateMachineAlias"):
        site.aws.expect(operation, len(target.workflows))
    observed: dict[str, Observed | None] = {}
    versions: dict[str, str | None] = {}
    for names in waves(target):
        for workflow in (target.workflows[name] for name in names):
            refuse_elsewhere(workflow.rendered, workflow.awaits, versions)
        ready = {name: bound(target.workflows[name], versions) for name in names}
        target = replace(target, workflows={**target.workflows, **ready})
        observed |= observe(
            site.client,
            {name: _wanted(state, target, name) for name in names},
            alias=site.environment.alias,
            search=state.unfinished,
        )
        versions |= {name: serving_version(ready[name], observed[name]) for name in names}
    return told_of_new(target), observed


def _wanted(state: RecordedState, target: Target, name: str) -> MachineQuery:
    """Return a machine to look for in AWS: its last ARN, and versions that may have its content."""
    rendered = target.workflows[name].rendered
    served = state.serving.workflows.get(name) if state.serving else None
    moved = served is not None and served.settings["state_machine"] != rendered.name
    versions = [served.version_arn] if served else []
    outcome = state.record.workflows.get(name) if state.record else None
    versions += [outcome.version_arn] if outcome else []
    versions.append(target.workflows[name].version_arn)
    found = target.workflows[name].found
    versions += [*found.routing] if found else []
    return MachineQuery(
        name=rendered.name,
        rendered_digest=rendered.digest,
        arn=served.state_machine_arn if served and not moved else None,
        versions=tuple(version for version in versions if version),
        every=found is not None and bool(found.routing),
    )
