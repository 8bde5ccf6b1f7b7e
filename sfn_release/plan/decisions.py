"""Decide the steps from the live state of an environment to a target, in two phases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sfn_release.canonical import short
from sfn_release.names import TAG_PREFIX
from sfn_release.plan.model import Observed, Plan, Target, TargetWorkflow, WorkflowPlan
from sfn_release.plan.ownership import DESCRIBED_BY, refuse, refuse_others
from sfn_release.plan.renamed_machines import left_note, with_rename_hints
from sfn_release.plan.steps import (
    NOT_YET,
    CreateStateMachine,
    DeleteStateMachine,
    PointAlias,
    PublishVersion,
    Step,
    TagStateMachine,
    UpdateStateMachine,
    number,
    version_number,
)
from sfn_release.release.pins import pin
from sfn_release.release.record import Change
from sfn_release.release.release import WORK_TREE
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Served, Serving


def plan(
    target: Target,
    *,
    project: str,
    environment: str,
    alias: str,
    deployment: str,
    serving: Serving | None,
    observed: Mapping[str, Observed | None],
    known: frozenset[str] = frozenset(),
    adopt: bool = False,
    unclaimed: frozenset[str] = frozenset(),
) -> Plan:
    """Decide the steps that bring *environment* from its *observed* state to *target*.

    *deployment* is the id that the alias descriptions will carry. *serving* is the recorded
    state, *known* the deployments of this ledger that the observed aliases name. *adopt*
    takes over a state machine that is not ours, or that another ledger deploys. *unclaimed* are
    workflows that an attempt that did not finish has left in AWS.

    Raises NotOursError, and ConflictError for a changed type or another ledger's alias.
    """
    version = target.version or NOT_YET
    plans = []
    adopting = target.action == "adopt"
    for name, workflow in sorted(target.workflows.items()):
        machine = observed.get(name)
        served = serving.workflows.get(name) if serving else None
        if machine is not None:
            refuse(workflow.rendered, machine, project, environment, known, served, adopt=adopt)
        owner = {TAG_PREFIX + "project": project, TAG_PREFIX + "environment": environment}
        origin = {
            TAG_PREFIX + "version": version,
            TAG_PREFIX + "commit": target.commit if target.version else NOT_YET,
            TAG_PREFIX + "digest": workflow.digest,
        }
        # A form that waits for another workflow's version has no digest yet.
        content = "" if workflow.awaits else f" {short(workflow.rendered.digest)}"
        decided = _plan_workflow(
            name,
            workflow,
            machine,
            owner=owner,
            origin=origin,
            alias=alias,
            version_text=f"{DESCRIBED_BY} {version}{content}",
            alias_text=f"{DESCRIBED_BY} {version} {deployment}",
            dropped=_dropped_tags(served, workflow.rendered),
            left=() if adopting else _left_behind(served, workflow.rendered, alias),
            adopting=adopting,
        )
        plans.append(_with_pins(decided, workflow, served))
    plans = with_rename_hints(plans, target, serving)
    for name in sorted(serving.workflows if serving else ()):
        if name not in target.workflows:
            called = target.version or WORK_TREE
            note = f"{name} isn't in {called} and stays; {_deletion(name, environment)}"
            kept = serving.workflows[name].version_arn if serving else None
            plans.append(WorkflowPlan(name, "retained", kept, notes=(note,)))
    for name in sorted(unclaimed):
        note = f"an unfinished deployment created {name}; {_deletion(name, environment)}"
        plans.append(WorkflowPlan(name, "retained", notes=(note,)))
    return Plan(
        environment=environment,
        action=target.action,
        version=target.version,
        from_version=serving.version if serving else None,
        workflows=tuple(plans),
        notes=target.notes if any(planned.changes for planned in plans) else (),
    )


def _deletion(workflow: str, environment: str) -> str:
    return f"to delete it: `sfn-release delete {workflow} --env {environment}`"


def plan_delete(
    workflow: str,
    *,
    project: str,
    environment: str,
    serving: Serving,
    observed: Observed | None,
    known: frozenset[str] = frozenset(),
) -> Plan:
    """Return the plan that deletes the state machine of a *workflow* that is served.

    A machine that is gone already is deleted anyway: AWS accepts that, and the record follows.
    Raises NotOursError, and ConflictError for a machine that another ledger deploys to.
    """
    served = serving.workflows[workflow]
    if observed is not None:
        name = served.settings["state_machine"]
        refuse_others(name, observed, project, environment, known, served)
    step = DeleteStateMachine(workflow, served.state_machine_arn)
    notes = tuple(
        f"{name} is pinned to {workflow}:{arn.rpartition(':')[2]}, which will be gone"
        for name, other in sorted(serving.workflows.items())
        for arn in sorted({*other.pins.values()})
        if arn.rpartition(":")[0] == served.state_machine_arn and name != workflow
    )
    return Plan(
        environment=environment,
        action="delete",
        version=serving.version,
        from_version=serving.version,
        workflows=(WorkflowPlan(workflow, "deleted", switch=(step,), notes=notes),),
    )


def _plan_workflow(
    name: str,
    workflow: TargetWorkflow,
    observed: Observed | None,
    *,
    owner: Mapping[str, str],
    origin: Mapping[str, str],
    alias: str,
    version_text: str,
    alias_text: str,
    dropped: frozenset[str],
    left: tuple[str, ...],
    adopting: bool,
) -> WorkflowPlan:
    rendered = workflow.rendered
    at_once = (
        ()
        if alias or adopting
        else (f"{name} has no alias: its callers get the change immediately",)
    )
    if observed is None:
        create = CreateStateMachine(
            name, rendered, {**rendered.tags, **owner, **origin}, version_text, workflow.awaits
        )
        pointing = (PointAlias(name, alias, None, alias_text, None),) if alias else ()
        return WorkflowPlan(name, "created", None, (create,), pointing, notes=(*left, *at_once))

    live = observed.latest.digest if observed.latest is not None and not workflow.awaits else None
    update = UpdateStateMachine(name, observed.arn, rendered, observed.latest, workflow.awaits)
    reused = serving_version(workflow, observed)
    prepare: list[Step] = []
    switch: list[Step] = []
    restore: list[Step] = []
    if reused is None:
        # Update without publishing, then publish that very revision: AWS's only compare-and-swap.
        prepare = [] if live == rendered.digest else [update]
        prepare.append(PublishVersion(name, observed.arn, observed.revision, version_text))
        live = rendered.digest
    split = _split(workflow, observed)
    routing = split or ({reused: 100} if reused else {})
    pointed = bool(routing) and observed.alias is not None and observed.alias.routing == routing
    if alias and not adopting and not pointed:
        point = PointAlias(name, alias, reused, alias_text, observed.alias, routing=split)
        switch.append(point)
    if live != workflow.latest.digest:
        # The alias first: its callers are right again before the unqualified ones.
        restore.append(replace(update, rendered=workflow.latest))
    change: Change = "unchanged"
    if prepare or switch or restore:
        change = "updated" if reused is None else "repointed"
    if adopting and workflow.found is not None:
        change = "adopted"
    wanted = {**rendered.tags, **owner, **origin}
    tags = {key: value for key, value in wanted.items() if observed.tags.get(key) != value}
    removed = tuple(sorted(key for key in dropped if key in observed.tags))
    tagging = (TagStateMachine(name, observed.arn, tags, removed),) if tags or removed else ()
    notes = (*left, *at_once) if change != "unchanged" else left
    if observed.latest is None:
        notes = (*notes, f"the live definition of {name} can't be read, so it is sent again")
    return WorkflowPlan(
        name, change, reused, tuple(prepare), tuple(switch), tuple(restore), tagging, notes
    )


def _with_pins(
    decided: WorkflowPlan, workflow: TargetWorkflow, served: Served | None
) -> WorkflowPlan:
    """Add the pin changes to a workflow's plan, with a note when nothing else changes."""
    if not decided.changes:
        return decided
    pins = {text: None if arn in workflow.awaits else arn for text, arn in workflow.pins.items()}
    pinned = served.pins if served else {}
    notes = (*decided.notes, *workflow.notes)
    if served and pins != pinned and _only_pins(workflow, served):
        notes = (
            *notes,
            f"the content of {decided.workflow} doesn't change: only its pins do",
        )
    return replace(decided, notes=notes, pins=pins, pinned=pinned)


