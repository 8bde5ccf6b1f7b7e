"""Ask the policies of an environment whether a release may enter it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from sfn_release.deployment.prepared import PreparedDeployment
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.errors import GitError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git.ancestry import branch_containing
from sfn_release.operations.signature_policy import missing_signatures
from sfn_release.operations.workspace import Workspace
from sfn_release.permissions.role_comparison import RoleComparison, not_compared, role_notes
from sfn_release.plan import Plan
from sfn_release.plan.policy import Refusal, matches, refusals, refused
from sfn_release.plan.policy_facts import Facts, LivePeriod, OnBranches, ReplayedWorkflow
from sfn_release.release.record import Change, Record, ReplayOutcome
from sfn_release.release.release import ReleaseContent

_HEADS = "refs/heads/"
_REPLACEMENTS: Mapping[str, str] = {"delete": "a deletion", "handover": "a handover"}
_NEW: tuple[Change, ...] = ("created", "updated", "repointed")


def permitted(
    workspace: Workspace,
    site: Site,
    prepared: PreparedDeployment,
    content: ReleaseContent,
    request: Request,
    *,
    overridden: bool = False,
) -> PreparedDeployment:
    """Return a prepared deployment, with the override that it needed.

    *overridden*: its release needed the override already. A deployment that changes nothing needs
    no permission. Raises PolicyError with all refusals.
    """
    if prepared.nothing_to_do:
        return prepared
    found = verdict(workspace, site, prepared, content)
    if found.refusals and request.override is None:
        raise refused(site.environment, str(content), found.refusals)
    for refusal in found.refusals:
        site.runtime.watcher.say(f"overridden: {refusal.message}")
    return replace(
        prepared,
        plan=replace(prepared.plan, notes=(*prepared.plan.notes, *found.notes)),
        override=request.override if found.refusals or overridden else None,
        replayed=found.replayed,
    )


@dataclass(frozen=True)
class Verdict:
    """What an environment's policies say of a release: objections, and *notes* for its plan.

    *replayed* is what was replayed for it. *role_notes* are the notes about roles.
    """

    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    replayed: Mapping[str, ReplayOutcome] = field(default_factory=dict)
    role_notes: tuple[str, ...] = ()

    def after(self, earlier: tuple[Refusal, ...]) -> Verdict:
        """Return the verdict with *earlier* refusals in front."""
        return replace(self, refusals=(*earlier, *self.refusals))

    def shown_in(self, plan: Plan) -> Plan:
        """Return a plan that shows it."""
        notes = (*plan.notes, *self.notes)
        return replace(plan, refusals=self.refusals, notes=notes, role_notes=self.role_notes)


def verdict(
    workspace: Workspace, site: Site, prepared: PreparedDeployment, content: ReleaseContent
) -> Verdict:
    """Return what the policies of an environment say of a release, or of the work tree."""
    environment = site.environment
    replays: Mapping[str, ReplayedWorkflow] = {}
    notes: tuple[str, ...] = ()
    if environment.replay is not None:
        from sfn_release.operations.replay_gate import gate_replays  # loads the simulator

        replays, notes = gate_replays(workspace, environment.replay, prepared, content)
    roles = changed_roles(site, prepared)
    facts = Facts(
        release=str(content),
        commit=content.commit,
        now=site.runtime.now(),
        live_periods={
            required: live_period(workspace, prepared.basis.snapshot, required, content)
            for required in environment.requires
        },
        branches=_on_branches(workspace, environment.branches, content.commit)
        if environment.branches
        else None,
        serves=prepared.basis.state.serving.version if prepared.basis.state.serving else None,
        drift=prepared.drift,
        unpinned=tuple(
            line for workflow in prepared.target.workflows.values() for line in workflow.unpinned
        ),
        replays=replays,
        version=content.version,
        roles=roles,
        signatures=missing_signatures(
            workspace,
            environment,
            prepared.basis.snapshot,
            version=content.version,
            records=[prepared.basis.state.tip],
        ),
    )
    required = environment.permissions == "required"
    about_roles = role_notes(roles, refused=required)
    notes += about_roles
    if required and not environment.has_iam:
        notes += (not_compared(environment.name),)
    outcomes = {name: found.outcome for name, found in replays.items() if found.outcome}
    return Verdict(refusals(environment, facts), notes, outcomes, about_roles)


def changed_roles(site: Site, prepared: PreparedDeployment) -> tuple[RoleComparison, ...]:
    """Return the roles of the workflows that a deployment changes, compared with their needs."""
    environment = site.environment
    if not environment.has_iam or environment.permissions == "off":
        return ()
    from sfn_release.operations.roles.compared_roles import compare_roles  # loads service models

    workflows = prepared.target.workflows
    rendered = {
        planned.workflow: workflows[planned.workflow].rendered
        for planned in prepared.plan.workflows
        if planned.change in _NEW and planned.workflow in workflows
    }
    return compare_roles(site.aws, environment, rendered)


def warn_of_roles(site: Site, prepared: PreparedDeployment) -> None:
    """Warn of permissions that the roles lack after a rollback.

    Call it after the rollback: no permission stops one, and none delays it.
    """
    for line in role_notes(changed_roles(site, prepared), refused=False):
        site.runtime.watcher.say(f"warning: {line}")


def live_period(
    workspace: Workspace, snapshot: Snapshot, environment: str, content: ReleaseContent
) -> LivePeriod:
    """Return when *environment* served a release last, recognised by its digest."""
    ledger = workspace.ledger
    tip = snapshot.refs.get(ledger.layout.env_ref(environment))
    after: Record | None = None
    for record in ledger.deployments.successes(environment, tip):
        match record.action:
            case "acknowledge":
                pass
            case "delete" | "handover":
                if any(name in content.declarations for name in record.workflows):
                    after = record  # it served the whole of nothing from then on
            case "publish" | "deploy" | "promote" | "rollback" | "adopt":
                if record.release_digest != content.digest:
                    after = record
                elif after is None:
                    return LivePeriod(record.finished_at)
                else:
                    replacement = _REPLACEMENTS.get(after.action, after.version)
                    return LivePeriod(record.finished_at, after.finished_at, replacement)
            case _:
                assert_never(record.action)
    return LivePeriod()


def _on_branches(workspace: Workspace, patterns: tuple[str, ...], commit: str) -> OnBranches:
    """Ask the ledger's remote, or this clone where there is none, for the branches of a commit."""
    git, remote = workspace.git, workspace.ledger.remote
    where = remote or "this clone"
    try:
        # git's own * crosses slashes: it lists more than what `matches` takes, never less
        asked = [_HEADS + pattern for pattern in patterns]
        found = git.remotes.ls_remote(remote, asked) if remote else git.refs.find(_HEADS)
        tips = {
            ref: tip for ref, tip in found.items() if matches(ref.removeprefix(_HEADS), patterns)
        }
        names = tuple(ref.removeprefix(_HEADS) for ref in tips)
        held = branch_containing(git, remote, tips, commit)
    except GitError as error:
        return OnBranches(where, unknown=" ".join((error.why or error.message).split()))
    return OnBranches(where, names, held.removeprefix(_HEADS) if held else None)
