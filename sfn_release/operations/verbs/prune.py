"""prune: delete old state machine versions that nothing needs any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sfn_release.deployment.clock_check import aws_time
from sfn_release.deployment.known_machines import known_deployments
from sfn_release.deployment.live_state import MachineQuery, in_parallel, observe
from sfn_release.deployment.lock import check_lock
from sfn_release.deployment.recorded_needs import recorded_needs
from sfn_release.deployment.site import Site
from sfn_release.deployment.version_deletion import delete_versions
from sfn_release.deployment.version_use import (
    express_use,
    machine_versions,
    unqualified_use,
    version_content,
)
from sfn_release.errors import ConflictError, NotFoundError, SfnReleaseError, UsageError
from sfn_release.operations.open_site import open_site
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.ownership import refuse_others
from sfn_release.plan.pruning import (
    KeptVersion,
    MachineVersions,
    PrunedVersion,
    PrunePlan,
    RecordedNeeds,
    prune_plan,
    recorded_reasons,
)
from sfn_release.release.record import Record
from sfn_release.release.serving import RecordedState

KEEP = 10
"""How many of the last live releases keep their state machine versions by default."""


@dataclass(frozen=True)
class Pruned:
    """The result of `prune`. *stayed* are planned deletions that weren't possible in the end.

    *kept* are the versions that the plan keeps. *error* ended the command early, None if it
    finished. Versions in *deleted* are gone in either case.
    """

    environment: str
    keep: int
    deleted: tuple[PrunedVersion, ...]
    kept: tuple[KeptVersion, ...]
    stayed: tuple[KeptVersion, ...] = ()
    error: SfnReleaseError | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "environment": self.environment,
            "keep": self.keep,
            "deleted": [version.version_arn for version in self.deleted],
            "kept": [
                {
                    "version_arn": version.version_arn,
                    "workflow": version.workflow,
                    "because": version.because,
                }
                for version in (*self.kept, *self.stayed)
            ],
        }


def prune(
    workspace: Workspace,
    *,
    environment: str | None = None,
    keep: int = KEEP,
    confirm: Callable[[PrunePlan], None] = lambda _: None,
) -> Pruned:
    """Delete state machine versions that nothing needs, and return the deleted and kept ones.

    The last *keep* live releases keep their versions. *confirm* gets the plan before anything is
    deleted. It can raise an error to refuse the plan. Nothing is recorded: releases keep their
    definitions, so a rollback to a release publishes a deleted version again.

    Raises UsageError for *keep* below 1, NotFoundError if nothing was deployed, LockedError while a
    deployment runs, and ConflictError after an abandoned deployment.
    """
    if keep < 1:
        raise UsageError(
            f"--keep is {keep}, but the live release needs its versions.", fix="Keep 1 or more."
        )
    site = open_site(workspace, workspace.environment(environment))
    tip, plan = _plan(site, keep)
    if not plan.deleted:
        return Pruned(site.name, keep, (), plan.kept)
    confirm(plan)
    done = delete_versions(site, tip, plan.deleted)
    return Pruned(site.name, keep, done.deleted, plan.kept, done.kept, done.error)


def plan_prune(
    workspace: Workspace, *, environment: str | None = None, keep: int = KEEP
) -> PrunePlan:
    """Return the plan of `prune`; raises its errors, up to its first deletion."""
    return _plan(open_site(workspace, workspace.environment(environment)), keep)[1]


def _plan(site: Site, keep: int) -> tuple[str | None, PrunePlan]:
    """Return the environment's last event, and what `prune` would delete after it."""
    snapshot = site.ledger.branches.snapshot_for(site.name)
    state = site.ledger.deployments.state(snapshot, site.name)
    site.ledger.integrity.refuse_lost(snapshot, site.name)
    abandoned = check_lock(site, state)
    if abandoned is not None:
        raise ConflictError(
            f"A deployment to {site.name} never ended: {_named(abandoned.record)}.",
            why=f"{abandoned.reason}. It may need versions that no record names yet.",
            fix=f"Run it again to finish it, or close it:  sfn-release unlock --env {site.name}",
        )
    if state.serving is None:
        raise NotFoundError(f"Nothing is live in {site.name}, so there is nothing to prune.")
    machines, uses = _machines(site, state)
    listed = [arn for machine in machines for arn in machine.versions]
    needs = recorded_needs(site, snapshot, state, listed, keep=keep)
    known = {arn for machine in machines for arn in recorded_reasons(machine, needs)}
    workflow_of = {arn: machine.workflow for machine in machines for arn in machine.versions}
    site.aws.expect("DescribeStateMachine", len(listed))
    site.aws.expect("ListExecutions", len({*listed} - known))
    now = aws_time(site)
    contents = in_parallel(
        lambda arn: (
            arn,
            version_content(
                site.client, arn, use="" if arn in known else uses[workflow_of[arn]], now=now
            ),
        ),
        listed,
    )
    found = {arn: content for arn, content in contents if content is not None}
    plan = prune_plan(site.name, keep, machines, found, needs)
    started = _started_unqualified(site, plan, needs)
    if started:
        found |= {arn: replace(found[arn], use=use) for arn, use in started.items()}
        plan = prune_plan(site.name, keep, machines, found, needs)
    return state.tip, plan


