"""The next steps in an environment: each problem with the command that solves it.

After a deployment that never ended, several commands can follow. The first is the usual choice: it
finishes the deployment, or sends all callers back if they are split and nothing watches them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal, assert_never

from sfn_release.aws.clients import Aws
from sfn_release.operations.workflow_status import WorkflowStatus
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.release.record import Change, Record
from sfn_release.release.serving import RecordedState

EnvironmentState = Literal[
    "in-sync", "drifted", "never-deployed", "in-progress", "failed", "abandoned", "unreachable"
]

_CHANGED = frozenset({"drifted", "missing"})


def unclaimed(
    workspace: Workspace, environment: Environment, aws: Aws, state: RecordedState
) -> tuple[str, ...]:
    """Return the workflows that the last attempt created, and that are not served.

    Raises AwsError.
    """
    served = state.serving.workflows if state.serving else {}
    record = state.record
    if record is None or not state.unfinished or not record.workflows.keys() - served.keys():
        return ()
    from sfn_release.deployment.known_machines import left_machines  # the rest does without
    from sfn_release.operations.open_site import site_of

    return tuple(sorted(left_machines(site_of(workspace, environment, aws), state, served)))


def next_steps(
    environment: str,
    health: EnvironmentState,
    state: RecordedState,
    workflows: Sequence[WorkflowStatus],
    left: Collection[str],
    *,
    split: bool,
    newest: str | None,
    yanked: bool,
) -> tuple[str, ...]:
    """Return the next steps: a purpose and its command a line, each command once.

    *newest* is the newest release. *yanked*: the live release is, so you can't restore it.
    """
    record = state.record
    if record is None or health == "in-progress":
        return ()
    env = f" --env {environment}"
    attempt = [*_of_attempt(env, health, record, newest, split=split)]
    restored = [*_of_record(env, health, state, workflows, yanked=yanked, split=split)]
    choices = _once([*restored, *attempt] if split else [*attempt, *restored])
    if health == "abandoned":
        choices.append(f"only close it; AWS stays as it is:  sfn-release unlock{env}")
    if (health == "abandoned" or split) and len(choices) > 1:
        first, *others = choices
        choices = [f"usually, {first}", *(f"or {step}" for step in others)]
    return tuple(
        _once(
            [
                *choices,
                *(
                    f"delete the machine that the attempt created:  sfn-release delete {name}{env}"
                    for name in left
                ),
                *_of_versions(env, workflows),
            ]
        )
    )


def _once(steps: Sequence[str]) -> list[str]:
    """Return the steps without those whose command came before."""
    by_command: dict[str, str] = {}
    for step in steps:
        by_command.setdefault(step.partition(":  ")[2], step)
    return [*by_command.values()]


def _of_attempt(
    env: str, health: EnvironmentState, record: Record, newest: str | None, *, split: bool
) -> Iterator[str]:
    """Yield how to go on with an attempt that did not succeed."""
    if split and record.action in {"publish", "deploy", "promote"}:
        yield f"resume the traffic shift:  sfn-release deploy --resume{env}"
    if health in {"abandoned", "failed"}:
        purpose = "take it over and finish it" if health == "abandoned" else "try it again"
        for command in _again(record, newest):
            yield f"{purpose}:  sfn-release {command}{env}"


def _again(record: Record, newest: str | None) -> Iterator[str]:
    """Yield the command lines, up to the environment, that repeat an attempt."""
    match record.action:
        case "publish" | "deploy" | "promote":
            yield f"deploy {record.version}"
        case "rollback":
            yield f"rollback {record.version}"
        case "delete":
            yield from (f"delete {name}" for name in _changed(record, "deleted"))
        case "adopt":
            # It may be the first half of the deployment of a release, which no record names yet.
            if newest is not None:
                yield f"deploy {newest} --adopt"
            else:
                yield from (f"adopt {name}" for name in _changed(record, "adopted"))
        case "handover":
            to = record.handed_to
            yield from (f"handover {name} --to {to}" for name in _changed(record, "handed-over"))
        case "acknowledge":
            yield "acknowledge"
        case _:
            assert_never(record.action)


def _changed(record: Record, change: Change) -> list[str]:
    """Return the workflows that had this *change* in a deployment."""
    return [name for name, outcome in record.workflows.items() if outcome.change == change]


def _of_record(
    env: str,
    health: EnvironmentState,
    state: RecordedState,
    workflows: Sequence[WorkflowStatus],
    *,
    yanked: bool,
    split: bool,
) -> Iterator[str]:
    """Yield how to restore the recorded state, where something else is live."""
    serving = state.serving
    if serving is None:
        return
    if yanked:
        if health != "in-sync":
            yield f"roll back from {serving.version}, which is yanked:  sfn-release rollback{env}"
        return
    foreign = ", ".join(workflow.name for workflow in workflows if workflow.foreign)
    restore = f"sfn-release rollback {serving.version}{env}"
    if foreign:  # everything else is refused there
        restore = f"sfn-release deploy {serving.version}{env} --adopt"
    if health in {"abandoned", "failed"}:
        if state.record is not None and _half_given(state.record, workflows):
            return  # until it is finished, rollbacks are refused
        yield f"{_restored(serving.version, split=split)}:  {restore}"
        return
    changed = [
        workflow.name for workflow in workflows if workflow.state in _CHANGED and workflow.changed
    ]
    retained = [name for name in changed if serving.workflows[name].retained]
    if foreign:
        yield f"take {foreign} back, and keep what is live as a release of its own:  {restore}"
    elif changed != retained:
        yield f"undo the manual change, unless you put it into a release:  {restore}"
    for name in retained:
        yield f"delete {name}, retained, if nothing needs it:  sfn-release delete {name}{env}"


def _restored(version: str, *, split: bool) -> str:
    if split:
        return f"send all callers back to {version}, because nothing watches the shift any more"
    return f"restore {version}, which is recorded as live"


def _half_given(record: Record, workflows: Sequence[WorkflowStatus]) -> bool:
    """Return whether a handover that didn't finish has changed the machine's tags already."""
    given = _changed(record, "handed-over")
    return any(workflow.name in given and workflow.state in _CHANGED for workflow in workflows)


def _of_versions(env: str, workflows: Sequence[WorkflowStatus]) -> Iterator[str]:
    """Yield how to deal with the state machine versions that no release made."""
    strange = sorted(arn for workflow in workflows for arn in workflow.strange)
    if strange:
        yield f"accept the versions that no release made:  sfn-release acknowledge{env}"
        yield (
            f"or delete {'it' if len(strange) == 1 else 'them, one by one'}:  aws stepfunctions"
            f" delete-state-machine-version --state-machine-version-arn {strange[0]}"
        )
