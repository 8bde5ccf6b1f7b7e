"""Refuse a plan that can't work: two workflows of one name, or unmet `preconditions` of AWS."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.deployment.live_state import count_aliases, count_versions
from sfn_release.deployment.site import Site
from sfn_release.errors import ConflictError
from sfn_release.plan import Observed, Plan, Target, WorkflowPlan, machine_names_clash
from sfn_release.plan.preconditions import MAX_ALIASES, MAX_VERSIONS, Submission, refusal, unmet
from sfn_release.plan.steps import (
    NOT_YET,
    CreateStateMachine,
    PointAlias,
    PublishVersion,
    TagStateMachine,
    version_number,
)

_NEAR = MAX_VERSIONS - 100  # the number of a version, from which they are counted


def refuse_unmet(
    site: Site, target: Target, plan: Plan, observed: Mapping[str, Observed | None]
) -> None:
    """Raise the error that shows every condition that *plan* does not meet.

    It is a ConfigError or a DefinitionError. A recorded form has met them when it was sent.
    """
    problems = [
        problem
        for planned in plan.workflows
        if planned.steps and not target.workflows[planned.workflow].recorded
        for problem in unmet(_sending(site, target, planned, observed.get(planned.workflow)))
    ]
    if problems:
        raise refusal(site.name, problems)


def refuse_clash(site: Site, target: Target) -> None:
    """Raise ConflictError when two workflows of *target* would be one state machine."""
    clash = machine_names_clash(workflow.rendered for workflow in target.workflows.values())
    if clash is None:
        return
    machine, first, second = clash
    before = site.environment.first_names
    renamed = next((name for name in (first, second) if name in before), None)
    raise ConflictError(
        f"{first} and {second} would both be the state machine {machine} in {site.name}.",
        fix=f"{renamed} keeps the machine of {before[renamed]}. Give the other workflow another"
        f" name, or remove `renamed_from` of {renamed} from releases.toml."
        if renamed
        else "",
    )


def _sending(
    site: Site, target: Target, planned: WorkflowPlan, observed: Observed | None
) -> Submission:
    workflow = target.workflows[planned.workflow]
    steps = planned.steps
    live = observed.tags if observed else {}
    tags = {**live, **workflow.rendered.tags}
    for step in steps:
        if isinstance(step, CreateStateMachine | TagStateMachine):
            tags |= step.tags
        if isinstance(step, TagStateMachine):
            tags = {key: value for key, value in tags.items() if key not in step.removed}
    return Submission(
        environment=site.name,
        rendered=workflow.rendered,
        alias=site.environment.alias,
        tags={key: "" if value == NOT_YET else value for key, value in tags.items()},
        descriptions=[
            step.description
            for step in steps
            if isinstance(step, CreateStateMachine | PublishVersion | PointAlias)
        ],
        findings=workflow.findings,
        versions=_versions(site, planned, observed),
        aliases=_aliases(site, planned, observed),
    )


def _versions(site: Site, planned: WorkflowPlan, observed: Observed | None) -> int:
    """Count the versions afterwards, if a known version has a high number.

    AWS numbers them upwards and never again, so that there are no more than the highest number.
    """
    publishes = any(isinstance(step, PublishVersion) for step in planned.prepare)
    if observed is None or not publishes:
        return 0
    known = [*observed.versions, *(observed.alias.routing if observed.alias else ())]
    if max((version_number(arn) for arn in known), default=0) < _NEAR:
        return 0
    return count_versions(site.client, observed.arn) + 1


def _aliases(site: Site, planned: WorkflowPlan, observed: Observed | None) -> int:
    creates = any(isinstance(step, PointAlias) and step.before is None for step in planned.switch)
    if observed is None or not creates:
        return 0
    return min(count_aliases(site.client, observed.arn), MAX_ALIASES) + 1
