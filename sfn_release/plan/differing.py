"""What a plan changes in each workflow, by state and field. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sfn_release.differences import differences
from sfn_release.plan.deciding import pinned_as
from sfn_release.plan.model import Plan, Target, WorkflowPlan
from sfn_release.record import Serving
from sfn_release.rendering import Rendered


def with_differences(
    plan: Plan, target: Target, serving: Serving | None, old: Mapping[str, Rendered]
) -> Plan:
    """Return *plan* with the differences of each workflow from its *old* content.

    *old* is the content that callers get before. A new pin is no difference: the plan shows pins
    by themselves. A tag that other tools have added is none either.
    """
    served = serving.workflows if serving else {}

    def one(planned: WorkflowPlan) -> WorkflowPlan:
        name = planned.workflow
        if name not in old or name not in target.workflows or planned.change == "created":
            return planned
        workflow = target.workflows[name]
        new = pinned_as(workflow, served[name]) if name in served else workflow.rendered
        before = old[name] if name in served else replace(old[name], tags=new.tags)
        if name in served and served[name].found is not None:  # tags that were found stay
            there = {key: value for key, value in before.tags.items() if key in new.tags}
            before = replace(before, tags=there)
        return replace(planned, differences=differences(before, new))

    return replace(plan, workflows=tuple(one(planned) for planned in plan.workflows))