def _only_pins(workflow: TargetWorkflow, served: Served) -> bool:
    """Return whether the form differs from the served one in its pins only."""
    before = pinned_as(workflow, served)
    return workflow.digest == served.digest and before.digest == served.rendered_digest


def pinned_as(workflow: TargetWorkflow, served: Served) -> Rendered:
    """Return the form of *workflow* with the pins of the *served* one."""
    before = {
        now: served.pins.get(text, text)
        for text, now in workflow.pins.items()
        if now != served.pins.get(text, text)
    }
    form = workflow.rendered
    return replace(form, definition=pin(form.definition, before)) if before else form


def serving_version(workflow: TargetWorkflow, observed: Observed | None) -> str | None:
    """Return the version that will serve: the current one, else the newest with this content.

    None when it is yet to be made.
    """
    if observed is None or workflow.awaits:
        return None
    equal = [arn for arn, found in observed.versions.items() if found == workflow.rendered.digest]
    routed = observed.alias.routing if observed.alias else {}
    before = workflow.version_arn if workflow.found else None
    return max(
        equal, key=lambda arn: (arn == before, arn in routed, version_number(arn)), default=None
    )


def _split(workflow: TargetWorkflow, observed: Observed) -> Mapping[str, int]:
    """Return how callers were split when the machine was found, if all versions are there."""
    routing = workflow.found.routing if workflow.found else {}
    return routing if routing.keys() <= observed.versions.keys() else {}


def _left_behind(served: Served | None, rendered: Rendered, alias: str) -> tuple[str, ...]:
    """Return the notes that a workflow gets another machine or alias, and the one before stays."""
    if served is None:
        return ()
    workflow, machine = rendered.workflow, served.settings["state_machine"]
    if machine != rendered.name:
        return (left_note(workflow, served),)
    if served.alias and served.alias != alias:
        at = number(served.version_arn) if served.version_arn else "its version"
        note = (
            f"the alias {served.alias} of {workflow} stays at {at}, but sfn-release no longer"
            " moves it: delete it once it has no callers"
        )
        return (note,)
    return ()


def _dropped_tags(served: Served | None, rendered: Rendered) -> frozenset[str]:
    """Return the tags that earlier releases declared and this one does not.

    Tags that were found on an adopted machine aren't ours to remove.
    """
    if served is None or served.found is not None:
        return frozenset()
    return frozenset([*served.settings["tags"], *served.stale_tags]) - frozenset(rendered.tags)
