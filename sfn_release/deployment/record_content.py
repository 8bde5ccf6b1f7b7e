"""The content of a deployment's records: its start, its outcomes, the served state. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

from sfn_release.deployment.machine_state import MachineState
from sfn_release.deployment.prepared import (
    LeftMachine,
    Prepared,
    PreparedAcknowledgement,
    PreparedDeletion,
    PreparedDeployment,
)
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.deployment.workflow_pins import bound
from sfn_release.errors import SfnReleaseError
from sfn_release.plan import Observed, Plan, TargetWorkflow
from sfn_release.plan.steps import PointAlias, TagStateMachine, names_text, step_line
from sfn_release.release.record import Lock, Record, WorkflowOutcome, timestamp
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import FoundMachine, Served, Serving


def started_record(
    site: Site,
    prepared: Prepared,
    request: Request,
    *,
    lock: Lock,
    now: datetime,
    expires: datetime,
) -> Record:
    """Return the record that starts a deployment: its plan, and the lock until *expires*."""
    plan = prepared.plan
    deployment = prepared if isinstance(prepared, PreparedDeployment) else None
    acknowledged = () if isinstance(prepared, PreparedDeletion) else prepared.acknowledged
    return Record(
        id=prepared.basis.id,
        environment=site.name,
        action=plan.action,
        version=plan.called,
        from_version=plan.from_version,
        commit=prepared.content.commit,
        release_digest=prepared.content.release_digest,
        status="started",
        actor=site.runtime.actor,
        host=site.runtime.host,
        reason=request.reason,
        started_at=timestamp(now),
        finished_at=None,
        expires_at=timestamp(expires),
        account=None,
        region=site.environment.region,
        config_blob=site.config_blob,
        workflows=outcomes(prepared, {}),
        lock=lock,
        plan=tuple(step_line(step) for step in plan.steps),
        parameters=deployment.target.parameters if deployment else {},
        override=deployment.override if deployment else None,
        promoted_from=deployment.target.promoted_from if deployment else None,
        acknowledged=acknowledged,
        parameter_origins=deployment.target.origins if deployment else {},
        replayed=deployment.replayed if deployment else {},
        handed_to=prepared.to_project if isinstance(prepared, PreparedDeletion) else None,
    )


def outcomes(
    prepared: Prepared, machines: Mapping[str, MachineState]
) -> dict[str, WorkflowOutcome]:
    """Return the outcome of every workflow; *machines* are the results so far.

    Before anything is applied there are none, and the outcomes are the planned ones.
    """
    if isinstance(prepared, PreparedAcknowledgement):
        return {}
    target = prepared.target.workflows if isinstance(prepared, PreparedDeployment) else {}
    found = {}
    for planned in prepared.plan.workflows:
        name = planned.workflow
        served = prepared.before.get(name)
        workflow = _as_sent(target[name], machines) if name in target else None
        machine = machines.get(name) or MachineState(version_arn=planned.version_arn)
        observed = prepared.observed.get(name)
        known = observed.arn if observed else served.state_machine_arn if served else None
        found[name] = WorkflowOutcome(
            digest=workflow.digest if workflow else served.digest if served else "",
            rendered_digest=(
                workflow.rendered.digest if workflow else served.rendered_digest if served else ""
            ),
            state_machine_arn=machine.arn or known,
            version_arn=machine.version_arn,
            previous_version_arn=served.version_arn if served else None,
            change=planned.change,
            pins=workflow.pins if workflow else served.pins if served else {},
        )
    return found


def _as_sent(workflow: TargetWorkflow, machines: Mapping[str, MachineState]) -> TargetWorkflow:
    """Return a workflow pinned to the versions of others that the deployment has made so far."""
    return bound(workflow, {name: machine.version_arn for name, machine in machines.items()})


def kept(prepared: Prepared) -> dict[str, Served]:
    """Return the served workflows that the deployment doesn't concern."""
    match prepared:
        case PreparedDeployment():
            concerned = {*prepared.target.workflows}
        case PreparedDeletion():
            concerned = {planned.workflow for planned in prepared.plan.workflows}
        case PreparedAcknowledgement():
            concerned = set()
        case _:
            assert_never(prepared)
    return {name: prepared.before[name] for name in sorted(prepared.before.keys() - concerned)}


