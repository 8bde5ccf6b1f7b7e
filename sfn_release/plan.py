"""Plans: what a deployment will do, decided from what is there. Pure: no network, Git or clock.

`plan` compares a Target (what is to be served) with what was Observed and answers with frozen
steps in two phases: *prepare* every workflow (create, update, publish), then *switch* every alias.
There is one plan and several readers: the command line prints it, `deployment` applies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_release.canonical import short
from sfn_release.errors import ConflictError, NotOursError
from sfn_release.record import Action, Change, Served, Serving
from sfn_release.rendering import Rendered

TAG_PREFIX = "sfn-release:"
_BY = "sfn-release"  # how the descriptions that we write begin


@dataclass(frozen=True)
class ObservedAlias:
    """An alias as AWS has it; *routing* maps version ARNs to weights."""

    arn: str
    routing: Mapping[str, int]
    description: str = ""


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
    """

    digest: str
    source: str
    rendered: Rendered
    version_arn: str | None = None


@dataclass(frozen=True)
class Target:
    """What an environment is to serve. *below* is what `record.Serving` will hold."""

    action: Action
    version: str
    commit: str
    release_digest: str
    workflows: Mapping[str, TargetWorkflow]
    below: str | None = None


@dataclass(frozen=True)
class CreateStateMachine:
    """Create a state machine and publish its first version."""

    workflow: str
    rendered: Rendered
    tags: Mapping[str, str]
    description: str

    def __str__(self) -> str:
        return f"create state machine {self.rendered.name} ({self.rendered.type})"


@dataclass(frozen=True)
class UpdateStateMachine:
    """Change the unqualified content of a state machine; *before* is what it replaces."""

    workflow: str
    arn: str
    rendered: Rendered
    before: Rendered | None

    def __str__(self) -> str:
        return f"update state machine {self.rendered.name}"


@dataclass(frozen=True)
class PublishVersion:
    """Publish the content that the step before left, or *revision* when there is none."""

    workflow: str
    arn: str
    revision: str | None
    description: str

    def __str__(self) -> str:
        return "publish a state machine version"


@dataclass(frozen=True)
class PointAlias:
    """Send an alias's callers to one version: *version_arn*, or the one just published."""

    workflow: str
    alias: str
    version_arn: str | None
    description: str
    before: ObservedAlias | None

    def __str__(self) -> str:
        to = number(self.version_arn) if self.version_arn else "the new version"
        if self.before is None:
            return f"create alias {self.alias} at {to}"
        return f"point alias {self.alias} at {to} (now {routing_text(self.before.routing)})"


@dataclass(frozen=True)
class TagStateMachine:
    """Bring the tags up to date."""

    workflow: str
    arn: str
    tags: Mapping[str, str]
    removed: tuple[str, ...]

    def __str__(self) -> str:
        changes = [f"{key}={value}" for key, value in self.tags.items()]
        return "tag " + ", ".join(changes + [f"without {key}" for key in self.removed])


@dataclass(frozen=True)
class DeleteStateMachine:
    """Delete a state machine with all its versions and aliases."""

    workflow: str
    arn: str

    def __str__(self) -> str:
        return f"delete {self.arn} with its versions and aliases"


Step = (
    CreateStateMachine
    | UpdateStateMachine
    | PublishVersion
    | PointAlias
    | TagStateMachine
    | DeleteStateMachine
)


