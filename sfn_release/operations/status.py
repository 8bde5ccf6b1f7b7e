"""status: what is live where, and whether it is what the ledger says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sfn_release.deployment import check_lock
from sfn_release.drift import WorkflowState, compare
from sfn_release.errors import AwsError, LockedError
from sfn_release.ledger import Snapshot
from sfn_release.observation import Wanted, observe
from sfn_release.operations.mixes import mixes
from sfn_release.operations.sites import site
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Observed
from sfn_release.record import Record, Served, State
from sfn_release.yanks import Yank

EnvironmentState = Literal[
    "in-sync", "drifted", "never-deployed", "in-progress", "failed", "abandoned", "unreachable"
]


@dataclass(frozen=True)
class WorkflowStatus:
    """One workflow of an environment. *routing* maps version ARNs to weights.

    *recorded_digest* is None for one of the release that was deleted from the environment.
    """

    name: str
    state: WorkflowState
    alias: str | None
    routing: Mapping[str, int]
    recorded_digest: str | None
    live_digest: str | None
    differences: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "state": self.state,
            "alias": self.alias,
            "routing": dict(self.routing),
            "recorded_digest": self.recorded_digest,
            "live_digest": self.live_digest,
            "differences": list(self.differences),
        }


@dataclass(frozen=True)
class EnvironmentStatus:
    """What an environment serves. *record* is its last deployment, *problem* what went wrong.

    *release_digest* is the digest of the release that it serves; *yank* says why that one was
    yanked, None unless it was.
    """

    name: str
    backend: str
    version: str | None
    state: EnvironmentState
    workflows: tuple[WorkflowStatus, ...]
    record: Record | None = None
    problem: str = ""
    release_digest: str | None = None
    yank: Yank | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "version": self.version,
            "release_digest": self.release_digest,
            "state": self.state,
            "problem": self.problem or None,
            "yanked": self.yank.to_json() if self.yank else None,
            "workflows": [workflow.to_json() for workflow in self.workflows],
        }


def status(
    workspace: Workspace, *, environment: str | None = None, environments: Sequence[str] = ()
) -> list[EnvironmentStatus]:
    """Return the status of one environment, of several, or of all that are configured."""
    project = workspace.project
    chosen = [*([environment] if environment else ()), *environments]
    names = list(dict.fromkeys(chosen)) or sorted(project.environments)
    for name in names:
        project.environment(name)
    snapshot = workspace.snapshot()
    found = [_environment(workspace, snapshot, name) for name in names]
    yanked = workspace.ledger.yanked(snapshot)
    return [replace(one, yank=yanked.get(one.version or "")) for one in found]


def _environment(workspace: Workspace, snapshot: Snapshot, name: str) -> EnvironmentStatus:
    state = workspace.ledger.state(snapshot, name)
    environment = workspace.project.environment(name)
    version = state.serving.version if state.serving else None
    digest = state.serving.release_digest if state.serving else None
    if state.record is None:
        return EnvironmentStatus(name, environment.backend, None, "never-deployed", ())
    served = state.serving.workflows if state.serving else {}
    try:
        observed = _observed(workspace, name, served)
        split = mixes(workspace, name, state)
    except AwsError as error:
        problem = f"{error.message} {error.why}".strip()
        return EnvironmentStatus(
            name, environment.backend, version, "unreachable", (), state.record, problem, digest
        )
    found = [
        _workflow(workflow, served[workflow], observed[workflow], environment.alias)
        for workflow in served
    ]
    released = workspace.ledger.manifest(snapshot, version) if version else None
    found += [
        _deleted(gone) for gone in (released.workflows if released else ()) if gone not in served
    ]
    workflows = tuple(sorted(found, key=lambda one: one.name))
    health, problem = _state(workspace, name, state, workflows)
    problem = "; ".join([*([problem] if problem else []), *split])
    return EnvironmentStatus(
        name, environment.backend, version, health, workflows, state.record, problem, digest
    )


def _observed(
    workspace: Workspace, name: str, served: Mapping[str, Served]
) -> dict[str, Observed | None]:
    environment = workspace.project.environment(name)
    wanted = {
        workflow: Wanted(
            name=one.settings["state_machine"],
            rendered_digest=one.rendered_digest,
            arn=one.state_machine_arn,
            versions=(one.version_arn,) if one.version_arn else (),
        )
        for workflow, one in served.items()
    }
    client = workspace.reach(environment).stepfunctions
    return observe(client, wanted, alias=environment.alias, search=False)


def _workflow(workflow: str, served: Served, there: Observed | None, alias: str) -> WorkflowStatus:
    compared = compare(served, there, alias=alias)
    return WorkflowStatus(
        name=workflow,
        state=compared.state,
        alias=alias or None,
        routing=there.alias.routing if there and there.alias else {},
        recorded_digest=served.rendered_digest,
        live_digest=there.latest.digest if there and there.latest else None,
        differences=compared.differences,
    )


def _deleted(workflow: str) -> WorkflowStatus:
    """Return the status of a workflow that the release has and the environment does not."""
    why = "it was deleted here; deploying the release creates it again"
    return WorkflowStatus(workflow, "deleted", None, {}, None, None, (why,))


def _state(
    workspace: Workspace, name: str, state: State, workflows: tuple[WorkflowStatus, ...]
) -> tuple[EnvironmentState, str]:
    record = state.record
    assert record is not None  # noqa: S101 - never-deployed was told before
    if record.status == "started":
        who = f"{record.action} {record.version} by {record.actor} since {record.started_at}"
        try:
            reason = check_lock(site(workspace, workspace.project.environment(name)), state)
        except LockedError:
            return "in-progress", who
        return "abandoned", f"{who}: {reason}"
    if record.status in {"failed", "reverted"}:
        told = (record.error or "").partition("\n")[0]
        return "failed", f"{record.action} {record.version} {record.status}: {told}"
    if any(workflow.state not in {"in-sync", "retained", "deleted"} for workflow in workflows):
        return "drifted", ""
    return "in-sync", ""
