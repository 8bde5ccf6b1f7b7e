"""status: what is live where, and whether it is what the ledger says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.aws.clients import Aws
from sfn_release.errors import AwsError, LockedError, TamperedError
from sfn_release.ledger import Snapshot
from sfn_release.operations.next_steps import EnvironmentState, next_steps, unclaimed
from sfn_release.operations.split_callers import mixes
from sfn_release.operations.workflow_status import WorkflowStatus, workflow_statuses
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.release.record import SAME_RELEASE, Record
from sfn_release.release.serving import RecordedState
from sfn_release.release.version import is_found
from sfn_release.release.yank_list import Yank

_AS_RECORDED = frozenset({"in-sync", "retained", "deleted"})


@dataclass(frozen=True)
class EnvironmentStatus:
    """What an environment serves. *record* is its last deployment, *problem* what went wrong.

    *came* is the deployment that brought what is served, and *next_steps* are commands that close
    what is open.
    *release_digest* is the digest of the release that it serves; *yank* says why that one was
    yanked, None unless it was. *yielded* says that it serves a local trial, and that another
    release has taken its number.
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
    came: Record | None = None
    next_steps: tuple[str, ...] = ()
    yielded: bool = False

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
            "served_since": _event(self.came),
            "last_attempt": _event(self.record),
            "yanked": self.yank.to_json() if self.yank else None,
            "workflows": [workflow.to_json() for workflow in self.workflows],
        }


def _event(record: Record | None) -> dict[str, Any] | None:
    """Return who did what, when: the members of a record that `status` shows."""
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
    """Return the status of one environment, of several, or of all that are configured.

    Compared with the record are definition, settings and alias of every workflow. With *closer*,
    tags and state machine versions are too, which takes two calls more for each workflow.

    Raises TamperedError when the ledger lost the branch of an environment.
    """
    project = workspace.project
    chosen = [*([environment] if environment else ()), *environments]
    names = list(dict.fromkeys(chosen)) or sorted(project.environments)
    there = [project.environment(name) for name in names]
    with ThreadPoolExecutor(len(names)) as pool:
        # Clients take as long to make as the ledger to be read: both at once.
        opened = [
            None if one.backend.embedded else pool.submit(_open, workspace, one) for one in there
        ]
        snapshot = workspace.snapshot()
        found = [
            _environment(workspace, snapshot, one, opening, closer=closer)
            for one, opening in zip(there, opened, strict=True)
        ]
    yanked = workspace.ledger.releases.yanked(snapshot)
    return [replace(one, yank=yanked.get(one.version or "")) for one in found]


def _open(workspace: Workspace, environment: Environment) -> Aws | None:
    """Make the client of an environment that this clone knows of; None for any other."""
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
    if state.record is None:
        workspace.ledger.integrity.refuse_lost(snapshot, name)  # or else its branch is gone
        return EnvironmentStatus(name, environment.label, None, "never-deployed", ())
    served = state.serving.workflows if state.serving else {}
    try:
        aws = workspace.reach(environment, opening.result() if opening else None)
        found = workflow_statuses(workspace, environment, aws, state, closer=closer)
        split = mixes(workspace, name, state)
    except AwsError as error:
        problem = f"{error.message} {error.why}".strip()
        return EnvironmentStatus(
            name, environment.label, version, "unreachable", (), state.record, problem, digest
        )
    released = workspace.ledger.releases.manifest(snapshot, version) if version else None
    found += [
        _deleted(gone) for gone in (released.workflows if released else ()) if gone not in served
    ]
    workflows = tuple(sorted(found, key=lambda one: one.name))
    left = unclaimed(workspace, environment, aws, state)
    health, problem = _state(workspace, name, state, workflows, left)
    if health == "in-progress":
        workflows = tuple(_under_way(one) for one in workflows)
    forged = _forged(workspace, snapshot, name, state)
    problem = "; ".join([*forged, *([problem] if problem else []), *split])
    steps: tuple[str, ...] = ()
    if forged:  # such a record is nothing to compare with, or to go back to
        health = "drifted"
        steps = ("see what is wrong with the ledger:  sfn-release verify",)
    elif health != "in-sync" or split:
        steps = next_steps(
            name,
            health,
            state,
            workflows,
            left,
            split=bool(split),
            newest=_newest(workspace, snapshot, state.record),
            yanked=workspace.ledger.releases.yanked(snapshot),
        )
    return EnvironmentStatus(
        name,
        environment.label,
        version,
        health,
        workflows,
        state.record,
        problem,
        digest,
        came=_came(workspace, name, state),
        next_steps=steps,
        yielded=name in workspace.ledger.layout.private
        and version is not None
        and workspace.ledger.releases.yielded_digests().get(version) == digest,
    )


