"""status: the live release of each environment, compared with the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from sfn_release.aws.clients import Aws
from sfn_release.errors import AwsError, LockedError, SfnReleaseError, TamperedError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.trusted_signers import TrustedSigners
from sfn_release.operations.next_steps import EnvironmentState, next_steps, unclaimed
from sfn_release.operations.signature_policy import missing_in_ledger, needs_signatures
from sfn_release.operations.split_callers import mixes
from sfn_release.operations.workflow_status import WorkflowStatus, with_origin, workflow_statuses
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.release.record import SAME_RELEASE, Record
from sfn_release.release.serving import RecordedState
from sfn_release.release.version import is_found
from sfn_release.release.yank_list import Yank

_AS_RECORDED = frozenset({"in-sync", "retained", "deleted"})


@dataclass(frozen=True)
class EnvironmentStatus:
    """The status of an environment. *version* and *release_digest* are of the live release.

    *record* is the last deployment, *live_since_record* the deployment of the live release,
    *problem* explains the state in a line, and *reasons* are its parts that don't repeat *record*
    or *workflows*. *next_steps* are commands that you can run to resolve it. *yank* is None unless
    the live release was yanked. *yielded*: the live release is a local trial, and another release
    has its version now. *unsigned* has a line for each required signature that the live release or
    its record doesn't have. *handed_over* maps workflows to their new projects.
    *served* are the recorded workflows of an environment that can't be reached.
    """

    name: str
    label: str
    version: str | None
    state: EnvironmentState
    workflows: tuple[WorkflowStatus, ...]
    record: Record | None = None
    problem: str = ""
    release_digest: str | None = None
    yank: Yank | None = None
    live_since_record: Record | None = None
    next_steps: tuple[str, ...] = ()
    yielded: bool = False
    unsigned: tuple[str, ...] = ()
    handed_over: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    served: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "version": self.version,
            "release_digest": self.release_digest,
            "yielded_trial": self.yielded,
            "state": self.state,
            "problem": self.problem or None,
            "next_steps": list(self.next_steps),
            "served_since": _event(self.live_since_record),
            "last_attempt": _event(self.record),
            "yanked": self.yank.to_json() if self.yank else None,
            "unsigned": list(self.unsigned),
            "workflows": [workflow.to_json() for workflow in self.workflows],
            "handed_over": dict(self.handed_over),
        }


def _event(record: Record | None) -> dict[str, Any] | None:
    """Return the members of a record that `status` shows."""
    if record is None:
        return None
    names = ("id", "action", "version", "status", "actor", "started_at", "finished_at")
    return {name: getattr(record, name) for name in names}


def status(
    workspace: Workspace,
    *,
    environment: str | None = None,
    environments: Sequence[str] = (),
    closer: bool = False,
) -> list[EnvironmentStatus]:
    """Return the status of one environment, of several, or of all in releases.toml.

    The definition, settings and alias of each workflow are compared with the record. With
    *closer*, tags and state machine versions are too, which takes two more calls per workflow.

    Raises TamperedError if the ledger lost the branch of an environment.
    """
    project = workspace.project
    wanted = [*([environment] if environment else ()), *environments]
    names = list(dict.fromkeys(wanted)) or sorted(project.environments)
    chosen = [project.environment(name) for name in names]
    with ThreadPoolExecutor(len(names)) as pool:
        # Making clients takes as long as reading the ledger, so we do both at once.
        opened = [
            pool.submit(_open, workspace, environment)
            if environment.backend.needs_credentials
            else None
            for environment in chosen
        ]
        snapshot = workspace.snapshot()
        found = [
            _environment(workspace, snapshot, environment, opening, closer=closer)
            for environment, opening in zip(chosen, opened, strict=True)
        ]
    yanks = workspace.ledger.releases.yanked(snapshot)
    return [
        replace(status, yank=yanks.of(status.version, status.release_digest)) for status in found
    ]


def _open(workspace: Workspace, environment: Environment) -> Aws | None:
    """Return the services of an environment; None if this clone knows no deployment to it."""
    if not workspace.ledger.branches.was_deployed_to(environment.name):
        return None
    aws = workspace.aws(environment)
    _ = aws.stepfunctions
    return aws


def _environment(
    workspace: Workspace,
    snapshot: Snapshot,
    environment: Environment,
    opening: Future[Aws | None] | None,
    *,
    closer: bool,
) -> EnvironmentStatus:
    name = environment.name
    state = workspace.ledger.deployments.state(snapshot, name)
    version = state.serving.version if state.serving else None
    digest = state.serving.release_digest if state.serving else None
    record = state.record
    if record is None:
        workspace.ledger.integrity.refuse_lost(snapshot, name)
        return EnvironmentStatus(name, environment.label, None, "never-deployed", ())
    served = state.serving.workflows if state.serving else {}
    given = state.serving.handed_over if state.serving else {}
    try:
        aws = workspace.reach(environment, opening.result() if opening else None)
        found = workflow_statuses(workspace, environment, aws, state, closer=closer)
        split = mixes(workspace, name, state)
    except AwsError as error:
        problem = f"{error.message} {error.why}".strip()
        return EnvironmentStatus(
            name,
            environment.label,
            version,
            "unreachable",
            (),
            record,
            problem,
            digest,
            served=tuple(served),
        )
    released = workspace.ledger.releases.manifest(snapshot, version) if version else None
    found += [
        _deleted(workflow)
        for workflow in (released.workflows if released else ())
        if workflow not in served and workflow not in given
    ]
    manifests = {
        version: workspace.ledger.releases.manifest(snapshot, version)
        for version in {workflow.version for workflow in found if workflow.version}
    }
    workflows = tuple(
        with_origin(workflow, manifests.get(workflow.version or ""), served.get(workflow.name))
        for workflow in sorted(found, key=lambda workflow: workflow.name)
    )
    left = unclaimed(workspace, environment, aws, state)
    health, problem, reasons = _state(workspace, name, state, record, workflows, left)
    if health == "in-progress":
        workflows = tuple(_under_way(workflow) for workflow in workflows)
    record_errors = _record_errors(workspace, snapshot, name, state)
    problem = "; ".join([*record_errors, *([problem] if problem else []), *split])
    steps: tuple[str, ...] = ()
    if record_errors:  # you can't compare with such a record, or go back to it
        health = "drifted"
        steps = ("find the problem of the ledger:  sfn-release verify",)
    elif health != "in-sync" or split:
        steps = next_steps(
            name,
            health,
            state,
            workflows,
            left,
            split=bool(split),
            newest=_newest(workspace, snapshot, record),
            yanked=workspace.ledger.releases.yanked(snapshot).of(version, digest) is not None,
        )
    return EnvironmentStatus(
        name,
        environment.label,
        version,
        health,
        workflows,
        record,
        problem,
        digest,
        live_since_record=_live_since_record(workspace, name, state),
        unsigned=unsigned(workspace, snapshot, environment, version, state.tip),
        next_steps=steps,
        handed_over=given,
        reasons=(*record_errors, *reasons, *split),
        yielded=name in workspace.ledger.layout.private
        and version is not None
        and workspace.ledger.releases.yielded_digests().get(version) == digest,
    )


def unsigned(
    workspace: Workspace,
    snapshot: Snapshot,
    environment: Environment,
    version: str | None,
    tip: str | None,
) -> tuple[str, ...]:
    """Return which signatures of the live release and the last record an environment misses.

    Only these are checked: `verify` checks all. What can't be checked here is named as well.
    """
    try:
        if not needs_signatures(workspace, environment, snapshot):
            return ()
        trusted = workspace.ledger.signatures.trusted
        if not isinstance(trusted, TrustedSigners):
            return (f"the signatures can't be checked: {trusted.message}",)
        missing = missing_in_ledger(
            workspace, environment.name, snapshot, version=version, records=[tip] if tip else []
        )
    except SfnReleaseError as error:
        return (f"the signatures can't be checked: {error.message}",)
    return tuple(f"{found.subject}: {found.why}" for found in missing)


def _newest(workspace: Workspace, snapshot: Snapshot, record: Record) -> str | None:
    """Return the newest release that can be deployed, after an adoption, which is part of one."""
    if record.action != "adopt":
        return None
    released = workspace.ledger.releases.versions(snapshot)
    return next((version for version in released if not is_found(version)), None)


def _under_way(workflow: WorkflowStatus) -> WorkflowStatus:
    """Return the status of a workflow while a deployment runs: its own changes aren't drift."""
    if workflow.state != "drifted" or not workflow.attempted:
        return workflow
    return replace(workflow, state="shifting", differences=())


