"""Parameters with which AWS doesn't start a task."""

from __future__ import annotations

from typing import Any

import pytest

from support.executions import execute, machine, types

STATES = "arn:aws:states:::"


@pytest.mark.parametrize(
    ("resource", "parameters", "problems"),
    [
        ("lambda:invoke", {"Payload": 1}, ["The field 'FunctionName' is required but was missing"]),
        (
            "lambda:invoke.waitForTaskToken",
            {"FunctionName": "f", "TaskToken": "t", "X": 1},
            [
                f'The field "{name}" is not supported by Step Functions'
                for name in ("TaskToken", "X")
            ],
        ),
        (
            "dynamodb:getItem",
            {"Tablename": "t"},
            [f"The field '{name}' is required but was missing" for name in ("TableName", "Key")],
        ),
        (
            "apigateway:invoke",
            {"ApiEndpoint": "e", "Method": "GET", "QueryParameters": "?a=b"},
            ["The value of the field 'QueryParameters' has an invalid format"],
        ),
    ],
)
def test_a_task_with_wrong_parameters_never_starts(
    resource: str, parameters: dict[str, Any], problems: list[str]
) -> None:
    """The execution fails with the parameters and the problems, whatever the Catch."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    task = {"Type": "Task", "Resource": STATES + resource, "Parameters": parameters}
    outcome = execute(machine(T=task | {"Catch": catch}, Done={"Type": "Succeed"}))
    assert types(outcome) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert outcome.error == "States.Runtime"
    assert str(outcome.cause).endswith(
        f"could not be used to start the Task: [{', '.join(problems)}]"
    )


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        ("lambda:invoke", {"FunctionName": "f", "Payload": 1, "LogType": "Tail"}),
        ("sqs:sendMessage", {"QueueUrl": "q", "MessageBody": "m", "DelaySeconds": 1}),
        ("apigateway:invoke", {"ApiEndpoint": "e", "Method": "GET", "Headers": {"a": ["b"]}}),
        ("aws-sdk:sqs:sendMessage", {}),
        ("states:startExecution.sync:2", {"StateMachineArn": "arn"}),
    ],
)
def test_a_task_with_the_parameters_of_its_service_starts(
    resource: str, parameters: dict[str, Any]
) -> None:
    """Required parameters are there, and there are no others where they're settled."""
    task = {"Type": "Task", "Resource": STATES + resource, "Parameters": parameters}
    assert execute(machine(T=task), {}, lambda call: call.payload).output == parameters
