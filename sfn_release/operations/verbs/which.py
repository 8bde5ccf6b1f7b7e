"""which: find the release and the commit behind one execution.

ARN → its environment → DescribeExecution → the content that it really ran
    → the records that sent that content → release, commit, author, deployer
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.canonical import canonical, short
from sfn_release.deployment.live_state import rendered_from
from sfn_release.errors import AccessError, AwsError, NotFoundError, SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.operations.described_execution import describe_execution, outermost
from sfn_release.operations.execution_arns import ExecutionArn, parse_execution_arn
from sfn_release.operations.execution_origin import Deployed, ExecutionOrigin
from sfn_release.operations.execution_release import owner_of, places
from sfn_release.operations.proof.execution_origins import Origins, Ran, deployments_of, origins
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.steps import number
from sfn_release.project import Environment
from sfn_release.release.record import Record, WorkflowOutcome, timestamp
from sfn_release.release.rendering import Rendered

_LISTED = 5  # releases that an error names
_COMPARED = 50  # recorded definitions that are compared with what ran


def which(workspace: Workspace, arn: str, *, environment: str | None = None) -> ExecutionOrigin:
    """Return the release and commit that an execution ran.

    *arn* may also be the link of the execution's page in the AWS console. The ARN decides the
    environment. Raises UsageError for anything else, NotFoundError if no recorded deployment sent
    its definition, and AccessError with the IAM action that you need.
    """
    parsed = parse_execution_arn(arn)
    try:
        owner = owner_of(workspace, parsed, environment)
    except NotFoundError as error:
        raise error.explained(
            fix="Run it in the project whose environment has the execution."
        ) from error
    chosen, workflow = owner.environment, owner.workflow
    if workflow is None and environment is None:
        raise NotFoundError(
            f"No environment of this project has a state machine {parsed.machine} in account"
            f" {parsed.account} in {parsed.region}.",
            why=f"The environments are: {', '.join(places(workspace))}.",
            fix="Run it in the project that deploys the state machine.",
        )
    if workflow is None:
        raise NotFoundError(
            f"{parsed.machine} isn't a state machine of this project in {chosen.name}.",
            why="No record of the environment names it.",
            fix="Name another environment with --env, or run it in the project that deploys it.",
        )
    snapshot = workspace.snapshot()
    records = workspace.ledger.deployments.newest_first(
        chosen.name, workspace.ledger.deployments.state(snapshot, chosen.name).tip
    )
    deployments = deployments_of(workflow, records)
    if parsed.express and not parsed.label:
        seen = _Seen(parsed, *_logged(workspace, chosen, parsed, deployments))
    else:
        seen = _asked(workspace.reach(chosen).stepfunctions, parsed, workflow, chosen.name)
    same = _same_definition(workspace, snapshot, chosen.name, workflow, seen.ran, deployments)
    found = origins(seen.ran, deployments, same=same)
    if not found.records:
        raise _unknown(parsed, workflow, chosen, seen.ran, deployments)
    return _origin(workspace, snapshot, chosen.name, workflow, parsed, seen, found)


@dataclass(frozen=True)
class _Seen:
    """What AWS says about an execution: *outer* is the one that the content was asked for."""

    outer: ExecutionArn
    ran: Ran
    note: str = ""
    alias_arn: str | None = None


def _asked(client: StepFunctions, arn: ExecutionArn, workflow: str, environment: str) -> _Seen:
    outer = outermost(client, arn, environment)
    described = describe_execution(client, outer, environment)
    content, note = _content(client, outer, workflow)
    started = described.get("startDate")
    return _Seen(
        outer,
        Ran(
            content,
            described.get("stateMachineVersionArn"),
            started if isinstance(started, datetime) else None,
        ),
        note,
        described.get("stateMachineAliasArn"),
    )


def _content(
    client: StepFunctions, arn: ExecutionArn, workflow: str
) -> tuple[Rendered | None, str]:
    """Return the content that an execution ran; or None, with the reason."""
    try:
        answer = call(client.describe_state_machine_for_execution, executionArn=arn.text)
    except AccessError as error:
        return None, f"{error.message} {error.fix}".strip()
    except AwsError as error:
        return None, f"{error.message} {error.why}".strip()
    # The answer has no type: STANDARD executions have this kind of ARN, and only they are asked.
    members = {"name": arn.machine, "definition": "", "roleArn": "", "type": "STANDARD", **answer}
    return rendered_from(workflow, members), ""


def _logged(
    workspace: Workspace,
    environment: Environment,
    arn: ExecutionArn,
    deployments: Sequence[tuple[Record, WorkflowOutcome]],
) -> tuple[Ran, str]:
    """Return what the log of an EXPRESS execution says; Step Functions itself keeps nothing.

    Without a log, it is still known if the environment only ever served one content. Raises
    NotFoundError with everything that the ARN says.
    """
    from sfn_release.operations.logged_execution import logged_execution
    from sfn_release.testing.histories.timeline import read_timeline

    try:
        file = logged_execution(workspace, environment, arn)
    except SfnReleaseError as error:
        releases = dict.fromkeys(record.version for record, _ in deployments)
        if len({made.rendered_digest for _, made in deployments}) == 1:
            return Ran(None, None, None), (
                f"{environment.name} never served other content of it. Step Functions keeps no"
                " record of EXPRESS executions, so its start isn't known."
            )
        listed = ", ".join([*releases][:_LISTED]) or "none"
        raise NotFoundError(
            "It isn't known which release this EXPRESS execution ran.",
            why=f"By its ARN, it is an execution of {arn.machine} in {environment.name}, which has"
            f" served these releases of it: {listed}.\nStep Functions keeps no record of EXPRESS"
            f" executions, and their log can't be read: {error.message} {error.why}",
            fix=error.fix,
        ) from error
    timeline = read_timeline(file.events, file.described)
    return Ran(
        None, timeline.version_arn, timeline.started
    ), "EXPRESS executions are read from logs."


def _same_definition(
    workspace: Workspace,
    snapshot: Snapshot,
    environment: str,
    workflow: str,
    ran: Ran,
    deployments: Sequence[tuple[Record, WorkflowOutcome]],
) -> frozenset[str]:
    """Return the digests of recorded forms with the definition that ran, and other settings.

    Someone may have changed the logging or the role, and some emulators leave settings out.
    """
    if ran.content is None or any(made.is_of(ran.content) for _, made in deployments):
        return frozenset()
    ledger = workspace.ledger.deployments
    wanted = canonical(ran.content.definition)
    state = ledger.state(snapshot, environment)
    found = set()
    for version in [*dict.fromkeys(record.version for record, _ in deployments)][:_COMPARED]:
        commit = ledger.last_success(state, version)
        if commit is None:
            continue
        serving = ledger.serving_at(environment, commit)
        form = ledger.served(environment, commit, serving).get(workflow)
        if form is not None and canonical(form.definition) == wanted:
            found.add(form.digest)
    return frozenset(found)


def _origin(
    workspace: Workspace,
    snapshot: Snapshot,
    environment: str,
    workflow: str,
    arn: ExecutionArn,
    seen: _Seen,
    found: Origins,
) -> ExecutionOrigin:
    releases = workspace.ledger.releases
    deployed = [
        Deployed(record, releases.manifest(snapshot, record.version)) for record in found.records
    ]
    notes = [note for note in (seen.note, *found.notes) if note]
    first = deployed[0]
    if first.manifest is not None and first.manifest.found is not None:
        notes.append("That is the content that was adopted: no commit made it.")
    if first.manifest is not None and first.manifest.release_digest != first.record.release_digest:
        notes.append("The record and the ledger's release differ: run  sfn-release verify")
    commit = first.commit
    git = workspace.git.history
    author = git.author(commit) if commit and git.commit_id(commit) is not None else None
    content = seen.ran.content
    return ExecutionOrigin(
        execution_arn=arn.text,
        workflow=workflow,
        environment=environment,
        deployed=first,
        others=tuple(deployed[1:]),
        rendered_digest=content.digest if content else None,
        version_arn=seen.ran.version_arn,
        alias_arn=seen.alias_arn,
        started=seen.ran.started,
        commit_author=author,
        parent=seen.outer.text if seen.outer.text != arn.text else None,
        notes=tuple(notes),
    )


def _unknown(
    arn: ExecutionArn,
    workflow: str,
    environment: Environment,
    ran: Ran,
    deployments: Sequence[tuple[Record, WorkflowOutcome]],
) -> NotFoundError:
    """Return the error for an execution of content that no record names."""
    lines = []
    if ran.content is not None:
        lines.append(f"It ran content {short(ran.content.digest)}, which no record names.")
    if ran.version_arn is not None:
        lines.append(f"It was started with {number(ran.version_arn)} of {arn.machine}.")
    begun = [record.started_at for record, _ in deployments]
    if ran.started is not None and begun and timestamp(ran.started) < min(begun):
        lines.append(
            f"It started at {timestamp(ran.started)}, before the first deployment to"
            f" {environment.name}, at {min(begun)}."
        )
    lines.append(f"Someone changed {arn.machine} without sfn-release.")
    return NotFoundError(
        f"No release of {workflow} in {environment.name} is what this execution ran.",
        why="\n".join(lines),
        fix=f"Compare AWS with the records:  sfn-release verify --env {environment.name}",
    )
