"""execute: start a workflow, wait for it, and return its result and its path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sfn_release.asl.quotas import MAX_DATA_BYTES, data_size
from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.canonical import loads
from sfn_release.errors import AccessError, AwsError, DefinitionError, NotFoundError, UsageError
from sfn_release.operations.executed_release import possible_releases, startable_releases
from sfn_release.operations.given_buckets import with_buckets
from sfn_release.operations.workflow_schemas import refuse_started_input, released_schema
from sfn_release.operations.workspace import Workspace
from sfn_release.project.backends import local_backend
from sfn_release.release.record import timestamp
from sfn_release.release.serving import RecordedState, Served, Serving
from sfn_release.release.version import parse_version
from sfn_release.text import did_you_mean

if TYPE_CHECKING:
    from sfn_release.operations.mocked_start import MockedStart
    from sfn_release.testing.histories.state_visits import Visit


@dataclass(frozen=True)
class Execution:
    """One execution. *output* is its JSON value.

    *version* is the release that it ran, None for the work tree and for an unknown release. If the
    release isn't known, *possible_versions* are the candidates. There are none if no deployment
    made the state machine version. *version_arn* is the state machine version that AWS started,
    None if AWS doesn't report it. *way* has the visited states in order. If the history can't be
    read, *way* is None, and *no_way* says why.
    """

    execution_arn: str
    workflow: str
    version: str | None
    status: str
    output: Any
    error: str | None
    cause: str | None
    started_at: str
    stopped_at: str | None
    way: tuple[Visit, ...] | None = None
    no_way: str = ""
    version_arn: str | None = None
    possible_versions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        way = None if self.way is None else [visit.to_json() for visit in self.way]
        members = {key: value for key, value in vars(self).items() if key != "no_way"}
        return members | {"possible_versions": [*self.possible_versions], "way": way}


def execute(
    workspace: Workspace,
    workflow: str,
    *,
    input: str = "{}",
    environment: str | None = None,
    version: str | None = None,
    name: str | None = None,
    wait: bool = True,
    mocked: MockedStart | None = None,
    buckets: Mapping[str, str] | None = None,
    schema: bool = True,
) -> Execution:
    """Run *workflow* in an environment, and return the execution.

    Waits for the end, unless *wait* is False. Like other callers, it starts the alias. With a
    *version*, it starts the state machine version of that release. An EXPRESS workflow runs through
    StartSyncExecution. *input* is JSON text. *mocked* names the test case that answers its tasks on
    `local`, and *buckets* are folders that stand in for S3 buckets there. With *schema*, the input
    is checked against the release's input schema, if there is one. During a traffic shift, it has
    to fit the schemas of both releases, since either can run.

    Raises NotFoundError for a workflow that isn't deployed, UsageError for input that isn't JSON or
    doesn't fit its schema.
    """
    checked_input(input)
    chosen = workspace.environment(environment)
    chosen = with_buckets(chosen, buckets or {})
    chosen = mocked.on(workspace, chosen) if mocked else chosen
    snapshot = workspace.snapshot()
    state = workspace.ledger.deployments.state(snapshot, chosen.name)
    wanted = parse_version(version) if version is not None else None
    if wanted is not None:
        workspace.released(snapshot, wanted)
    serving = _serving(workspace, state, chosen.name, wanted)
    served = serving.workflows.get(workflow)
    if served is not None and wanted is not None and served.version != wanted:
        raise NotFoundError(
            f"{wanted} has no workflow {workflow!r}. {chosen.name} still has the one of"
            f" {served.version}."
        )
    if served is None:
        raise NotFoundError(
            f"No workflow {workflow!r} is live in {chosen.name}.",
            why=f"Live workflows: {', '.join(serving.workflows) or 'none'}.",
            fix=did_you_mean(workflow, serving.workflows),
        )
    client = workspace.reach(chosen).stepfunctions
    if schema:
        releases = (
            startable_releases(client, workflow, served=served, alias=chosen.alias, state=state)
            if wanted is None
            else (served.version,)
        )
        known = {
            release: released_schema(workspace, snapshot, release, workflow) for release in releases
        }
        refuse_started_input(workflow, known, json.loads(input), live=served.version)
    arn = _started(served, chosen.alias, wanted)
    request: dict[str, Any] = {"stateMachineArn": f"{arn}#{mocked.test_case}" if mocked else arn}
    request |= {"input": input} | ({"name": name} if name else {})
    express = served.settings["type"] == "EXPRESS"
    in_sync = wait and express
    try:
        answer = call(client.start_sync_execution if in_sync else client.start_execution, **request)
    except AwsError as error:
        if not error.missing:
            raise
        raise error.explained(
            fix="It was deleted outside of sfn-release. Deploy it again:"
            f"  sfn-release deploy {served.version} --env {chosen.name}"
        ) from error
    if not express:
        from sfn_release.operations.awaited_execution import AwaitedExecution

        awaited = AwaitedExecution(
            client,
            answer["executionArn"],
            workspace.runtime,
            chosen,
            local_backend.database(workspace.clone) if chosen.backend.can_serve else None,
        )
        answer = awaited.finished() if wait else awaited.left(answer)
    version_arn = answer.get("stateMachineVersionArn")
    ran: tuple[str, ...] = (served.version,)
    if wanted is None:
        ran = possible_releases(
            client,
            workflow,
            served=served,
            alias=chosen.alias,
            state=state,
            version_arn=version_arn,
        )
    done = replace(
        _execution(answer, workflow),
        version=ran[0] if len(ran) == 1 else None,
        version_arn=version_arn,
        possible_versions=ran,
    )
    return _with_way(done, client, express=in_sync) if wait else done


def _with_way(done: Execution, client: StepFunctions, *, express: bool) -> Execution:
    """Return a finished execution with its way."""
    if express:
        return replace(done, no_way="Step Functions keeps no history of EXPRESS executions")
    from sfn_release.operations.awaited_execution import history
    from sfn_release.operations.failed_children import with_children
    from sfn_release.testing.histories.state_visits import read_visits

    try:
        events = history(client, done.execution_arn)
        return replace(done, way=tuple(with_children(client, read_visits(events))))
    except AccessError:
        # You may start executions without being allowed to read their history.
        return replace(done, no_way="you need states:GetExecutionHistory to see it")


def checked_input(text: str) -> str:
    """Return an execution's input; raises UsageError unless it is JSON that AWS takes."""
    try:
        loads(text)
    except DefinitionError as error:
        raise UsageError(
            "The input isn't JSON.",
            why=error.message,
            fix="Pass JSON, @FILE or - (standard input):  --input '{\"order\": 1}'",
        ) from error
    size = data_size(text)
    if size > MAX_DATA_BYTES:
        raise UsageError(
            f"The input has {size:,} bytes, and Step Functions takes {MAX_DATA_BYTES:,} at most.",
            fix="Put the data into S3, and pass its bucket and key.",
        )
    return text


