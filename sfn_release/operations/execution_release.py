"""Finds the environment and the release that an execution belongs to, in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sfn_release.errors import NotFoundError, UsageError
from sfn_release.operations.execution_arns import ExecutionArn
from sfn_release.operations.finished.executed_releases import ExecutedReleases
from sfn_release.operations.workspace import Workspace
from sfn_release.text import listing

if TYPE_CHECKING:
    from sfn_release.ledger import Snapshot
    from sfn_release.project import Environment
    from sfn_release.release.manifest import Manifest


@dataclass(frozen=True)
class ExecutionRelease:
    """A release that an execution ran. *definition* is the definition as it was deployed."""

    workflow: str
    environment: str
    manifest: Manifest
    definition: Mapping[str, Any] | None


@dataclass(frozen=True)
class ExecutionOwner:
    """The *environment* that an execution belongs to.

    *workflow* is the workflow whose state machine it ran, None if the environment never had one.
    """

    environment: Environment
    workflow: str | None


def owner_of(workspace: Workspace, arn: ExecutionArn, environment: str | None) -> ExecutionOwner:
    """Return the environment of an execution: the one with its state machine, account and region.

    *environment* names it instead. Raises NotFoundError if no environment can be it, and UsageError
    if several can.
    """
    snapshot = workspace.snapshot()
    if environment is not None:
        chosen = workspace.environment(environment)
        if not arn.may_be_in(chosen):
            known = chosen.given
            place = known.get("AWS::AccountId", "")
            raise UsageError(
                f"The execution isn't in {chosen.name}.",
                why=f"It is in {arn.account} in {arn.region}, and {chosen.name} is in"
                f" {f'{place} in ' if place else ''}{known['AWS::Region']}.",
                fix="Leave out --env to find its environment.",
            )
        return ExecutionOwner(chosen, _workflow_of(workspace, snapshot, chosen, arn))
    possible = [
        ExecutionOwner(candidate, _workflow_of(workspace, snapshot, candidate, arn))
        for candidate in workspace.project.environments.values()
        if arn.may_be_in(candidate)
    ]
    known_ones = [owner for owner in possible if owner.workflow is not None]
    found = known_ones or possible
    if not found:
        raise NotFoundError(
            f"No environment of this project is in account {arn.account} in {arn.region}.",
            why=f"The environments are: {', '.join(places(workspace))}.",
            fix="With credentials for that account, save the history and explain the file:\n"
            f"  aws stepfunctions get-execution-history --region {arn.region}"
            f" --execution-arn {arn.text} > history.json",
        )
    accounts = {owner.environment.given.get("AWS::AccountId") for owner in found}
    if len(found) > 1 and not known_ones and len(accounts) > 1:
        names = listing([owner.environment.name for owner in found])
        raise UsageError(
            f"The execution may belong to several environments: {names}.", fix="Name it with --env."
        )
    return found[0]


def release_of(
    workspace: Workspace,
    workflow: str,
    environment: str,
    version_arn: str | None,
    started: datetime | None,
) -> ExecutionRelease | None:
    """Return the release that an execution ran: of its state machine version, at its start.

    None if no recorded deployment made that version.
    """
    snapshot = workspace.snapshot()
    deployments = workspace.ledger.deployments
    state = deployments.state(snapshot, environment)
    if started is None:
        return None
    records = deployments.newest_first(environment, state.tip)
    version = ExecutedReleases.of(workflow, records).release_of(version_arn, started)
    manifest = None
    if version is not None:
        manifest = workspace.ledger.releases.manifest(snapshot, version)
    if version is None or manifest is None:
        return None
    commit = deployments.last_success(state, version)
    definition = None
    if commit is not None:
        serving = deployments.serving_at(environment, commit)
        served = deployments.served(environment, commit, serving).get(workflow)
        definition = served.definition if served else None
    return ExecutionRelease(workflow, environment, manifest, definition)


def release_anywhere(
    workspace: Workspace, version_arn: str, started: datetime | None
) -> ExecutionRelease | None:
    """Return the release of a state machine version that any environment has recorded."""
    snapshot = workspace.snapshot()
    deployments = workspace.ledger.deployments
    for environment, tip in deployments.environments(snapshot).items():
        for record in deployments.newest_first(environment, tip):
            for workflow, outcome in record.workflows.items():
                if outcome.version_arn == version_arn:
                    return release_of(workspace, workflow, environment, version_arn, started)
    return None


def _workflow_of(
    workspace: Workspace, snapshot: Snapshot, environment: Environment, arn: ExecutionArn
) -> str | None:
    """Return the workflow that has, or once had, the state machine of an execution."""
    deployments = workspace.ledger.deployments
    state = deployments.state(snapshot, environment.name)
    for workflow, served in (state.serving.workflows if state.serving else {}).items():
        if served.state_machine_arn == arn.state_machine_arn:
            return workflow
    for record in deployments.newest_first(environment.name, state.tip):
        for workflow, outcome in record.workflows.items():
            if outcome.state_machine_arn == arn.state_machine_arn:
                return workflow
    return None


def places(workspace: Workspace) -> Iterator[str]:
    """Yield each environment with its account and region, for an error."""
    for environment in workspace.project.environments.values():
        known = environment.given
        account = known.get("AWS::AccountId", "account unknown")
        yield f"{environment.name} ({account}, {known['AWS::Region']})"