def serving_after(
    prepared: Prepared,
    machines: Mapping[str, MachineState],
    kept_forms: Mapping[str, Rendered],
    untagged: Collection[str] = (),
) -> tuple[Serving, dict[str, Any]]:
    """Return the served state now, with every definition as it was sent.

    *kept_forms* are the recorded forms of the `kept` workflows; *untagged* the workflows whose tags
    could not be written.
    """
    basis = prepared.basis
    left = basis.left.items()
    definitions = {name: form.definition for name, form in kept_forms.items()}
    definitions |= {name: machine.definition for name, machine in left}
    if not isinstance(prepared, PreparedDeployment):
        workflows = kept(prepared) | {name: machine.served for name, machine in left}
        given = dict(prepared.serving.handed_over)
        if isinstance(prepared, PreparedDeletion) and prepared.to_project is not None:
            given |= {planned.workflow: prepared.to_project for planned in prepared.plan.workflows}
        serving = replace(
            prepared.serving, deployment=basis.id, workflows=workflows, handed_over=given
        )
        return serving, definitions
    target, before = prepared.target, basis.state.serving
    workflows = {
        name: replace(old, retained=old.retained or target.action != "adopt")
        for name, old in kept(prepared).items()
    }
    workflows |= {name: machine.served for name, machine in left}
    became = outcomes(prepared, machines)
    stale = {
        step.workflow: step.removed
        for step in prepared.plan.steps
        if isinstance(step, TagStateMachine) and step.workflow in untagged
    }
    for name, planned in target.workflows.items():
        workflow = _as_sent(planned, machines)
        observed = prepared.observed.get(name)
        alias = observed.alias.description if observed and observed.alias else None
        found = _found_after(workflow, observed, prepared.plan)
        unaliased = target.action == "adopt" and found is not None and alias is None
        workflows[name] = Served(
            digest=workflow.digest,
            rendered_digest=workflow.rendered.digest,
            source=workflow.source,
            settings=workflow.rendered.settings(),
            state_machine_arn=became[name].state_machine_arn or "",
            version_arn=became[name].version_arn,
            alias_description=machines[name].alias_description or alias,
            version=target.called,
            pins=workflow.pins,
            alias="" if unaliased else basis.alias,
            parameters=workflow.parameters,
            stale_tags=stale.get(name, ()),
            found=found,
        )
        definitions[name] = workflow.rendered.definition
    serving = Serving(
        version=target.called,
        commit=target.commit,
        release_digest=target.release_digest,
        deployment=basis.id,
        below=target.below,
        workflows=workflows,
        handed_over={
            name: project
            for name, project in (before.handed_over.items() if before else ())
            if name not in workflows
        },
    )
    return serving, definitions


def _found_after(
    workflow: TargetWorkflow, observed: Observed | None, plan: Plan
) -> FoundMachine | None:
    """Return the record of an adopted machine, with the split of its callers, if any."""
    if workflow.found is None:
        return None
    name = workflow.rendered.workflow
    points = [step for step in plan.steps if isinstance(step, PointAlias) and step.workflow == name]
    routing = (
        points[-1].routing
        if points
        else observed.alias.routing
        if observed and observed.alias
        else {}
    )
    split = workflow.found.routing if routing == workflow.found.routing else {}
    return replace(workflow.found, routing=split)


def untagged_warnings(plan: Plan, untagged: Mapping[str, SfnReleaseError]) -> tuple[str, ...]:
    """Return a line for each reason why tags could not be written, with the workflows it met."""
    if not untagged:
        return ()
    command = "rollback" if plan.action == "rollback" else "deploy"
    again = f"sfn-release {command} {plan.version} --env {plan.environment}"
    by_reason: dict[str, list[str]] = {}
    for name, error in sorted(untagged.items()):
        by_reason.setdefault(error.message, []).append(name)
    return tuple(
        f"the tags of {names_text(names)} still name the previous release: {reason}"
        f" To write them:  {again}"
        for reason, names in by_reason.items()
    )


def left_machine(
    attempt: Record, name: str, observed: Observed, form: Rendered, alias: str
) -> LeftMachine:
    """Return a machine that an unfinished *attempt* created, as the record keeps it from now on.

    *form* is its content, *alias* the environment's.
    """
    served = Served(
        digest=attempt.workflows[name].digest,
        rendered_digest=form.digest,
        source="",
        settings=form.settings(),
        state_machine_arn=observed.arn,
        version_arn=None,
        alias_description=observed.alias.description if observed.alias else None,
        version=attempt.version,
        retained=True,
        alias=alias,
    )
    return LeftMachine(served, form.definition)