def _started_unqualified(site: Site, plan: PrunePlan, needs: RecordedNeeds) -> dict[str, str]:
    """Return the versions to delete that executions without a version may start, with reasons."""
    starters = {
        version.version_arn: needs.starters.get(version.version_arn, frozenset())
        for version in plan.deleted
    }
    now = aws_time(site)
    uses = dict(
        in_parallel(
            lambda arn: (arn, unqualified_use(site.client, arn, now)),
            sorted(frozenset().union(*starters.values())),
        )
    )
    found = {arn: next(filter(None, map(uses.get, sorted(by))), "") for arn, by in starters.items()}
    return {arn: use for arn, use in found.items() if use}


def _named(record: Record) -> str:
    return f"{record.action} {record.version} of {record.started_at} by {record.actor}"


def _machines(
    site: Site, state: RecordedState
) -> tuple[list[MachineVersions], dict[str, str | None]]:
    """Return the machines of the served workflows, and what is known of all their executions.

    That is None where executions can be listed. A machine of another owner is left alone.
    """
    workflows = state.serving.workflows if state.serving else {}
    alias = site.environment.alias
    wanted = {
        name: MachineQuery(served.settings["state_machine"], "", served.state_machine_arn)
        for name, served in workflows.items()
    }
    observed = observe(site.client, wanted, alias=alias, search=False)
    known = known_deployments(site, state, observed)
    if known is None:
        raise ConflictError(
            f"A deployment to {site.name} began meanwhile.", fix="Run this again when it has ended."
        )
    ended = state.record.finished_at if state.record else None
    now = aws_time(site)

    def one(name: str) -> tuple[MachineVersions, str | None] | None:
        served, machine = workflows[name], observed[name]
        if machine is None:
            return None
        try:
            refuse_others(
                served.settings["state_machine"], machine, site.project, site.name, known, served
            )
            untouchable = ""
        except SfnReleaseError as error:
            untouchable = error.message
        found = machine_versions(site.client, name, machine.arn, untouchable=untouchable)
        if found is None:
            return None
        versions, type, moved = found
        moments = [moved] if moved else []
        if ended:
            moments.append(datetime.fromisoformat(ended))
        return versions, express_use(max(moments, default=None), now) if type == "EXPRESS" else None

    machines, uses = [], {}
    for answer in in_parallel(one, sorted(workflows)):
        if answer is not None:
            machines.append(answer[0])
            uses[answer[0].workflow] = answer[1]
    return machines, uses