@dataclass(frozen=True)
class WorkflowPlan:
    """What happens to one workflow. *notes* are what people should know before it does.

    *version_arn* is the state machine version that will serve, None when it is yet to be made.
    """

    workflow: str
    change: Change
    version_arn: str | None = None
    prepare: tuple[Step, ...] = ()
    switch: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a deployment will do to an environment."""

    environment: str
    action: Action
    version: str
    from_version: str | None
    workflows: tuple[WorkflowPlan, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step in the order it is applied: all that prepare, then all that switch."""
        prepare = [step for workflow in self.workflows for step in workflow.prepare]
        return (*prepare, *(step for workflow in self.workflows for step in workflow.switch))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form: ``environment, version, changes, steps``."""
        return {
            "environment": self.environment,
            "action": self.action,
            "version": self.version,
            "from_version": self.from_version,
            "changes": bool(self.steps),
            "steps": [step_json(step) for step in self.steps],
            "workflows": {plan.workflow: plan.change for plan in self.workflows},
            "notes": [note for plan in self.workflows for note in plan.notes],
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
) -> Plan:
    """Decide what brings *environment* from what was *observed* to *target*.

    *deployment* is the id that the alias descriptions will carry. *serving* is what the ledger
    says of now, *known* the deployments of this ledger that the observed aliases name. *adopt*
    takes over a state machine that is not ours, or that another ledger deploys.

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
        plans.append(
            _plan_workflow(
                name,
                workflow,
                there,
                owner=owner,
                origin=origin,
                alias=alias,
                version_text=f"{_BY} {target.version} {short(workflow.rendered.digest)}",
                alias_text=f"{_BY} {target.version} {deployment}",
                dropped=_dropped_tags(served, workflow.rendered),
            )
        )
    for name in sorted(serving.workflows if serving else ()):
        if name not in target.workflows:
            note = f"{name} is not in {target.version} and stays: `sfn-release delete {name}`"
            kept = serving.workflows[name].version_arn if serving else None
            plans.append(WorkflowPlan(name, "retained", kept, notes=(note,)))
    return Plan(
        environment=environment,
        action=target.action,
        version=target.version,
        from_version=serving.version if serving else None,
        workflows=tuple(plans),
    )


def plan_delete(environment: str, workflow: str, arn: str, serving: Serving) -> Plan:
    """Return the plan that deletes one workflow's state machine."""
    step = DeleteStateMachine(workflow, arn)
    return Plan(
        environment=environment,
        action="delete",
        version=serving.version,
        from_version=serving.version,
        workflows=(WorkflowPlan(workflow, "deleted", switch=(step,)),),
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
    dropped: frozenset[str],
) -> WorkflowPlan:
    rendered = workflow.rendered
    at_once = () if alias else (f"{name} has no alias: its callers see the change at once",)
    if there is None:
        create = CreateStateMachine(
            name, rendered, {**rendered.tags, **owner, **origin}, version_text
        )
        pointing = (PointAlias(name, alias, None, alias_text, None),) if alias else ()
        return WorkflowPlan(name, "created", None, (create,), pointing, at_once)

    latest = there.latest is not None and there.latest.digest == rendered.digest
    update = UpdateStateMachine(name, there.arn, rendered, there.latest)
    reused = _reusable(there, rendered.digest)
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
    tags = _tags(there.tags, {**rendered.tags, **owner}, origin)
    removed = tuple(sorted(key for key in dropped if key in there.tags))
    if tags or removed:
        switch.append(TagStateMachine(name, there.arn, tags, removed))
    notes = at_once if change != "unchanged" else ()
    if there.latest is None:
        notes = (*notes, f"the live definition of {name} cannot be read, so it is sent again")
    return WorkflowPlan(name, change, reused, tuple(prepare), tuple(switch), notes)


def _reusable(there: Observed, digest: str) -> str | None:
    """Return a version with this content: the one that serves, else the newest."""
    equal = [arn for arn, found in there.versions.items() if found == digest]
    routed = there.alias.routing if there.alias else {}
    return max(equal, key=lambda arn: (arn in routed, _number(arn)), default=None)


