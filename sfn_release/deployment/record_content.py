"""What a deployment leaves: what became of each workflow, and what is served from now on. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sfn_release.deployment.machine_state import Machine
from sfn_release.deployment.prepared import Prepared
from sfn_release.deployment.workflow_pins import bound
from sfn_release.errors import SfnReleaseError
from sfn_release.plan import Observed, Plan, TargetWorkflow
from sfn_release.plan.steps import PointAlias, TagStateMachine, names_text
from sfn_release.release.record import Record, WorkflowOutcome
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import FoundMachine, Served, Serving


def outcomes(prepared: Prepared, machines: Mapping[str, Machine]) -> dict[str, WorkflowOutcome]:
    """Return what became of every workflow; *machines* is what applying the plan has learnt.

    Before anything is applied, that is nothing, and the outcomes are what is planned.
    """
    before = prepared.state.serving.workflows if prepared.state.serving else {}
    found = {}
    for planned in prepared.plan.workflows:
        name = planned.workflow
        served = before.get(name)
        workflow = prepared.target.workflows.get(name) if prepared.target else None
        workflow = _as_sent(workflow, machines) if workflow else None
        machine = machines.get(name) or Machine(version_arn=planned.version_arn)
        there = prepared.observed.get(name)
        known = there.arn if there else served.state_machine_arn if served else None
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


def _as_sent(workflow: TargetWorkflow, machines: Mapping[str, Machine]) -> TargetWorkflow:
    """Return a workflow pinned to the versions of others that the deployment has made so far."""
    return bound(workflow, {name: machine.version_arn for name, machine in machines.items()})


def kept(prepared: Prepared) -> dict[str, Served]:
    """Return what was served before and stays, although the deployment does not concern it."""
    before = prepared.state.serving.workflows if prepared.state.serving else {}
    if prepared.target is not None:
        stays = before.keys() - prepared.target.workflows.keys()
    else:
        stays = before.keys() - {planned.workflow for planned in prepared.plan.workflows}
    return {name: before[name] for name in sorted(stays)}


def serving_after(
    prepared: Prepared,
    machines: Mapping[str, Machine],
    kept_forms: Mapping[str, Rendered],
    untagged: Collection[str] = (),
) -> tuple[Serving, dict[str, Any]]:
    """Return what the environment serves now, with every definition as it was sent.

    *kept_forms* are the recorded forms of what is `kept`; *untagged* the workflows whose tags could
    not be written.
    """
    target = prepared.target
    adopting = target is not None and target.action == "adopt"
    definitions = {name: form.definition for name, form in kept_forms.items()}
    workflows = {
        name: replace(old, retained=old.retained or (target is not None and not adopting))
        for name, old in kept(prepared).items()
    }
    for name, left in prepared.unclaimed.items():
        attempt = prepared.state.record
        assert attempt is not None  # noqa: S101 - it is the attempt that left the machine
        workflows[name], definitions[name] = retained(attempt, name, left, prepared.alias)
    if target is None:
        before = prepared.state.serving
        assert before is not None  # noqa: S101 - what is deleted was served
        return replace(before, deployment=prepared.id, workflows=workflows), definitions
    became = outcomes(prepared, machines)
    stale = {
        step.workflow: step.removed
        for step in prepared.plan.steps
        if isinstance(step, TagStateMachine) and step.workflow in untagged
    }
    for name, planned in target.workflows.items():
        workflow = _as_sent(planned, machines)
        there = prepared.observed.get(name)
        alias = there.alias.description if there and there.alias else None
        found = _found_after(workflow, there, prepared.plan)
        unaliased = target.action == "adopt" and found is not None and alias is None
        workflows[name] = Served(
            digest=workflow.digest,
            rendered_digest=workflow.rendered.digest,
            source=workflow.source,
            settings=workflow.rendered.settings(),
            state_machine_arn=became[name].state_machine_arn or "",
            version_arn=became[name].version_arn,
            alias_description=machines[name].alias_description or alias,
            version=target.release,
            pins=workflow.pins,
            alias="" if unaliased else prepared.alias,
            parameters=workflow.parameters,
            stale_tags=stale.get(name, ()),
            found=found,
        )
        definitions[name] = workflow.rendered.definition
    serving = Serving(
        version=target.release,
        commit=target.commit,
        release_digest=target.release_digest,
        deployment=prepared.id,
        below=target.below,
        workflows=workflows,
    )
    return serving, definitions


def _found_after(
    workflow: TargetWorkflow, there: Observed | None, plan: Plan
) -> FoundMachine | None:
    """Return what is recorded of an adopted machine; how its callers were split, if they are."""
    if workflow.found is None:
        return None
    name = workflow.rendered.workflow
    points = [one for one in plan.steps if isinstance(one, PointAlias) and one.workflow == name]
    routing = points[-1].routing if points else there.alias.routing if there and there.alias else {}
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
        f"the tags of {names_text(names)} still name the release before: {reason}"
        f" To write them:  {again}"
        for reason, names in by_reason.items()
    )


def retained(attempt: Record, name: str, there: Observed, alias: str) -> tuple[Served, Any]:
    """Return a machine that an unfinished attempt left, as the environment keeps it from now on.

    *alias* is the environment's.
    """
    form = there.latest
    assert form is not None  # noqa: S101 - what cannot be read is not claimed
    served = Served(
        digest=attempt.workflows[name].digest,
        rendered_digest=form.digest,
        source="",
        settings=form.settings(),
        state_machine_arn=there.arn,
        version_arn=None,
        alias_description=there.alias.description if there.alias else None,
        version=attempt.version,
        retained=True,
        alias=alias,
    )
    return served, form.definition
