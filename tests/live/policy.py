"""The least IAM policy of a run: state machines under our prefix, and the role that they get."""

from __future__ import annotations

from typing import Any

from .settings import PREFIX, Settings

_MACHINES = (
    *("CreateStateMachine", "DeleteStateMachine", "DescribeStateMachine", "UpdateStateMachine"),
    *("PublishStateMachineVersion", "ListStateMachineVersions", "DeleteStateMachineVersion"),
    *("CreateStateMachineAlias", "DescribeStateMachineAlias", "ListStateMachineAliases"),
    *("UpdateStateMachineAlias", "DeleteStateMachineAlias", "ListTagsForResource", "TagResource"),
    *("UntagResource", "StartExecution", "StartSyncExecution", "ListExecutions"),
)
_EXECUTIONS = ("DescribeExecution", "GetExecutionHistory", "DescribeStateMachineForExecution")
_EVERYWHERE = ("ListStateMachines", "ValidateStateMachineDefinition")


def policy(settings: Settings) -> dict[str, Any]:
    """Return the policy, with the account and partition of the role."""
    _, partition, _, _, account, *_ = settings.role.split(":")
    states = f"arn:{partition}:states:{settings.region}:{account}"
    machines = [f"{states}:stateMachine:{PREFIX}*"]
    executions = [f"{states}:{kind}:{PREFIX}*" for kind in ("execution", "express")]
    passed = _allow("iam:PassRole", resources=[settings.role])
    service = {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
    statements = [
        _allow(*(f"states:{action}" for action in _MACHINES), resources=machines),
        _allow(*(f"states:{action}" for action in _EXECUTIONS), resources=executions),
        _allow(*(f"states:{action}" for action in _EVERYWHERE), resources=["*"]),
        passed | {"Condition": service},
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(*actions: str, resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [*actions], "Resource": resources}
