"""Reads the description of an execution, and the state machine that it really ran."""

from __future__ import annotations

from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import AwsError, NotFoundError
from sfn_release.operations.execution_arns import ExecutionArn, parse_execution_arn

_NESTED = 10  # distributed Maps inside each other


def describe_execution(
    client: StepFunctions, arn: ExecutionArn, environment: str
) -> dict[str, Any]:
    """Return DescribeExecution's answer; raises NotFoundError for an execution that is gone."""
    try:
        return call(client.describe_execution, executionArn=arn.text)
    except AwsError as error:
        if error.aws_code != "ExecutionDoesNotExist":
            raise
        raise NotFoundError(
            f"There is no execution {arn.text} in {environment}.",
            why="Step Functions deletes an execution 90 days after its end.",
            fix="Check the ARN, or list the executions:  aws stepfunctions list-executions"
            f" --state-machine-arn {arn.state_machine_arn}",
        ) from error


def outermost(client: StepFunctions, arn: ExecutionArn, environment: str) -> ExecutionArn:
    """Return the execution that a child execution of distributed Maps belongs to, or *arn* itself.

    A child runs a part of its parent's definition. Raises AwsError, and NotFoundError for an
    execution or a map run that is gone.
    """
    for _ in range(_NESTED):
        if not arn.label:
            return arn
        run = describe_execution(client, arn, environment).get("mapRunArn")
        parent = call(client.describe_map_run, mapRunArn=run).get("executionArn") if run else None
        if not isinstance(parent, str):
            break
        arn = parse_execution_arn(parent)
    raise NotFoundError(f"The execution that started {arn.text} isn't known.")