def _serving(
    workspace: Workspace, state: RecordedState, environment: str, version: str | None
) -> Serving:
    if state.serving is None:
        raise NotFoundError(
            f"Nothing is deployed to {environment}.",
            fix="Deploy a release first:  sfn-release publish VERSION",
        )
    if version is None:
        return state.serving
    commit = workspace.ledger.deployments.last_success(state, version)
    if commit is None:
        raise NotFoundError(
            f"{version} was never live in {environment}.",
            fix=f"List the deployments:  sfn-release history --env {environment}",
        )
    return workspace.ledger.deployments.serving_at(environment, commit)


def _started(served: Served, alias: str, version: str | None) -> str:
    """Return the ARN to start: of a version, of the alias, or of the state machine itself."""
    if version is not None:
        return served.version_arn or served.state_machine_arn
    return f"{served.state_machine_arn}:{alias}" if alias else served.state_machine_arn


def _execution(answer: dict[str, Any], workflow: str) -> Execution:
    output = answer.get("output")
    started: datetime = answer["startDate"]
    stopped: datetime | None = answer.get("stopDate")
    return Execution(
        execution_arn=answer["executionArn"],
        workflow=workflow,
        version=None,
        status=answer.get("status", "RUNNING"),
        output=json.loads(output) if output is not None else None,
        error=answer.get("error"),
        cause=answer.get("cause"),
        started_at=timestamp(started),
        stopped_at=timestamp(stopped) if stopped else None,
    )
