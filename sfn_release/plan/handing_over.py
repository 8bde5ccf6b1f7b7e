"""Hand a workflow's state machine over to another project. Pure.

The machine's tags name the other project, so that this one can't deploy to it any more. The other
one can't deploy either until it adopts the machine: there is no moment at which both may.
"""

from __future__ import annotations

from dataclasses import replace

from sfn_release.errors import NotOursError
from sfn_release.names import TAG_PREFIX
from sfn_release.plan.model import Observed, Plan, Target, WorkflowPlan
from sfn_release.plan.ownership import refuse_others
from sfn_release.plan.steps import HandOver
from sfn_release.release.serving import Serving


def plan_handover(
    workflow: str,
    to_project: str,
    *,
    project: str,
    environment: str,
    serving: Serving,
    observed: Observed | None,
    known: frozenset[str],
) -> Plan:
    """Return the plan that hands the machine of a served *workflow* over to another project.

    A machine that has the other project's tags, or is gone, only leaves our record. Raises
    NotOursError and ConflictError for a machine of anyone else.
    """
    served = serving.workflows[workflow]
    steps: tuple[HandOver, ...] = ()
    if observed is not None and observed.tags.get(TAG_PREFIX + "project") != to_project:
        name = served.settings["state_machine"]
        refuse_others(name, observed, project, environment, known, served)
        owner = {"project": project, "environment": environment}
        before = {TAG_PREFIX + key: value for key, value in owner.items()}
        steps = (HandOver(workflow, observed.arn, to_project, before),)
    notes = [f"{to_project} can deploy to {workflow} once it runs:  sfn-release adopt"]
    if not served.retained:
        notes.append(
            f"{workflow} is part of {serving.version}: remove it from this project before you"
            " publish again"
        )
    return Plan(
        environment=environment,
        action="handover",
        version=serving.version,
        from_version=serving.version,
        workflows=(WorkflowPlan(workflow, "handed-over", switch=steps, notes=tuple(notes)),),
    )


def without_handed_over(target: Target, serving: Serving | None, *, adopt: bool) -> Target:
    """Return *target* without the workflows that were handed over to another project.

    A rollback leaves them as they are. Raises NotOursError for a release that is deployed anew,
    unless *adopt* takes them back.
    """
    given = {
        name: project
        for name, project in (serving.handed_over.items() if serving else ())
        if name in target.workflows
    }
    if not given or adopt:
        return target
    name, project = min(given.items())
    if target.action != "rollback":
        raise NotOursError(
            f"{name} was handed over to the project {project}.",
            why="It is still part of this release.",
            fix=f"Remove {name} from this project. To take it back, hand it over there, and adopt"
            f" it here:  sfn-release adopt {name}",
        )
    workflows = {key: value for key, value in target.workflows.items() if key not in given}
    notes = tuple(
        f"{key} belongs to the project {given[key]} and stays as it is" for key in sorted(given)
    )
    return replace(target, workflows=workflows, notes=(*target.notes, *notes))
