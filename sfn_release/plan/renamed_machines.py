"""Workflows that go on with the state machine of another name: renamed ones. Pure.

The record of the environment names the machine's workflow as it was. Planning sees it under the new
name, so that its content, routing and tags are compared with the record as always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sfn_release.errors import ConflictError
from sfn_release.plan.model import Plan, Target, WorkflowPlan
from sfn_release.release.record import Record
from sfn_release.release.serving import RecordedState, Served, Serving


def renamed_in(target: Target, serving: Serving | None) -> dict[str, str]:
    """Return the workflows of *target* whose state machine another workflow has: new → old.

    The old name may be the later name: a rollback to a release before the rename goes back to the
    same machine. Two workflows of *target* never have one machine.
    """
    if serving is None:
        return {}
    holders = {served.settings["state_machine"]: name for name, served in serving.workflows.items()}
    found = {}
    for name, workflow in target.workflows.items():
        old = holders.get(workflow.rendered.name, name)
        if old != name:
            found[name] = old
    return found


def displaced(serving: Serving | None, renamed: Mapping[str, str]) -> dict[str, Served]:
    """Return the workflows of *renamed* that have a machine of their own already, which they leave.

    A record has one machine for each workflow, so that machine would no longer be managed.
    """
    served = serving.workflows if serving else {}
    taken = {*renamed.values()}
    return {name: served[name] for name in renamed if name in served and name not in taken}


def refuse_displaced(
    target: Target, serving: Serving | None, renamed: Mapping[str, str], environment: str
) -> None:
    """Raise ConflictError when a renamed workflow has another machine already.

    A rollback isn't refused: its plan has a note.
    """
    left = displaced(serving, renamed)
    if not left or target.action == "rollback":
        return
    name, served = min(left.items(), key=lambda item: item[0])
    machine = served.settings["state_machine"]
    raise ConflictError(
        f"{name} can't keep the state machine {target.workflows[name].rendered.name}: in"
        f" {environment} it has another one already, {machine}.",
        why=f"sfn-release would no longer manage {machine}.",
        fix=f"Give the renamed workflow another name. If nothing needs {machine}, you can also"
        f" delete it first:  sfn-release delete {name} --env {environment}",
    )


def with_new_names(serving: Serving, renamed: Mapping[str, str]) -> Serving:
    """Return *serving* with each workflow of *renamed* under its new name."""
    if not renamed:
        return serving
    gone = {*renamed, *renamed.values()}
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


def with_rename_notes(
    plan: Plan, target: Target, serving: Serving | None, renamed: Mapping[str, str]
) -> Plan:
    """Return *plan* with notes for each renamed workflow of *target*.

    *serving* has the workflows under their old names.
    """
    left = displaced(serving, renamed)
    notes = {}
    for name, old in renamed.items():
        machine = target.workflows[name].rendered.name
        kept = f"it keeps the state machine {machine}, and callers notice nothing"
        notes[name] = [f"{name} was {old} before: {kept}"]
        if name in left:
            notes[name].append(left_note(name, left[name]))
    workflows = tuple(
        replace(planned, notes=(*planned.notes, *notes.get(planned.workflow, ())))
        for planned in plan.workflows
    )
    return replace(plan, workflows=workflows)


def left_note(workflow: str, served: Served) -> str:
    """Return the note that *workflow* leaves its machine, which is deployed to no more."""
    return (
        f"{workflow} is renamed: the old state machine {served.settings['state_machine']} keeps"
        f" running, but sfn-release no longer manages it: {served.state_machine_arn}"
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
