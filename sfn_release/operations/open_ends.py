"""What is open in an environment, and the commands that close it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from sfn_release.aws.services import Aws
from sfn_release.operations.comparing import WorkflowStatus
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.record import State

EnvironmentState = Literal[
    "in-sync", "drifted", "never-deployed", "in-progress", "failed", "abandoned", "unreachable"
]


def unclaimed(
    workspace: Workspace, environment: Environment, aws: Aws, state: State
) -> tuple[str, ...]:
    """Return the workflows that the last attempt created, and that are not served.

    Raises AwsError.
    """
    served = state.serving.workflows if state.serving else {}
    record = state.record
    if record is None or not state.unfinished or not record.workflows.keys() - served.keys():
        return ()
    from sfn_release.deployment.preparation import unclaimed_machines  # the rest does without
    from sfn_release.operations.sites import site

    return tuple(sorted(unclaimed_machines(site(workspace, environment, aws), state, served)))


def next_steps(
    environment: str,
    health: EnvironmentState,
    state: State,
    workflows: Sequence[WorkflowStatus],
    left: Collection[str],
    *,
    split: bool,
) -> tuple[str, ...]:
    """Return what closes what is open: a purpose and its command a line."""
    return tuple(_steps(f" --env {environment}", health, state, workflows, left, split=split))


def _steps(
    env: str,
    health: EnvironmentState,
    state: State,
    workflows: Sequence[WorkflowStatus],
    left: Collection[str],
    *,
    split: bool,
) -> Iterator[str]:
    record, serving = state.record, state.serving
    if record is None or health == "in-progress":
        return
    again = f"{record.action} {record.version}"
    if health == "abandoned":
        yield f"close it:  sfn-release unlock{env}"
        if record.action in {"publish", "deploy"}:
            yield f"or take it over and finish it:  sfn-release {again}{env}"
    if split:
        yield f"go on with the shift of callers:  sfn-release deploy --resume{env}"
    if health in {"abandoned", "failed"} and serving is not None:
        yield f"restore {serving.version}, which is recorded as served:  sfn-release rollback{env}"
    if health == "failed":
        yield f"try {record.version} again:  sfn-release deploy {record.version}{env}"
    for name in left:
        yield f"delete what the attempt created:  sfn-release delete {name}{env}"
    strange = sorted(arn for one in workflows for arn in one.strange)
    if strange:
        yield f"accept the versions that no release made:  sfn-release acknowledge{env}"
        yield (
            f"or delete {'it' if len(strange) == 1 else 'them, one by one'}:  aws stepfunctions"
            f" delete-state-machine-version --state-machine-version-arn {strange[0]}"
        )
