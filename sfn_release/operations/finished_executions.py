"""Reads the finished executions of a workflow in an environment, with their histories.

    workflow, environment, ExecutionFilter → list → histories side by side → FinishedExecution

STANDARD executions come from ListExecutions and GetExecutionHistory, EXPRESS ones from the log
group of the state machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Aws
from sfn_release.errors import AwsError, ConfigError, NotFoundError
from sfn_release.operations.finished.executed_releases import ExecutedReleases
from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.operations.finished.execution_histories import read_history, read_side_by_side
from sfn_release.operations.finished.execution_listing import list_executions
from sfn_release.operations.finished.express_executions import express_executions, log_group_of
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.release.serving import Served
from sfn_release.testing.histories.express_log import LoggedExecution
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_ends import ends_of
from sfn_release.text import count, did_you_mean


@dataclass(frozen=True)
class DeployedWorkflow:
    """One workflow in an environment: as it is served, and the releases that it was."""

    workflow: str
    environment: Environment
    served: Served
    releases: ExecutedReleases

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"{self.workflow} in {self.environment.name}"

    def listed(self, version: str | None) -> tuple[str, ...]:
        """Return the ARNs whose executions to list: of a release's versions, or the alias.

        Raises NotFoundError for a release that was never live here.
        """
        alias = self.served.alias if self.served.alias is not None else self.environment.alias
        machine = self.served.state_machine_arn
        if version is None:
            return (f"{machine}:{alias}" if alias else machine,)
        if version not in self.releases.versions:
            raise NotFoundError(
                f"{version} of {self.workflow} was never live in {self.environment.name}.",
                why=f"Live there were: {', '.join(self.releases.versions)}.",
                fix=did_you_mean(version, self.releases.versions),
            )
        return self.releases.arns(version) or (machine,)


def deployed_workflow(
    workspace: Workspace, workflow: str, environment: Environment
) -> DeployedWorkflow:
    """Return a workflow that an environment serves; raises NotFoundError for any other."""
    deployments = workspace.ledger.deployments
    snapshot = workspace.snapshot()
    state = deployments.state(snapshot, environment.name)
    if state.serving is None:
        raise NotFoundError(
            f"Nothing is deployed to {environment.name}, so it has no executions.",
            fix="Deploy a release first:  sfn-release publish VERSION",
        )
    served = state.serving.workflows.get(workflow)
    if served is None:
        raise NotFoundError(
            f"No workflow {workflow!r} is live in {environment.name}.",
            why=f"Live workflows: {', '.join(state.serving.workflows) or 'none'}.",
            fix=did_you_mean(workflow, state.serving.workflows),
        )
    records = deployments.newest_first(environment.name, state.tip)
    return DeployedWorkflow(workflow, environment, served, ExecutedReleases.of(workflow, records))


def finished_executions(
    workspace: Workspace,
    workflow: str,
    environment: str,
    wanted: ExecutionFilter,
    *,
    belongs: Callable[[str], bool] = lambda _arn: True,
) -> Iterator[FinishedExecution]:
    """Yield the finished executions of a workflow in an environment, newest first.

    Of the executions that *wanted* takes, you get those whose ARN *belongs*.
    Histories are read with their data, several side by side, within AWS's quotas. Raises
    NotFoundError for a workflow that isn't deployed there, ConfigError for an EXPRESS workflow
    whose logs don't have all that is needed, and AccessError with the missing IAM action
    (``states:ListExecutions``, ``states:GetExecutionHistory``, ``logs:FilterLogEvents``).
    """
    deployed = deployed_workflow(workspace, workflow, workspace.environment(environment))
    arns = deployed.listed(wanted.version)
    aws = workspace.reach(deployed.environment)
    if deployed.served.settings["type"] == "EXPRESS":
        logged = islice(_express(workspace, aws, deployed, wanted), wanted.last)
        return (execution for execution in logged if belongs(execution.arn))
    listed = list_executions(aws.stepfunctions, arns, wanted)
    matching = (
        item
        for item in listed
        if wanted.version is None or _release_of(deployed, item) == wanted.version
    )
    chosen = (item for item in islice(matching, wanted.last) if belongs(item["executionArn"]))
    return _standard(workspace, aws, deployed, chosen)


def _standard(
    workspace: Workspace,
    aws: Aws,
    deployed: DeployedWorkflow,
    items: Iterator[Mapping[str, Any]],
) -> Iterator[FinishedExecution]:
    """Yield the executions of *items* of ListExecutions, and report how many are gone."""
    gone: list[str] = []

    def read(item: Mapping[str, Any]) -> FinishedExecution | None:
        events = read_history(aws.stepfunctions, item["executionArn"])
        if events is None:
            gone.append(item["executionArn"])
            return None
        return _finished(deployed, item, events)

    try:
        with closing(read_side_by_side(items, read)) as found:
            yield from found
    except AwsError as error:
        if not error.missing:
            raise
        raise error.explained(
            fix="It was deleted outside of sfn-release. Deploy it again:  sfn-release deploy"
            f" {deployed.served.version} --env {deployed.environment.name}"
        ) from error
    if gone:
        workspace.runtime.watcher.say(
            f"{count(gone, 'execution')} of {deployed.label} left out: deleted in the meantime"
        )


def _release_of(deployed: DeployedWorkflow, item: Mapping[str, Any]) -> str | None:
    return deployed.releases.release_of(item.get("stateMachineVersionArn"), item["startDate"])


def _finished(
    deployed: DeployedWorkflow, item: Mapping[str, Any], events: list[dict[str, Any]]
) -> FinishedExecution:
    """Return the execution of an item of ListExecutions."""
    ends = ends_of(events)
    return FinishedExecution(
        arn=item["executionArn"],
        workflow=deployed.workflow,
        version=_release_of(deployed, item),
        status=item["status"],
        input=ends.input,
        output=ends.output,
        error=ends.error,
        cause=ends.cause,
        started=item["startDate"],
        stopped=item.get("stopDate"),
        events=events,
        version_arn=item.get("stateMachineVersionArn"),
        incomplete="" if ends.input is not None else "its history has no input",
    )


def _express(
    workspace: Workspace, aws: Aws, deployed: DeployedWorkflow, wanted: ExecutionFilter
) -> Iterator[FinishedExecution]:
    machine = deployed.served.state_machine_arn
    described = call(
        aws.stepfunctions.describe_state_machine,
        stateMachineArn=deployed.served.version_arn or machine,
    )
    _require_logs(aws, deployed)
    group = log_group_of(machine, described, deployed.label)
    for logged in express_executions(aws, group, wanted, workspace.runtime.now()):
        found = _logged(deployed, logged)
        if wanted.version in {None, found.version}:
            yield found


def _require_logs(aws: Aws, deployed: DeployedWorkflow) -> None:
    """Raise ConfigError for an environment that has no CloudWatch Logs at all."""
    try:
        _ = aws.logs
    except ConfigError as error:
        raise ConfigError(
            f"Executions of {deployed.label} can't be read: it is EXPRESS.",
            why=f"Only a log group has the events of EXPRESS executions. {error.message}",
            fix="Choose an environment on AWS with --env, or name history files.",
        ) from error


def _logged(deployed: DeployedWorkflow, logged: LoggedExecution) -> FinishedExecution:
    ends = ends_of(logged.history)
    started = ends.started or logged.history[0]["timestamp"]
    return FinishedExecution(
        arn=logged.arn,
        workflow=deployed.workflow,
        version=deployed.releases.release_of(ends.version_arn, started),
        status=ends.status or "",
        input=ends.input,
        output=ends.output,
        error=ends.error,
        cause=ends.cause,
        started=started,
        stopped=ends.stopped,
        events=logged.history,
        type="EXPRESS",
        version_arn=ends.version_arn,
        incomplete=logged.incomplete,
    )
