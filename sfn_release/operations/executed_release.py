"""The release that an execution ran, or will run. In a traffic shift, callers get one of two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import AwsError
from sfn_release.release.record import Record
from sfn_release.release.serving import RecordedState, Served
from sfn_release.release.version import Version


def possible_releases(
    client: StepFunctions,
    workflow: str,
    *,
    served: Served,
    alias: str,
    state: RecordedState,
    version_arn: str | None,
) -> tuple[Version, ...]:
    """Return the releases that an execution of *workflow* can have run, mostly one.

    *served* is the workflow in the last release that succeeded, and *state* the environment's
    record at the start. *version_arn* is the state machine version that AWS says it ran, None if
    AWS doesn't say: it doesn't for EXPRESS executions, and without an alias. Two releases are
    possible while a deployment is open. () means a version that no deployment made.
    """
    if version_arn in served.routing:
        return (served.version,)
    deploying = _deploying(state, workflow, served)
    if version_arn is None and deploying is not None and alias:
        version_arn = _only_route(client, f"{served.state_machine_arn}:{alias}")
        if version_arn in served.routing:
            return (served.version,)
    if version_arn is None or not served.routing:
        return (served.version, deploying.version) if deploying else (served.version,)
    return (deploying.version,) if deploying and _made(deploying, workflow, version_arn) else ()


def startable_releases(
    client: StepFunctions, workflow: str, *, served: Served, alias: str, state: RecordedState
) -> tuple[Version, ...]:
    """Return the releases that the next execution of *workflow* can run, mostly one.

    Two are possible while an alias sends callers to both, and where the alias can't be read.
    """
    deploying = _deploying(state, workflow, served)
    if deploying is None:
        return (served.version,)
    only = _only_route(client, f"{served.state_machine_arn}:{alias}") if alias else None
    if only is None:
        return (served.version, deploying.version)
    if only in served.routing:
        return (served.version,)
    return (deploying.version,) if _made(deploying, workflow, only) else (served.version,)


def _deploying(state: RecordedState, workflow: str, served: Served) -> Record | None:
    """Return the deployment that is open, or failed, if it changes the workflow's content."""
    record = state.record if state.unfinished else None
    outcome = record.workflows.get(workflow) if record else None
    if outcome is None or outcome.rendered_digest == served.rendered_digest:
        return None
    return record


def _only_route(client: StepFunctions, alias_arn: str) -> str | None:
    """Return the version that gets every caller of an alias; None for two, or if it isn't known."""
    try:
        answer = call(client.describe_state_machine_alias, stateMachineAliasArn=alias_arn)
    except AwsError:
        return None  # you may start executions without being allowed to read the alias
    routes = [route for route in _routes(answer) if route["weight"]]
    return routes[0]["stateMachineVersionArn"] if len(routes) == 1 else None


def _routes(alias: Mapping[str, Any]) -> list[Any]:
    return alias.get("routingConfiguration") or []


def _made(record: Record, workflow: str, version_arn: str) -> bool:
    """Return whether a deployment made a version. An open one doesn't know its number yet."""
    known = record.workflows[workflow].version_arn
    return known == version_arn or (known is None and record.status == "started")