def _tags(
    live: Mapping[str, str], wanted: Mapping[str, str], origin: Mapping[str, str]
) -> dict[str, str]:
    """Return what has to be written.

    The origin names the release that brought the present content, so it stays as it is while the
    content does.
    """
    digest = TAG_PREFIX + "digest"
    if live.get(digest) != origin[digest] or any(key not in live for key in origin):
        wanted = {**wanted, **origin}
    return {key: value for key, value in wanted.items() if live.get(key) != value}


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
    if there.latest is not None and there.latest.type != rendered.type:
        raise ConflictError(
            f"{rendered.name} is {there.latest.type} and the release says {rendered.type}:"
            " AWS never changes a state machine's type.",
            fix=f"Give the workflow another name, or delete the state machine first:"
            f"  sfn-release delete {rendered.workflow} --env {environment}",
        )
    owner = {key: there.tags.get(TAG_PREFIX + key) for key in ("project", "environment")}
    if owner != {"project": project, "environment": environment} and not adopt:
        whose = (
            f"Its tags say project {owner['project']}, environment {owner['environment']}."
            if any(owner.values())
            else "It has no tags of sfn-release."
        )
        raise NotOursError(
            f"A state machine {rendered.name} exists that {environment} of {project} did not"
            " create.",
            why=f"{there.arn}\n  {whose}",
            fix="Rename the workflow, set another `name` template, or take it over with --adopt.",
        )
    description = there.alias.description if there.alias else ""
    deployment = alias_deployment(description)
    expected = served.alias_description if served else None
    foreign = deployment is not None and deployment not in known
    if foreign and description != expected and not adopt:
        raise ConflictError(
            f"Another ledger deploys to {rendered.name}.",
            why=f'Its alias says "{description}", and this project\'s ledger has no such'
            " deployment.",
            fix="Use one remote for one environment (`remote` in releases.toml), or take the state"
            " machine over with --adopt.",
        )


def alias_deployment(description: str) -> str | None:
    """Return the deployment id that an alias description of ours names."""
    words = description.split(" ")
    return words[2] if len(words) == 3 and words[0] == _BY else None  # noqa: PLR2004


def routing_text(routing: Mapping[str, int]) -> str:
    """Return a routing for people: ``:3``, or ``:3 90 %, :4 10 %``."""
    if len(routing) == 1:
        return number(next(iter(routing)))
    return ", ".join(f"{number(arn)} {weight} %" for arn, weight in routing.items()) or "nothing"


def number(version_arn: str) -> str:
    """Return a state machine version as people read it: ``:7``."""
    return ":" + version_arn.rpartition(":")[2]


def _number(version_arn: str) -> int:
    digits = version_arn.rpartition(":")[2]
    return int(digits) if digits.isdecimal() else 0


def step_json(step: Step) -> dict[str, Any]:
    """Return the JSON form of a step: ``workflow``, ``action`` and what it names."""
    action = {
        CreateStateMachine: "create",
        UpdateStateMachine: "update",
        PublishVersion: "publish",
        PointAlias: "point-alias",
        TagStateMachine: "tag",
        DeleteStateMachine: "delete",
    }[type(step)]
    members: dict[str, Any] = {"workflow": step.workflow, "action": action}
    match step:
        case CreateStateMachine():
            members |= {"name": step.rendered.name, "rendered_digest": step.rendered.digest}
        case UpdateStateMachine():
            members |= {"arn": step.arn, "rendered_digest": step.rendered.digest}
        case PointAlias():
            before = step.before.routing if step.before else None
            members |= {"alias": step.alias, "to": step.version_arn, "from": before}
        case TagStateMachine():
            members |= {"arn": step.arn, "tags": dict(step.tags), "removed": list(step.removed)}
        case PublishVersion() | DeleteStateMachine():
            members |= {"arn": step.arn}
    return members


def machine_names_clash(workflows: Iterable[Rendered]) -> tuple[str, str, str] | None:
    """Return a state machine name with the two workflows that claim it, None if none does."""
    claimed: dict[str, str] = {}
    for rendered in workflows:
        if rendered.name in claimed:
            return rendered.name, claimed[rendered.name], rendered.workflow
        claimed[rendered.name] = rendered.workflow
    return None
