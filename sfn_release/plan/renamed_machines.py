"""Workflows that go on with the state machine of another name: renamed ones. Pure.

The record of the environment names the machine's workflow as it was. Planning sees it under the new
name, so that its content, routing and tags are compared with the record as always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sfn_release.plan.model import Plan, Target, WorkflowPlan
from sfn_release.release.record import Record
from sfn_release.release.serving import RecordedState, Serving


def renamed_in(target: Target, serving: Serving | None) -> dict[str, str]:
    """Return the workflows of *target* whose state machine another workflow has: new → old.

    The old name isn't in *target*. It may be the later name: a rollback to a release before the
    rename goes back to the same machine.
    """
    if serving is None:
        return {}
    free = {
        served.settings["state_machine"]: name
        for name, served in serving.workflows.items()
        if name not in target.workflows
    }
    found = {}
    for name, workflow in target.workflows.items():
        machine = workflow.rendered.name
        own = serving.workflows.get(name)
        if machine in free and (own is None or own.settings["state_machine"] != machine):
            found[name] = free[machine]
    return found


def with_new_names(serving: Serving, renamed: Mapping[str, str]) -> Serving:
    """Return *serving* with each workflow of *renamed* under its new name."""
    if not renamed:
        return serving
    gone = {*renamed.values()}
    workflows = {name: served for name, served in serving.workflows.items() if name not in gone}
    workflows |= {new: serving.workflows[old] for new, old in renamed.items()}
    return replace(serving, workflows=workflows)


def state_with_new_names(state: RecordedState, renamed: Mapping[str, str]) -> RecordedState:
    """Return *state* with the workflows that it serves under their new names."""
    if state.serving is None:
        return state
    serving = with_new_names(state.serving, renamed)
    record = state.record and record_with_names(state.record, serving)
    return replace(state, serving=serving, record=record)


def record_with_names(record: Record, serving: Serving) -> Record:
    """Return *record* with its outcomes under the names that *serving* has for their machines."""
    names = {served.state_machine_arn: name for name, served in serving.workflows.items()}
    workflows = {
        names.get(outcome.state_machine_arn or "", name): outcome
        for name, outcome in record.workflows.items()
    }
    return replace(record, workflows=workflows)


def with_rename_notes(plan: Plan, renamed: Mapping[str, str], machines: Mapping[str, str]) -> Plan:
    """Return *plan* with a note for each renamed workflow; *machines* are the machines' names."""
    workflows = tuple(
        replace(planned, notes=(*planned.notes, _note(planned.workflow, renamed, machines)))
        if planned.workflow in renamed
        else planned
        for planned in plan.workflows
    )
    return replace(plan, workflows=workflows)


def _note(name: str, renamed: Mapping[str, str], machines: Mapping[str, str]) -> str:
    return (
        f"{name} was {renamed[name]} before: it keeps the state machine {machines[name]}, and"
        " callers notice nothing"
    )


def with_rename_hints(
    plans: Sequence[WorkflowPlan], target: Target, serving: Serving | None
) -> list[WorkflowPlan]:
    """Add a note to each new workflow that may be an old one under another name."""
    created = [planned.workflow for planned in plans if planned.change == "created"]
    left = {
        name: served
        for name, served in (serving.workflows.items() if serving else ())
        if name not in target.workflows and not served.retained
    }
    certain = len(created) == len(left) == 1
    hints = {}
    for name in created:
        digest = target.workflows[name].digest
        alike = [old for old in left if certain or left[old].digest == digest]
        if alike:
            hints[name] = (
                f"if {name} is {alike[0]} under a new name, callers of {alike[0]} stay on its state"
                f" machine and don't get {name}. To keep the machine, write in releases.toml:"
                f' [workflows.{name}] renamed_from = "{alike[0]}"'
            )
    return [
        replace(planned, notes=(*planned.notes, hints[planned.workflow]))
        if planned.workflow in hints
        else planned
        for planned in plans
    ]
