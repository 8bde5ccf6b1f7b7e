"""The input of a plan, and the plan: frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sfn_release.checks.finding import Finding
from sfn_release.comparison.semantic_change import SemanticChange
from sfn_release.permissions.permission_changes import PermissionChange
from sfn_release.plan.policy import Refusal
from sfn_release.plan.steps import (
    ObservedAlias,
    PointAlias,
    Step,
    TagStateMachine,
    Watch,
    step_json,
)
from sfn_release.release.differences import Difference
from sfn_release.release.record import Action, Change
from sfn_release.release.release import WORK_TREE
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import FoundMachine


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

    *pins* maps references, as the author wrote them, to exact versions. *awaits* maps references in
    *rendered* to workflows of this target whose new version isn't known yet: until then, *rendered*
    isn't final. *notes* name references that couldn't be pinned; *unpinned* does where pins are
    required. *parameters* are
    the values that filled it, None for a recorded form that doesn't know them. *findings* are
    errors in the definition as the environment fills it. *found* is the machine as it was
    before its adoption, in a release of found machines.
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
    parameters: Mapping[str, Any] | None = None
    findings: tuple[Finding, ...] = ()
    found: FoundMachine | None = None

    @property
    def latest(self) -> Rendered:
        """The content that ``$LATEST`` will have."""
        return self.found.unqualified(self.rendered) if self.found else self.rendered


@dataclass(frozen=True)
class Target:
    """The release that an environment should serve. *below* goes to `serving.Serving`.

    *version* is None for the work tree, which is planned and never deployed.
    *parameters* are the values that were used to render it, *promoted_from* the environment
    whose release a promotion takes. *notes* concern the whole deployment.
    *origins* say which stack or Terraform state a parameter's value comes from, and its serial
    number or time.
    """

    action: Action
    version: str | None
    commit: str
    release_digest: str
    workflows: Mapping[str, TargetWorkflow]
    below: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    promoted_from: str | None = None
    notes: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """The version, or ``the work tree``."""
        return self.version or WORK_TREE


@dataclass(frozen=True)
class WorkflowPlan:
    """The plan for one workflow. *notes* are for people, before it is applied.

    Its steps are in the order of their phases: *keep* publishes the content that an adoption finds,
    in a deployment of its own before this one; *prepare* makes a version, *switch* brings the
    alias's callers to it, *restore* brings ``$LATEST`` after them, *tags* name the release.

    *version_arn* is the state machine version that will serve, None when it is yet to be made.
    *pins* maps references to exact versions, None for a version that isn't made yet; *pinned* are
    the pins before. *differences* compare the new content with the old, without pins, and
    *semantic_changes* say what they mean. *old_definition* and *new_definition* are for a picture
    of the change, None on a side that lacks the workflow or isn't compared.
    """

    workflow: str
    change: Change
    version_arn: str | None = None
    prepare: tuple[Step, ...] = ()
    switch: tuple[Step, ...] = ()
    restore: tuple[Step, ...] = ()
    tags: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    pins: Mapping[str, str | None] = field(default_factory=dict)
    pinned: Mapping[str, str] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    semantic_changes: tuple[SemanticChange, ...] = ()
    keep: tuple[Step, ...] = ()
    permission_changes: tuple[PermissionChange, ...] = ()
    old_definition: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)
    new_definition: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step of this workflow in order, except the steps that shift its callers."""
        return (*self.keep, *self.prepare, *self.switch, *self.restore, *self.tags)

    @property
    def changes(self) -> bool:
        """Whether there is more to do than to name another release in our own tags."""
        return any(
            not (isinstance(step, TagStateMachine) and step.only_names) for step in self.steps
        )


@dataclass(frozen=True)
class ShiftStage:
    """One stage of a shift: *steps* bring every alias to a weight, which is then watched."""

    steps: tuple[Step, ...]
    watch: Watch


@dataclass(frozen=True)
class Plan:
    """All steps of a deployment to an environment.

    With a *strategy*, in words, callers are brought over in *stages* between the two phases;
    *resumed* is since when, if attempts that did not finish had begun to. *left* are steps of such
    attempts that stand in AWS: when this deployment fails, they are undone with its own.
    *version* is None for the work tree. *notes* concern all of it, and *role_notes* are the ones
    about roles. *refusals* are the objections of the environment's policies.
    """

    environment: str
    action: Action
    version: str | None
    from_version: str | None
    workflows: tuple[WorkflowPlan, ...]
    stages: tuple[ShiftStage, ...] = ()
    strategy: str | None = None
    resumed: str | None = None
    left: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    role_notes: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether there is more to do than to name another release in our own tags."""
        return any(workflow.changes for workflow in self.workflows)

    @property
    def called(self) -> str:
        """The version, or ``the work tree``."""
        return self.version or WORK_TREE

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step in the order it is applied.

        All that keep or prepare, then all that shift, switch aliases, restore ``$LATEST``, and
        write tags.
        """
        keep = [step for workflow in self.workflows for step in workflow.keep]
        prepare = [step for workflow in self.workflows for step in workflow.prepare]
        shift = [step for stage in self.stages for step in (*stage.steps, stage.watch)]
        switch = [step for workflow in self.workflows for step in workflow.switch]
        restore = [step for workflow in self.workflows for step in workflow.restore]
        tags = [step for workflow in self.workflows for step in workflow.tags]
        return (*keep, *prepare, *shift, *switch, *restore, *tags)

    def steps_of(self, planned: WorkflowPlan) -> tuple[Step, ...]:
        """Return the steps of a workflow in order, without *keep* and without traffic shifts."""
        new = [
            step
            for stage in self.stages
            for step in stage.steps
            if step.workflow == planned.workflow and isinstance(step, PointAlias)
        ]
        return (*planned.prepare, *new, *planned.switch, *planned.restore, *planned.tags)

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
            "changes": self.changes,
            "steps": [step_json(step) for step in self.steps],
            "strategy": self.strategy,
            "stages": [
                {
                    "weight": stage.watch.weight,
                    "interval_seconds": int(stage.watch.interval.total_seconds()),
                    "workflows": [step.workflow for step in stage.steps],
                }
                for stage in self.stages
            ],
            "workflows": {plan.workflow: plan.change for plan in self.workflows},
            "pins": {plan.workflow: dict(plan.pins) for plan in self.workflows if plan.pins},
            "differences": {
                plan.workflow: [difference.to_json() for difference in plan.differences]
                for plan in self.workflows
                if plan.differences
            },
            "semantic_changes": [
                change.to_json() for plan in self.workflows for change in plan.semantic_changes
            ],
            "permission_changes": {
                plan.workflow: [
                    {
                        "kind": change.kind,
                        "action": change.action,
                        "resource": change.resource,
                        "states": list(change.states),
                    }
                    for change in plan.permission_changes
                ]
                for plan in self.workflows
                if plan.permission_changes
            },
            "notes": [*(note for plan in self.workflows for note in plan.notes), *self.notes],
            "refusals": [refusal.to_json() for refusal in self.refusals],
        }
