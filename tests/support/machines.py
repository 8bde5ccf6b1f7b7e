"""Helpers of the tests of the local service: definitions, a role, and reading an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/any"
MACHINES = "arn:aws:states:us-east-1:000000000000:stateMachine"


def definition(result: Any = None, **state: Any) -> str:
    """Return the definition of one Pass state whose output is *result*."""
    only = {"Type": "Pass", "Result": result, "End": True, **state}
    return json.dumps({"StartAt": "Only", "States": {"Only": only}})


def create(client: Any, name: str = "hello", result: Any = 1, **options: Any) -> str:
    """Create a state machine; return its ARN."""
    answer = client.create_state_machine(
        name=name, definition=definition(result), roleArn=ROLE, **options
    )
    arn: str = answer["stateMachineArn"]
    return arn


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """Return the code and the message with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
