"""Groups the workflows of a long plan that all get the same steps. Pure.

A reviewer has to see each workflow that is out of the ordinary: deleted or replaced, with a note or
a changed pin, with a change that breaks callers or that a role needs more for. A few new workflows
are, many aren't: they come with the first release. All others are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from sfn_release.comparison.semantic_change import ChangeClass, weightiest
from sfn_release.plan import Plan, WorkflowPlan
from sfn_release.plan.steps import (
    CreateStateMachine,
    DeleteStateMachine,
    HandOver,
    PointAlias,
    PublishVersion,
    ShiftWeight,
    Step,
    TagStateMachine,
    UpdateStateMachine,
    Watch,
)
from sfn_release.release.record import Change

LONG: Final = 8
"""A plan that changes more workflows than this is grouped."""
_LEAST: Final[Mapping[Change, int]] = {"updated": 3, "repointed": 3, "created": LONG + 1}
"""How many workflows a group has at least, by their change; others are never grouped."""
_UNSAFE: Final[frozenset[ChangeClass]] = frozenset({"permissions", "breaking"})


@dataclass(frozen=True)
class PlanGroup:
    """Workflows with the same *change* and steps.

    *change_class* is the weightiest class of their changes.
    """

    change: Change
    steps: tuple[str, ...]
    change_class: ChangeClass | None
    workflows: tuple[WorkflowPlan, ...]


@dataclass(frozen=True)
class PlanLayout:
    """How the changing workflows of a plan are shown: *listed* one by one, or in *groups*."""

    listed: tuple[WorkflowPlan, ...]
    groups: tuple[PlanGroup, ...] = ()


def plan_layout(plan: Plan, *, verbose: bool) -> PlanLayout:
    """Return which workflows are listed and which are grouped. *verbose* lists all."""
    loud = tuple(workflow for workflow in plan.workflows if workflow.changes)
    if verbose or len(loud) <= LONG:
        return PlanLayout(loud)
    alike = defaultdict(list)
    for workflow in loud:
        if _is_ordinary(workflow):
            kinds = tuple(_kind(step) for step in plan.steps_of(workflow))
            alike[workflow.change, kinds, weightiest(workflow.semantic_changes)].append(workflow)
    groups = tuple(
        PlanGroup(change, kinds, heaviest, tuple(workflows))
        for (change, kinds, heaviest), workflows in alike.items()
        if len(workflows) >= _LEAST[change]
    )
    grouped = {workflow.workflow for group in groups for workflow in group.workflows}
    return PlanLayout(
        tuple(workflow for workflow in loud if workflow.workflow not in grouped), groups
    )


def changed_pins(workflow: WorkflowPlan, *, every: bool) -> dict[str, str | None]:
    """Return the pins that a reviewer has to see: changed ones, and ones that aren't known.

    With *every*, unchanged pins are among them. Where the definition itself names the version,
    there is nothing to see.
    """
    return {
        written: now
        for written, now in workflow.pins.items()
        if now is None
        or (not now.endswith(written) and (every or now != workflow.pinned.get(written)))
    }


def _is_ordinary(workflow: WorkflowPlan) -> bool:
    return (
        workflow.change in _LEAST
        and not (workflow.notes or workflow.keep or workflow.permission_changes)
        and not changed_pins(workflow, every=False)
        and weightiest(workflow.semantic_changes) not in _UNSAFE
    )


def _kind(step: Step) -> str:  # noqa: PLR0911 - one for each kind
    """Return the short words of a step, as it stands in a group."""
    match step:
        case CreateStateMachine():
            return f"create ({step.rendered.type}), publish"
        case UpdateStateMachine():
            return "update"
        case PublishVersion():
            return "publish"
        case PointAlias():
            return f"{'create alias' if step.before is None else 'point'} {step.alias}"
        case ShiftWeight():
            return f"shift {step.alias}"
        case Watch():
            return "watch"
        case TagStateMachine():
            return "tag"
        case DeleteStateMachine():
            return "delete"
        case HandOver():
            return "hand over"
        case _:
            assert_never(step)
