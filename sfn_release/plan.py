"""Plans: what a deployment will do, decided from what is there. Pure: no network, Git or clock.

`plan` compares a Target (what is to be served) with what was Observed and answers with frozen
steps in two phases: *prepare* every workflow (create, update, publish), then *switch* every alias.
There is one plan and several readers: the command line prints it, `deployment` applies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sfn_release.canonical import short
from sfn_release.errors import ConflictError, NotOursError
from sfn_release.pins import pin
from sfn_release.policy import Refusal
from sfn_release.record import Action, Change, Served, Serving
from sfn_release.rendering import Rendered
from sfn_release.steps import (
    CreateStateMachine,
    DeleteStateMachine,
    ObservedAlias,
    PointAlias,
    PublishVersion,
    Step,
    TagStateMachine,
    UpdateStateMachine,
    Watch,
    number,
    step_json,
)

TAG_PREFIX = "sfn-release:"
_BY = "sfn-release"  # how the descriptions that we write begin


@dataclass(frozen=True)
class Observed:
    """A state machine as AWS has it.

    *latest* is its unqualified content, None when AWS does not let us read it. *revision* names
    that content in AWS (None for a first revision). *versions* maps the ARNs of the versions that
    were described to their rendered digests.
    """

    arn: str
    latest: Rendered | None
    revision: str | None
    tags: Mapping[str, str]
    alias: ObservedAlias | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TargetWorkflow:
    """One workflow of a target. *digest* is the workflow digest of the release.

    *version_arn* is a state machine version that served this before, if the ledger knows one.
    *recorded* marks a form that was sent before, as the ledger has it.

    *pins* maps what the definition refers to, as its author wrote it, to exact versions. *awaits*
    maps what stands in *rendered* to the workflow of this target that it is to be pinned to, as
    long as the version of that one is not known: then *rendered* is not yet what will be sent.
    *notes* tell what could not be pinned, *unpinned* does where pins are required.
    """

    digest: str
    source: str
    rendered: Rendered
    version_arn: str | None = None
    recorded: bool = False
    pins: Mapping[str, str] = field(default_factory=dict)
    awaits: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unpinned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """What an environment is to serve. *below* is what `record.Serving` will hold.

    *parameters* are the values that were looked up to render it, *promoted_from* the environment
    whose release a promotion takes. *notes* are what people should know of the whole.
    """

    action: Action
    version: str
    commit: str
    release_digest: str
    workflows: Mapping[str, TargetWorkflow]
    below: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    promoted_from: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkflowPlan:
    """What happens to one workflow. *notes* are what people should know before it does.

    *version_arn* is the state machine version that will serve, None when it is yet to be made.
    *pins* maps references to exact versions, None for one that is yet to be made; *pinned* is what
    they were before.
    """

    workflow: str
    change: Change
    version_arn: str | None = None
    prepare: tuple[Step, ...] = ()
    switch: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    pins: Mapping[str, str | None] = field(default_factory=dict)
    pinned: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """One stage of a shift: *steps* bring every alias to a weight, which is then watched."""

    steps: tuple[Step, ...]
    watch: Watch


@dataclass(frozen=True)
class Plan:
    """What a deployment will do to an environment.

    With a *strategy*, in words, callers are brought over in *stages* between the two phases;
    *resumed* is since when, if attempts that did not finish had begun to. *left* are steps of such
    attempts that stand in AWS: when this deployment fails, they are undone with its own.
    *notes* concern all of it, *refusals* are those of the environment's policies.
    """

    environment: str
    action: Action
    version: str
    from_version: str | None
    workflows: tuple[WorkflowPlan, ...]
    stages: tuple[Stage, ...] = ()
    strategy: str | None = None
    resumed: str | None = None
    left: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step in the order it is applied: all that prepare, that shift, that switch."""
        prepare = [step for workflow in self.workflows for step in workflow.prepare]
        shift = [step for stage in self.stages for step in (*stage.steps, stage.watch)]
        switch = [step for workflow in self.workflows for step in workflow.switch]
        return (*prepare, *shift, *switch)

    def steps_of(self, one: WorkflowPlan) -> tuple[Step, ...]:
        """Return every step of a workflow but those that shift its callers, in order."""
        new = [
            step
            for stage in self.stages
            for step in stage.steps
            if step.workflow == one.workflow and isinstance(step, PointAlias)
        ]
        return (*one.prepare, *new, *one.switch)

    @property
    def watching(self) -> timedelta:
        """How long callers are watched before all of them are where they shall be."""
        return sum((stage.watch.interval for stage in self.stages), timedelta())

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form: ``environment, version, changes, steps``, and the stages."""
        return {
            "environment": self.environment,
            "action": self.action,
            "version": self.version,
            "from_version": self.from_version,
            "changes": bool(self.steps),
            "steps": [step_json(step) for step in self.steps],
            "strategy": self.strategy,
            "stages": [
                {
                    "weight": stage.watch.weight,
                    "interval_seconds": int(stage.watch.interval.total_seconds()),
                    "workflows": [one.workflow for one in stage.steps],
                }
                for stage in self.stages
            ],
            "workflows": {plan.workflow: plan.change for plan in self.workflows},
            "pins": {plan.workflow: dict(plan.pins) for plan in self.workflows if plan.pins},
            "notes": [*(note for plan in self.workflows for note in plan.notes), *self.notes],
            "refusals": [refusal.to_json() for refusal in self.refusals],
        }


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
    """Decide what brings *environment* from what was *observed* to *target*.

    *deployment* is the id that the alias descriptions will carry. *serving* is what the ledger
    says of now, *known* the deployments of this ledger that the observed aliases name. *adopt*
    takes over a state machine that is not ours, or that another ledger deploys. *unclaimed* are
    workflows that an attempt that did not finish has left in AWS.

    Raises NotOursError, and ConflictError for a changed type or another ledger's alias.
    """
    plans = []
    for name, workflow in sorted(target.workflows.items()):
        there = observed.get(name)
        served = serving.workflows.get(name) if serving else None
        if there is not None:
            _refuse(workflow.rendered, there, project, environment, known, served, adopt=adopt)
        owner = {TAG_PREFIX + "project": project, TAG_PREFIX + "environment": environment}
        origin = {
            TAG_PREFIX + "version": target.version,
            TAG_PREFIX + "commit": target.commit,
            TAG_PREFIX + "digest": workflow.digest,
        }
        # What awaits another workflow's version has no digest yet that could be told.
        content = "" if workflow.awaits else f" {short(workflow.rendered.digest)}"
        decided = _plan_workflow(
            name,
            workflow,
            there,
            owner=owner,
            origin=origin,
            alias=alias,
            version_text=f"{_BY} {target.version}{content}",
            alias_text=f"{_BY} {target.version} {deployment}",
            origin_stays=target.action == "rollback",
            dropped=_dropped_tags(served, workflow.rendered),
            left=_left_behind(served, workflow.rendered, alias),
        )
        plans.append(_with_pins(decided, workflow, served))
    for name in sorted(serving.workflows if serving else ()):
        if name not in target.workflows:
            note = f"{name} is not in {target.version} and stays: `sfn-release delete {name}`"
            kept = serving.workflows[name].version_arn if serving else None
            plans.append(WorkflowPlan(name, "retained", kept, notes=(note,)))
    for name in sorted(unclaimed):
        note = f"{name} was left by a deployment that did not finish: `sfn-release delete {name}`"
        plans.append(WorkflowPlan(name, "retained", notes=(note,)))
    return Plan(
        environment=environment,
        action=target.action,
        version=target.version,
        from_version=serving.version if serving else None,
        workflows=tuple(plans),
        notes=target.notes if any(one.prepare or one.switch for one in plans) else (),
    )


def plan_delete(
    workflow: str,
    *,
    project: str,
    environment: str,
    serving: Serving,
    there: Observed | None,
    known: frozenset[str] = frozenset(),
) -> Plan:
    """Return the plan that deletes the state machine of a *workflow* that is served.

    One that is gone already is deleted all the same: AWS does not mind, and the record follows.
    Raises NotOursError, and ConflictError for a machine that another ledger deploys to.
    """
    served = serving.workflows[workflow]
    if there is not None:
        name = served.settings["state_machine"]
        _refuse_others(name, there, project, environment, known, served)
    step = DeleteStateMachine(workflow, served.state_machine_arn)
    notes = tuple(
        f"{name} is pinned to {workflow}:{arn.rpartition(':')[2]} and will not find it"
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
    there: Observed | None,
    *,
    owner: Mapping[str, str],
    origin: Mapping[str, str],
    alias: str,
    version_text: str,
    alias_text: str,
    origin_stays: bool,
    dropped: frozenset[str],
    left: tuple[str, ...],
) -> WorkflowPlan:
    rendered = workflow.rendered
    at_once = () if alias else (f"{name} has no alias: its callers see the change at once",)
    if there is None:
        create = CreateStateMachine(
            name, rendered, {**rendered.tags, **owner, **origin}, version_text, workflow.awaits
        )
        pointing = (PointAlias(name, alias, None, alias_text, None),) if alias else ()
        return WorkflowPlan(name, "created", None, (create,), pointing, (*left, *at_once))

    latest = there.latest is not None and there.latest.digest == rendered.digest
    latest = latest and not workflow.awaits
    update = UpdateStateMachine(name, there.arn, rendered, there.latest, workflow.awaits)
    reused = serving_version(workflow, there)
    prepare: list[Step] = []
    switch: list[Step] = []
    if reused is None:
        # Update without publishing, then publish that very revision: AWS's only compare-and-swap.
        prepare = [] if latest else [update]
        prepare.append(PublishVersion(name, there.arn, there.revision, version_text))
    if alias and (reused is None or there.alias is None or there.alias.routing != {reused: 100}):
        switch.append(PointAlias(name, alias, reused, alias_text, there.alias))
    if reused is not None and not latest:
        # The alias first: its callers are right again before the unqualified ones.
        switch.append(update)
    change: Change = "unchanged"
    if prepare or switch:
        change = "updated" if reused is None else "repointed"
    tags = _tags(there.tags, {**rendered.tags, **owner}, origin, stays=origin_stays)
    removed = tuple(sorted(key for key in dropped if key in there.tags))
    if tags or removed:
        switch.append(TagStateMachine(name, there.arn, tags, removed))
    notes = (*left, *at_once) if change != "unchanged" else left
    if there.latest is None:
        notes = (*notes, f"the live definition of {name} cannot be read, so it is sent again")
    return WorkflowPlan(name, change, reused, tuple(prepare), tuple(switch), notes)


def _with_pins(
    decided: WorkflowPlan, workflow: TargetWorkflow, served: Served | None
) -> WorkflowPlan:
    """Return what was decided with what becomes of pins, and say so when nothing else changes."""
    if not (decided.prepare or decided.switch):
        return decided
    pins = {text: None if arn in workflow.awaits else arn for text, arn in workflow.pins.items()}
    pinned = served.pins if served else {}
    notes = (*decided.notes, *workflow.notes)
    if served and pins != pinned and _only_pins(workflow, served):
        notes = (
            *notes,
            f"the content of {decided.workflow} stays: only what it is pinned to changes",
        )
    return replace(decided, notes=notes, pins=pins, pinned=pinned)


def _only_pins(workflow: TargetWorkflow, served: Served) -> bool:
    """Tell whether the form would be the one that is served, were it pinned as that one is."""
    before = {
        now: served.pins.get(text, text)
        for text, now in workflow.pins.items()
        if now != served.pins.get(text, text)
    }
    form = workflow.rendered
    unpinned = replace(form, definition=pin(form.definition, before))
    return workflow.digest == served.digest and unpinned.digest == served.rendered_digest


def serving_version(workflow: TargetWorkflow, there: Observed | None) -> str | None:
    """Return the version that will serve: the one that does, else the newest with this content.

    None when it is yet to be made.
    """
    if there is None or workflow.awaits:
        return None
    equal = [arn for arn, found in there.versions.items() if found == workflow.rendered.digest]
    routed = there.alias.routing if there.alias else {}
    return max(equal, key=lambda arn: (arn in routed, _number(arn)), default=None)


def _tags(
    live: Mapping[str, str],
    wanted: Mapping[str, str],
    origin: Mapping[str, str],
    *,
    stays: bool,
) -> dict[str, str]:
    """Return what has to be written.

    The origin names the release that last brought new content, so it stays as it is while the
    content does. A rollback lets it stay too: that saves a write for each workflow, and what is
    served now is what the alias's description says, and the record.
    """
    other = live.get(TAG_PREFIX + "digest") != origin[TAG_PREFIX + "digest"]
    if (other and not stays) or any(key not in live for key in origin):
        wanted = {**wanted, **origin}
    return {key: value for key, value in wanted.items() if live.get(key) != value}


def _left_behind(served: Served | None, rendered: Rendered, alias: str) -> tuple[str, ...]:
    """Return the notes that a workflow gets another machine or alias, and the one before stays."""
    if served is None:
        return ()
    workflow, machine = rendered.workflow, served.settings["state_machine"]
    if machine != rendered.name:
        note = (
            f"{workflow} was the state machine {machine}, which stays"
            f" with its callers and is no longer looked after: {served.state_machine_arn}"
        )
        return (note,)
    if served.alias and served.alias != alias:
        at = number(served.version_arn) if served.version_arn else "its version"
        note = (
            f"the alias {served.alias} of {workflow} stays at {at} with its callers and is no"
            " longer moved: delete it when nobody calls it any more"
        )
        return (note,)
    return ()


def _dropped_tags(served: Served | None, rendered: Rendered) -> frozenset[str]:
    """Return the tags that the last release declared and this one does not."""
    return frozenset(served.settings["tags"] if served else ()) - frozenset(rendered.tags)


def _refuse(
    rendered: Rendered,
    there: Observed,
    project: str,
    environment: str,
    known: frozenset[str],
    served: Served | None,
    *,
    adopt: bool,
) -> None:
    if not adopt:
        _refuse_others(rendered.name, there, project, environment, known, served)
    if there.latest is not None and there.latest.type != rendered.type:
        raise ConflictError(
            f"{rendered.name} is {there.latest.type} and the release says {rendered.type}:"
            " AWS never changes a state machine's type.",
            fix=f"Give the workflow another name, or delete the state machine first:"
            f"  sfn-release delete {rendered.workflow} --env {environment}",
        )


def _refuse_others(
    name: str,
    there: Observed,
    project: str,
    environment: str,
    known: frozenset[str],
    served: Served | None,
) -> None:
    """Raise NotOursError, or ConflictError, for a machine that somebody else looks after."""
    if not is_ours(there, project, environment):
        owner = {key: there.tags.get(TAG_PREFIX + key) for key in ("project", "environment")}
        whose = (
            f"Its tags say project {owner['project']}, environment {owner['environment']}."
            if any(owner.values())
            else "It has no tags of sfn-release."
        )
        raise NotOursError(
            f"The state machine {name} does not belong to {environment} of {project}.",
            why=f"{there.arn}\n  {whose}",
            fix="Rename the workflow, set another `name` template, or take it over with a"
            " deployment that says --adopt.",
        )
    description = there.alias.description if there.alias else ""
    deployment = alias_deployment(description)
    expected = served.alias_description if served else None
    if deployment is not None and deployment not in known and description != expected:
        raise ConflictError(
            f"Another ledger deploys to {name}.",
            why=f'Its alias says "{description}", and this project\'s ledger has no such'
            " deployment.",
            fix="Use one remote for one environment (`remote` in releases.toml), or take the state"
            " machine over with a deployment that says --adopt.",
        )


def is_ours(there: Observed, project: str, environment: str) -> bool:
    """Tell whether a machine's tags say that this environment of this project looks after it."""
    owner = {"project": project, "environment": environment}
    return all(there.tags.get(TAG_PREFIX + key) == value for key, value in owner.items())


def is_description(text: str) -> bool:
    """Tell whether the description of a state machine version, or alias, is one that we write."""
    return text.startswith(f"{_BY} ")


def is_alias_description(text: str) -> bool:
    """Tell whether the description of an alias is one that we write."""
    return alias_deployment(text) is not None


def alias_deployment(description: str) -> str | None:
    """Return the deployment id that an alias description of ours names."""
    words = description.split(" ")
    return words[2] if len(words) == 3 and words[0] == _BY else None  # noqa: PLR2004


def _number(version_arn: str) -> int:
    digits = version_arn.rpartition(":")[2]
    return int(digits) if digits.isdecimal() else 0


def machine_names_clash(workflows: Iterable[Rendered]) -> tuple[str, str, str] | None:
    """Return a state machine name with the two workflows that claim it, None if none does."""
    claimed: dict[str, str] = {}
    for rendered in workflows:
        if rendered.name in claimed:
            return rendered.name, claimed[rendered.name], rendered.workflow
        claimed[rendered.name] = rendered.workflow
    return None
