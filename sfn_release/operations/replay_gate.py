"""Replays executions on a release before it enters an environment, where a policy asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from sfn_release.deployment.prepared import PreparedDeployment
from sfn_release.errors import AwsError, NotFoundError, SfnReleaseError
from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.operations.finished_executions import finished_executions
from sfn_release.operations.replaying.candidates import candidate_for
from sfn_release.operations.replaying.replay_jobs import replay_side_by_side
from sfn_release.operations.replaying.replay_report import ReplayTally, one_line_difference
from sfn_release.operations.replaying.replay_work import ReplayWork
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.policy_facts import ReplayedWorkflow
from sfn_release.project.replay_policy import ReplayPolicy
from sfn_release.release.record import Change, ReplayOutcome
from sfn_release.release.release import ReleaseContent
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.text import did_you_mean

_NEW: tuple[Change, ...] = ("created", "updated", "repointed")


def gate_replays(
    workspace: Workspace,
    policy: ReplayPolicy,
    prepared: PreparedDeployment,
    content: ReleaseContent,
) -> tuple[dict[str, ReplayedWorkflow], tuple[str, ...]]:
    """Replay the executions of each workflow that a deployment changes; also return notes.

    A workflow that the policy's environment doesn't serve, or that has no finished execution there,
    gets a note. So does a workflow whose state machine is gone, with its executions: its deployment
    creates it again. Any other error of reading or rendering is the reason why a workflow can't be
    replayed, and so is a name of the policy that no workflow of the release has.
    """
    replays: dict[str, ReplayedWorkflow] = {}
    notes: list[str] = []
    for name in policy.workflows:
        if name not in content.declarations:
            near = did_you_mean(name, content.declarations)
            known = f"The release has no workflow {name!r}. {near}".strip()
            replays[name] = ReplayedWorkflow(unknown=known)
    for planned in prepared.plan.workflows:
        name = planned.workflow
        if planned.change not in _NEW or not policy.concerns(name):
            continue
        try:
            found = finished_executions(
                workspace, name, policy.environment, ExecutionFilter(policy.last)
            )
        except NotFoundError as error:
            notes.append(f"nothing to replay for {name}: {error.message}")
            continue
        except SfnReleaseError as error:
            replays[name] = _unknown(error)
            continue
        try:
            tally = _replayed(workspace, policy, name, content, found)
        except SfnReleaseError as error:
            replays[name] = _unknown(error)
            continue
        if tally is None:
            notes.append(
                f"nothing to replay for {name}: its state machine in {policy.environment} is gone,"
                " and its executions with it"
            )
            continue
        if not tally.executions:
            notes.append(
                f"nothing to replay for {name}: it has no finished execution in"
                f" {policy.environment}"
            )
            continue
        outcome = _outcome(policy, tally)
        notes.append(outcome.text(name))
        replays[name] = ReplayedWorkflow(
            outcome, one_line_difference(tally.different), one_line_difference(tally.unanswered)
        )
    return replays, tuple(notes)


def _unknown(error: SfnReleaseError) -> ReplayedWorkflow:
    reason = " ".join(f"{error.message} {error.why}".split())
    return ReplayedWorkflow(unknown=reason, advice=error.fix)


def _replayed(
    workspace: Workspace,
    policy: ReplayPolicy,
    workflow: str,
    content: ReleaseContent,
    found: Iterator[FinishedExecution],
) -> ReplayTally | None:
    """Return the counts; None if the state machine, or its alias, doesn't exist any more."""
    source = workspace.environment(policy.environment)
    candidate = candidate_for(
        workspace,
        source,
        content.declarations[workflow],
        content.declarations,
        against=content.version,
    )
    workspace.runtime.watcher.say(
        f"replaying the last {policy.last} executions of {workflow} in {source.name}"
    )
    tally = ReplayTally()
    try:
        with closing(replay_side_by_side(found, ReplayWork(candidate), None)) as replays:
            for replayed in replays:
                tally.add(replayed)
    except AwsError as error:
        if error.missing:
            return None
        raise
    return tally


def _outcome(policy: ReplayPolicy, tally: ReplayTally) -> ReplayOutcome:
    counts: dict[str, Any] = {
        "executions": tally.executions,
        "same": tally.same,
        "different": len(tally.different),
        "unanswered": len(tally.unanswered),
        "unreplayable": len(tally.unreplayable),
    }
    return ReplayOutcome(policy.environment, **counts)
