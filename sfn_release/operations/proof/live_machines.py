"""Reads state machines for a proof. It only calls Describe and List operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.aws.api_calls import call, call_or_none
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.live_state import describe_alias, in_parallel, rendered_from
from sfn_release.errors import AwsError, NetworkError, SfnReleaseError
from sfn_release.operations.proof.evidence import LiveMachine
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import Served

_UNREADABLE = "KmsAccessDeniedException", "KmsInvalidStateException", "KmsThrottlingException"


def read_machines(
    client: StepFunctions, served: Mapping[str, Served], *, alias: str, names: Mapping[str, str]
) -> dict[str, LiveMachine | SfnReleaseError | None]:
    """Return the live machine of each *served* workflow: None if it is gone, or the error.

    *alias* and *names* are the alias and the names of the state machines as releases.toml has them.
    A record that names others may have been forged, so they are looked for too.

    After the first machine that couldn't be reached, the others get the same error, because each
    would wait for the network as long.
    """
    unreached: list[SfnReleaseError] = []

    def read(item: tuple[str, Served]) -> tuple[str, LiveMachine | SfnReleaseError | None]:
        workflow, recorded = item
        if unreached:
            return workflow, unreached[0]
        try:
            return workflow, _machine(client, workflow, recorded, alias, names.get(workflow))
        except NetworkError as error:
            unreached.append(error)
            return workflow, error
        except AwsError as error:
            return workflow, error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            return workflow, AwsError(
                "The endpoint's answer isn't one of Step Functions.",
                why=f"{type(error).__name__}: {error}",
                fix="Check `endpoint_url` of the environment.",
            )

    return dict(in_parallel(read, served.items()))


def exists(client: StepFunctions, arn: str) -> bool:
    """Return whether AWS has a state machine."""
    return _described(client, arn) is not None


def _machine(
    client: StepFunctions, workflow: str, recorded: Served, alias: str, name: str | None
) -> LiveMachine | None:
    arn = recorded.state_machine_arn
    described = _described(client, arn)
    if described is None:
        return None
    used = alias if recorded.alias is None else recorded.alias
    routed = describe_alias(client, f"{arn}:{used}") if used else None
    configured = describe_alias(client, f"{arn}:{alias}") if alias and alias != used else None
    named = named_like(arn, name) if name is not None else arn
    versions: dict[str, Rendered | None] = {}
    for version in routed.routing if routed else ():
        found = _described(client, version)
        if found is not None:
            versions[version] = _content(workflow, found)
    tags = call(client.list_tags_for_resource, resourceArn=arn).get("tags", [])
    return LiveMachine(
        arn=arn,
        status=described.get("status", ""),
        latest=_content(workflow, described),
        alias=routed,
        versions=versions,
        tags={tag["key"]: tag["value"] for tag in tags},
        configured=configured,
        namesake=named if named != arn and exists(client, named) else None,
    )


def named_like(arn: str, name: str) -> str:
    """Return the ARN of the state machine *name* in the account and region of another one."""
    return f"{arn.rpartition(':')[0]}:{name}"


def _described(client: StepFunctions, arn: str) -> dict[str, Any] | None:
    """Return a description; None if there is none, {} if its key can't be used."""
    try:
        return call_or_none(client.describe_state_machine, stateMachineArn=arn)
    except AwsError as error:
        if error.aws_code in _UNREADABLE:
            return {}
        raise


def _content(workflow: str, described: Mapping[str, Any]) -> Rendered | None:
    return rendered_from(workflow, described) if described else None