def _newest(workspace: Workspace, snapshot: Snapshot, record: Record) -> str | None:
    """Return the newest release that can be deployed, where an adoption has to go on with one."""
    if record.action != "adopt":
        return None
    released = workspace.ledger.releases.versions(snapshot)
    return next((version for version in released if not is_found(version)), None)


def _under_way(one: WorkflowStatus) -> WorkflowStatus:
    """Return the status of a workflow while a deployment runs: its own changes are no drift."""
    if one.state != "drifted" or not one.attempted:
        return one
    return replace(one, state="shifting", differences=())


def _forged(
    workspace: Workspace, snapshot: Snapshot, environment: str, state: RecordedState
) -> tuple[str, ...]:
    """Return what is wrong with the newest record: then it says nothing about the environment."""
    try:
        workspace.ledger.integrity.refuse_edited(snapshot, environment, state)
    except TamperedError as error:
        return (error.message,)
    return ()


def _came(workspace: Workspace, environment: str, state: RecordedState) -> Record | None:
    """Return the deployment that brought what is served."""
    record, serving = state.record, state.serving
    if record is None or serving is None:
        return None
    if record.status == "succeeded" and record.action not in SAME_RELEASE:
        return record
    commit = workspace.ledger.deployments.last_success(state, serving.version)
    return workspace.ledger.deployments.state_at(environment, commit).record if commit else None


def _deleted(workflow: str) -> WorkflowStatus:
    """Return the status of a workflow that the release has and the environment does not."""
    why = "it was deleted here; deploying the release creates it again"
    return WorkflowStatus(workflow, "deleted", None, {}, None, None, (why,))


def _state(
    workspace: Workspace,
    name: str,
    state: RecordedState,
    workflows: tuple[WorkflowStatus, ...],
    left: Collection[str],
) -> tuple[EnvironmentState, str]:
    record = state.record
    assert record is not None  # noqa: S101 - never-deployed was told before
    if record.status == "started":
        from sfn_release.deployment.lock import takeover_reason  # the rest does without all this
        from sfn_release.operations.open_site import site

        who = f"{record.action} {record.version} by {record.actor} since {record.started_at}"
        try:
            reason = takeover_reason(site(workspace, workspace.project.environment(name)), record)
        except LockedError:
            return "in-progress", who
        return "abandoned", f"{who}: {reason}"
    drifted = [one.name for one in workflows if one.state not in _AS_RECORDED]
    told = ""
    if record.status != "succeeded":
        error = (record.error or "").partition("\n")[0]
        who = f"{record.action} {record.version} by {record.actor.partition(' <')[0]}"
        told = f"{who}, {record.started_at}, {record.status}: {error}"
    # Where everything was put back, what is live is what is recorded: the attempt is but told of.
    if told and (drifted or left or state.serving is None):
        parts = [told, *([f"drifted: {', '.join(drifted)}"] if drifted else [])]
        parts += [f"created and not served: {', '.join(left)}"] if left else []
        return "failed", "; ".join(parts)
    return ("drifted" if drifted else "in-sync"), told
