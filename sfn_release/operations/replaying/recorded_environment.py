"""Finds the environment that a recorded execution is from, by the ARN of the execution."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sfn_release.errors import ConfigError
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment

_EXECUTION = re.compile(
    r"(?P<start>arn:[^:]+:states:[^:]+:\d+):(?:execution|express):(?P<name>[^:/]+)[:/]"
)


def recorded_environment(workspace: Workspace, execution: str, workflow: str) -> str | None:
    """Return the name of the environment whose state machine of *workflow* an ARN names.

    None means that no environment has it, or that several could.
    """
    found = _EXECUTION.match(execution)
    if found is None:
        return None
    machine = f"{found['start']}:stateMachine:{found['name']}"
    environments = workspace.project.environments.values()
    served = [
        environment.name
        for environment in environments
        if _served(workspace, environment, workflow) == machine
    ]
    if len(served) == 1:
        return served[0]
    possible = [*_possible(environments, machine, workflow)]
    return possible[0] if len(possible) == 1 else None


def _served(workspace: Workspace, environment: Environment, workflow: str) -> str | None:
    state = workspace.ledger.deployments.state(workspace.snapshot(), environment.name)
    served = state.serving.workflows.get(workflow) if state.serving else None
    return served.state_machine_arn if served else None


def _possible(environments: Iterable[Environment], machine: str, workflow: str) -> Iterator[str]:
    """Yield the environments where a workflow's state machine would have an ARN."""
    _, _, _, region, account, _, name = machine.split(":")
    for environment in environments:
        given = environment.given
        try:
            named = environment.state_machine_name(workflow)
        except ConfigError:
            continue
        if (named, given["AWS::Region"]) == (name, region) and given.get(
            "AWS::AccountId", account
        ) == account:
            yield environment.name
