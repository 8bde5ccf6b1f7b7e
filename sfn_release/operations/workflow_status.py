"""Compares the state machines of an environment with its last record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.aws.clients import Aws
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.known_machines import names_unknown_deployment
from sfn_release.deployment.live_state import look, version_descriptions
from sfn_release.ledger import Ledger
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Observed, has_other_owner, is_description
from sfn_release.plan.drift import (
    MachineDetails,
    WorkflowState,
    compare,
    differs,
    left_aliases,
    naming_tags,
    tag_differences,
    version_differences,
)
from sfn_release.project import Environment
from sfn_release.release.manifest import Manifest
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import RecordedState, Served, Serving


@dataclass(frozen=True)
class WorkflowStatus:
    """One workflow of an environment. *routing* maps version ARNs to weights.

    *recorded_digest* is None if it was deleted from the environment. *differences* are the reasons
    why it is drifted; *notes* aren't. *strange* are the ARNs of versions that no release made.
    *attempted*: the running deployment explains every difference. *foreign*: the ledger doesn't
    have the deployment that the alias names, or the tags name another owner. *arn* is its state
    machine, *version* the release that it comes from, and *since* the one that brought its content.
    """

    name: str
    state: WorkflowState
    alias: str | None
    routing: Mapping[str, int]
    recorded_digest: str | None
    live_digest: str | None
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    attempted: bool = False
    foreign: bool = False
    arn: str | None = None
    version: str | None = None
    since: str | None = None

    @property
    def changed(self) -> bool:
        """Whether anything differs, apart from versions that no release made."""
        return len(self.differences) > len(self.strange)

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
            "notes": list(self.notes),
        }


def workflow_statuses(
    workspace: Workspace, environment: Environment, aws: Aws, state: RecordedState, *, closer: bool
) -> list[WorkflowStatus]:
    """Return the status of every workflow that an environment serves.

    With *closer*, tags, AWS versions and other aliases are compared too, which takes more calls.
    Raises AwsError.
    """
    serving = state.serving
    if serving is None:
        return []
    client = aws.stepfunctions
    seen = look(client, serving.workflows, alias=environment.alias, closer=closer)
    live = {name: observed for name, (observed, _) in seen.items()}
    forms = _recorded(workspace, environment, state, serving, live)
    near = {name: closer for name, (_, closer) in seen.items() if closer is not None}
    strange = strange_versions(workspace.ledger, client, state, near)
    owner = {"project": workspace.project.name, "environment": environment.name}
    record = state.record
    found = []
    for name, served in serving.workflows.items():
        observed, closely = seen[name]
        alias = environment.alias if served.alias is None else served.alias
        more = []
        if closely is not None:
            own = {**owner, **naming_tags(served, serving)}
            more = tag_differences(served, closely.tags, own)
            more += version_differences(strange[name])
        drift = compare(served, observed, alias=alias, form=forms.get(name), more=more)
        attempted = False
        if record is not None and record.status == "started" and name in record.workflows:
            attempt = [record.workflows[name]]
            left = compare(served, observed, alias=alias, attempts=attempt, more=more)
            attempted = left.state in {"in-sync", "retained"}
        latest = observed.latest if observed else None
        found.append(
            WorkflowStatus(
                name=name,
                state=drift.state,
                alias=alias or None,
                routing=observed.alias.routing if observed and observed.alias else {},
                recorded_digest=served.rendered_digest,
                live_digest=latest.digest if latest else None,
                differences=drift.differences,
                strange=tuple(strange.get(name, ())),
                attempted=attempted,
                arn=served.state_machine_arn,
                version=served.version,
                foreign=observed is not None
                and (
                    (closely is not None and has_other_owner(closely.tags, owner))
                    or names_unknown_deployment(
                        workspace.ledger.deployments, state, observed.alias, served
                    )
                ),
                notes=tuple(
                    left_aliases(served, closely.aliases if closely else (), environment.alias)
                ),
            )
        )
    return found


def with_origin(
    workflow: WorkflowStatus, manifest: Manifest | None, served: Served | None
) -> WorkflowStatus:
    """Add the release that brought the content, unless its release has another content."""
    entry = manifest.workflows.get(workflow.name) if manifest else None
    if entry is None or served is None or entry.digest != served.digest:
        return workflow
    return replace(workflow, since=entry.since)


def _recorded(
    workspace: Workspace,
    environment: Environment,
    state: RecordedState,
    serving: Serving,
    observed: Mapping[str, Observed | None],
) -> Mapping[str, Rendered]:
    """Return the recorded forms of the workflows whose live content differs."""
    other = {
        name: served
        for name, served in serving.workflows.items()
        if differs(served, observed[name])
    }
    if not other or state.tip is None:
        return {}
    part: Serving = replace(serving, workflows=other)
    return workspace.ledger.deployments.served(environment.name, state.tip, part)


def strange_versions(
    ledger: Ledger,
    client: StepFunctions,
    state: RecordedState,
    near: Mapping[str, MachineDetails],
) -> dict[str, dict[str, str]]:
    """Return the state machine versions of each workflow that no release made: ARN → date.

    No record names them. A version whose description names a release doesn't count: a deployment
    made it and died before it could record it.
    """
    serving = state.serving
    known = {served.version_arn for served in serving.workflows.values()} if serving else set()
    listed = {arn for closer in near.values() for arn in closer.versions} - known
    if listed and state.tip is not None:
        listed -= ledger.deployments.recorded_arns(state.tip, listed)
    said = version_descriptions(client, sorted(listed))
    strange = {arn for arn in listed if not is_description(said[arn])}
    return {
        name: {arn: made for arn, made in closer.versions.items() if arn in strange}
        for name, closer in near.items()
    }