def _record_errors(
    workspace: Workspace, snapshot: Snapshot, environment: str, state: RecordedState
) -> tuple[str, ...]:
    """Return the errors of the newest record. With any, we can't trust the record."""
    try:
        workspace.ledger.integrity.refuse_edited(snapshot, environment, state)
    except TamperedError as error:
        return (error.message,)
    return ()


def _live_since_record(
    workspace: Workspace, environment: str, state: RecordedState
) -> Record | None:
    """Return the deployment of the live release."""
    record, serving = state.record, state.serving
    if record is None or serving is None:
        return None
    if record.status == "succeeded" and record.action not in SAME_RELEASE:
        return record
    deployments = workspace.ledger.deployments
    commit = deployments.last_success(state, serving.version, serving.release_digest)
    return deployments.state_at(environment, commit).record if commit else None


def _deleted(workflow: str) -> WorkflowStatus:
    """Return the status of a workflow of the release that was deleted from the environment."""
    why = "it was deleted here; deploying the release creates it again"
    return WorkflowStatus(workflow, "deleted", None, {}, None, None, (why,))


def _state(
    workspace: Workspace,
    name: str,
    state: RecordedState,
    record: Record,
    workflows: tuple[WorkflowStatus, ...],
    left: Collection[str],
) -> tuple[EnvironmentState, str, tuple[str, ...]]:
    """Return the state of an environment, its explanation, and the reasons in it.

    *left* are unclaimed workflows.
    """
    if record.status == "started":
        from sfn_release.deployment.lock import takeover_reason  # slow, and rarely needed
        from sfn_release.operations.open_site import site_of

        who = f"{record.action} {record.version} by {record.actor} since {record.started_at}"
        try:
            reason = takeover_reason(
                site_of(workspace, workspace.project.environment(name)), record
            )
        except LockedError:
            return "in-progress", who, ()
        return "abandoned", f"{who}: {reason}", (f"the deployment stopped: {reason}",)
    drifted = [workflow.name for workflow in workflows if workflow.state not in _AS_RECORDED]
    attempt = ""
    if record.status != "succeeded":
        error = (record.error or "").partition("\n")[0]
        who = f"{record.action} {record.version} by {record.actor.partition(' <')[0]}"
        attempt = f"{who}, {record.started_at}, {record.status}: {error}"
    # If everything was put back, the live release is the recorded one: just mention the attempt.
    if attempt and (drifted or left or state.serving is None):
        parts = [attempt, *([f"drifted: {', '.join(drifted)}"] if drifted else [])]
        behind = [f"left behind by the failed deployment: {', '.join(left)}"] if left else []
        return "failed", "; ".join([*parts, *behind]), tuple(behind)
    return ("drifted" if drifted else "in-sync"), attempt, ()
