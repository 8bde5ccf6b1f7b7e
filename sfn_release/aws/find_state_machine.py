"""Finds a state machine by its name, without asking STS for the account.

It tries three ways, in this order:

1. the ARN from an earlier call;
2. the ARN in the account of its role, because a role can only be passed to a state machine of the
   same account;
3. the list of all state machines, when an emulator makes the account up or the role is unknown.
"""

from __future__ import annotations

from typing import Any

from sfn_release.aws.api_calls import call, call_or_none
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import AccessError

_ROLE_PARTS = 6  # arn:partition:iam::account:role/name


def find(
    client: Any, name: str, *, role_arn: str | None = None, known_arn: str | None = None
) -> dict[str, Any] | None:
    """Return DescribeStateMachine's answer for the state machine *name*; None if it's absent.

    *known_arn* is its ARN from an earlier call. You need states:DescribeStateMachine, and
    states:ListStateMachines only for the third way. Raises AwsError when AWS refuses a call.
    """
    likely = likely_arn(name, role_arn, client.meta.region_name)
    absent = False
    for arn in dict.fromkeys((known_arn, likely)):
        if arn is None:
            continue
        try:
            found = call_or_none(client.describe_state_machine, stateMachineArn=arn)
        except AccessError:  # the role may be another account's
            continue
        if found is not None:
            return found
        absent = True
    try:
        listed = _listed(client, name)
    except AccessError:
        if absent:
            return None
        raise
    return call(client.describe_state_machine, stateMachineArn=listed) if listed else None


def likely_arn(name: str, role_arn: str | None, region: str) -> str | None:
    """Return the ARN of the state machine in the account of its role.

    >>> likely_arn("hello", "arn:aws:iam::111122223333:role/workflows", "eu-west-1")
    'arn:aws:states:eu-west-1:111122223333:stateMachine:hello'
    """
    parts = (role_arn or "").split(":")
    if len(parts) < _ROLE_PARTS or not parts[4].isdecimal():
        return None
    return f"arn:{parts[1]}:states:{region}:{parts[4]}:stateMachine:{name}"


def _listed(client: StepFunctions, name: str) -> str | None:
    """Return the ARN of the state machine with this name in the list of all; None if absent."""
    page: dict[str, Any] = {}
    while True:
        answer = call(client.list_state_machines, maxResults=1000, **page)
        for machine in answer["stateMachines"]:
            if machine["name"] == name:
                return str(machine["stateMachineArn"])
        if not answer.get("nextToken"):
            return None
        page = {"nextToken": answer["nextToken"]}
