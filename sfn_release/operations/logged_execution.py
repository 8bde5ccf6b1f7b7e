"""Reads one EXPRESS execution from the log group of its state machine."""

from __future__ import annotations

from dataclasses import replace

from sfn_release.aws.api_calls import call
from sfn_release.errors import AwsError, ConfigError, NotFoundError
from sfn_release.operations.execution_arns import ExecutionArn
from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.operations.finished.express_executions import express_executions, log_group_of
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.testing.histories.history_files import SavedHistory
from sfn_release.testing.histories.regular_events import regular_events


def logged_execution(
    workspace: Workspace, environment: Environment, arn: ExecutionArn
) -> SavedHistory:
    """Return the history of an EXPRESS execution.

    Raises ConfigError if its state machine doesn't log all events with their data, NotFoundError
    if the log doesn't have the execution, and AccessError for a missing ``logs:FilterLogEvents``.
    """
    if environment.backend.can_serve:
        raise ConfigError(
            f"{environment.label} keeps no history of EXPRESS executions, and has no logs.",
            fix="To see the path of an input:  sfn-release execute WORKFLOW --tree --input JSON",
        )
    aws = workspace.reach(environment)
    machine = arn.state_machine_arn
    try:
        described = call(aws.stepfunctions.describe_state_machine, stateMachineArn=machine)
    except AwsError as error:
        if not error.missing:
            raise
        raise NotFoundError(
            f"{environment.name} has no state machine {arn.machine}, so its log isn't known.",
            why=f"{error.message} {error.why}".strip(),
        ) from error
    group = log_group_of(machine, described, f"{arn.machine} in {environment.name}")
    group = replace(group, execution=arn.text)
    now = workspace.runtime.now()
    for logged in express_executions(aws, group, ExecutionFilter(last=None), now):
        if logged.arn == arn.text:
            events = regular_events(logged.history)
            return SavedHistory(events, {"executionArn": arn.text}, incomplete=logged.incomplete)
    raise NotFoundError(
        f"The log group {group.name} has no finished execution {arn.text}.",
        why="Logs arrive some seconds after the events. The group's retention limits their age.",
        fix="Check the ARN, or try it again in a minute.",
    )
