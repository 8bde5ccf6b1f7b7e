"""Show how a plan changes each workflow, by state, field and meaning. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sfn_release.comparison.semantic_change import SemanticChange
from sfn_release.comparison.semantic_changes import semantic_changes
from sfn_release.permissions.workflow_place import place_of
from sfn_release.plan.decisions import pinned_as
from sfn_release.plan.model import Observed, Plan, Target, WorkflowPlan
from sfn_release.project import Environment
from sfn_release.release.differences import differences
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Serving


def with_differences(
    plan: Plan,
    target: Target,
    serving: Serving | None,
    old: Mapping[str, Rendered],
    observed: Mapping[str, Observed | None],
    environment: Environment,
) -> Plan:
    """Return *plan* with each workflow's differences from its *old* content, and their meaning.

    *old* is the content that callers get before. A new pin is no difference: the plan shows pins by
    themselves. Tags are compared with the *observed* ones: a tag that exists isn't added again, and
    a tag that another tool added isn't a difference. The *environment* fills ARNs of resources.
    """
    served = serving.workflows if serving else {}

    def compared(planned: WorkflowPlan) -> WorkflowPlan:
        name = planned.workflow
        if planned.change == "retained" and name in served and not served[name].retained:
            return replace(planned, semantic_changes=(_removal(name),))
        if planned.change == "created" and name in target.workflows:
            return replace(planned, new_definition=target.workflows[name].rendered.definition)
        if name not in old or name not in target.workflows:
            return planned
        workflow = target.workflows[name]
        new = pinned_as(workflow, served[name]) if name in served else workflow.rendered
        machine = observed.get(name)
        before = replace(old[name], tags=new.tags)
        if name in served and machine is not None:
            dropped = () if served[name].found else old[name].tags  # tags that were found stay
            tags = {key: machine.tags[key] for key in {*new.tags, *dropped} & machine.tags.keys()}
            before = replace(old[name], tags=tags)
        return replace(
            planned,
            differences=differences(before, new),
            semantic_changes=semantic_changes(
                before, new, workflow=name, place=place_of(environment, new)
            ),
            old_definition=before.definition,
            new_definition=new.definition,
        )

    return replace(plan, workflows=tuple(compared(planned) for planned in plan.workflows))


def _removal(workflow: str) -> SemanticChange:
    """Return the change of a workflow that the release no longer has.

    Its state machine stays, so the reason isn't the one of a comparison of releases.
    """
    reason = "The state machine stays until you delete it, and releases no longer update it."
    return SemanticChange(workflow, "", "removed", "breaking", "workflow removed", reason)
