"""Hand a workflow's state machine over to another project. Pure.

The machine's tags name the other project, so that this one can't deploy to it any more. The other
one can't deploy either until it adopts the machine: there is no moment at which both may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sfn_release.errors import NotOursError
from sfn_release.names import TAG_PREFIX
from sfn_release.plan.model import Observed, Plan, Target, WorkflowPlan
from sfn_release.plan.ownership import refuse_others
from sfn_release.plan.steps import HandOver
from sfn_release.release.serving import RecordedState, Serving


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
    if observed is not None and not _has_tags_of(observed, to_project):
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


def refuse_half_given(
    state: RecordedState, observed: Mapping[str, Observed | None], environment: str
) -> None:
    """Raise NotOursError when a handover that didn't finish has given a machine away already.

    Its record has to follow, before anything else is deployed: the other project may have adopted
    the machine.
    """
    record = state.record
    if record is None or record.handed_to is None or not state.unfinished:
        return
    to = record.handed_to
    for name, outcome in record.workflows.items():
        machine = observed.get(name)
        if outcome.change == "handed-over" and machine and _has_tags_of(machine, to):
            raise NotOursError(
                f"The handover of {name} to the project {to} didn't finish.",
                why="Its state machine has the tags of that project already.",
                fix=f"Finish it:  sfn-release handover {name} --to {to} --env {environment}\n"
                "  Then run this again. A rollback leaves the state machine as it is.",
            )


def _has_tags_of(machine: Observed, project: str) -> bool:
    return machine.tags.get(TAG_PREFIX + "project") == project
