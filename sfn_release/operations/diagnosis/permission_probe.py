"""Finds out which IAM actions a deployer has, with calls that can't create or change anything.

Reads are real. Writes name a state machine that doesn't exist. AWS checks the permission first: if
you lack it, the call is denied, and otherwise it fails for another reason. We call
CreateStateMachine (with an invalid definition) and DeleteStateMachine on AWS only, because an
emulator might create or delete something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Aws
from sfn_release.deployment.live_state import in_parallel
from sfn_release.errors import AccessError, AwsError, ConfigError, NetworkError, SfnReleaseError
from sfn_release.operations.diagnosis.source_reads import source_reads
from sfn_release.project import Environment

Allowance = Literal["allowed", "denied", "unknown"]
_DENIED = {"AccessDenied", "AccessDeniedException"}
_AMAZON = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_NOT_IMPLEMENTED = {"UnknownOperationException", "UnknownOperation", "NotImplemented"}
_INVALID = "{}"  # a definition without states, which AWS refuses as InvalidDefinition


@dataclass(frozen=True)
class Permission:
    """An IAM action and AWS's answer. *purpose* says why you need it, *why* quotes AWS."""

    action: str
    purpose: str
    answer: Allowance
    why: str = ""


@dataclass(frozen=True)
class _Probe:
    service: str
    operation: str
    request: Mapping[str, Any] = field(default_factory=dict)
    purpose: str = "deployments"

    @property
    def action(self) -> str:
        words = self.operation.split("_")
        prefix = "states" if self.service == "stepfunctions" else self.service
        return f"{prefix}:{''.join(word.capitalize() for word in words)}"


def ask(aws: Aws, environment: Environment, arn: str, role: str | None) -> list[Permission]:
    """Ask for every action that you need to deploy to *environment*.

    *arn* names a state machine that doesn't exist. *role* is the role of the state machines. Raises
    NetworkError, and AccessError if the credentials themselves are refused.
    """
    probes = list(_probes(environment, arn, role, amazon=on_amazon(aws.stepfunctions)))
    return in_parallel(lambda probe: _permission(aws, probe), probes)


def on_amazon(client: Any) -> bool:
    """Whether a client calls AWS itself, not an emulator or a local service."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith(_AMAZON)


def _permission(aws: Aws, probe: _Probe) -> Permission:
    if probe.service == "stepfunctions":
        return _asked(aws.stepfunctions, probe)
    try:
        client = aws.other(probe.service)
    except ConfigError as error:  # the environment doesn't have this service
        return Permission(probe.action, probe.purpose, "unknown", error.message)
    return _asked(client, probe)


def _probes(
    environment: Environment, arn: str, role: str | None, *, amazon: bool
) -> Iterator[_Probe]:
    """Yield the calls to make, reads first."""
    alias, version = f"{arn}:{environment.alias or 'live'}", f"{arn}:1"
    routing = [{"stateMachineVersionArn": version, "weight": 100}]

    def states(operation: str, purpose: str = "deployments", **request: Any) -> _Probe:
        return _Probe("stepfunctions", operation, request, purpose)

    yield states("list_state_machines", maxResults=1)
    yield states("describe_state_machine", stateMachineArn=arn)
    yield states("list_state_machine_versions", stateMachineArn=arn, maxResults=1)
    yield states("list_tags_for_resource", resourceArn=arn)
    update = {"stateMachineArn": arn} | ({"roleArn": role} if role else {"definition": _INVALID})
    yield states("update_state_machine", **update)
    yield states("publish_state_machine_version", stateMachineArn=arn)
    yield states("tag_resource", resourceArn=arn, tags=[{"key": "sfn-release:x", "value": "x"}])
    yield states("untag_resource", resourceArn=arn, tagKeys=["sfn-release:x"])
    if amazon:  # on AWS, deleting a machine that doesn't exist succeeds and changes nothing
        yield states("delete_state_machine", "delete", stateMachineArn=arn)
    if amazon and role:
        name = arn.rpartition(":")[2]
        yield states("create_state_machine", name=name, definition=_INVALID, roleArn=role)
    if environment.alias:
        yield states("describe_state_machine_alias", stateMachineAliasArn=alias)
        yield states(
            "create_state_machine_alias", name=environment.alias, routingConfiguration=routing
        )
        yield states(
            "update_state_machine_alias", stateMachineAliasArn=alias, routingConfiguration=routing
        )
        yield states("delete_state_machine_alias", stateMachineAliasArn=alias)
    yield states("start_execution", "execute", stateMachineArn=arn)
    execution = arn.replace(":stateMachine:", ":execution:") + ":none"
    yield states("describe_execution", "execute", executionArn=execution)
    if environment.strategy is not None and environment.strategy.limits.counted:
        yield states("list_executions", "the strategy", stateMachineArn=version, maxResults=1)
    if environment.replay is not None and environment.replay.environment == environment.name:
        yield states("list_executions", "the policy replay", stateMachineArn=version, maxResults=1)
        yield states("get_execution_history", "the policy replay", executionArn=execution)
    yield from _others(environment, arn)


def _others(environment: Environment, arn: str) -> Iterator[_Probe]:
    """Yield the calls to other services that this environment needs."""
    if environment.pins != "off":
        function = {"FunctionName": arn.rpartition(":")[2][:64]}
        yield _Probe("lambda", "get_function_configuration", function, "pins")
        yield _Probe("lambda", "get_alias", {**function, "Name": "none"}, "pins")
        yield _Probe("lambda", "list_versions_by_function", function, "pins")
    # Only the requests are needed here, so the ARNs of their resources need no region.
    for read in source_reads(environment, lambda service, name: f"arn:aws:{service}:::{name}"):
        yield _Probe(read.service, read.operation, read.request, "parameters")
    if environment.strategy is not None and environment.strategy.limits.alarms:
        yield _Probe("cloudwatch", "describe_alarms", {"MaxRecords": 1}, "the strategy")


def _asked(client: Any, probe: _Probe) -> Permission:
    operation: Callable[..., Any] = getattr(client, probe.operation)
    try:
        call(operation, **probe.request)
    except NetworkError:
        raise
    except AccessError as error:
        if error.aws_code not in _DENIED:
            raise
        return Permission(_missing(probe, error), probe.purpose, "denied", error.why)
    except AwsError as error:
        known = error.aws_code and error.aws_code not in _NOT_IMPLEMENTED
        answer: Allowance = "allowed" if known else "unknown"
        return Permission(probe.action, probe.purpose, answer, _words(error))
    return Permission(probe.action, probe.purpose, "allowed")


def _missing(probe: _Probe, error: SfnReleaseError) -> str:
    """Return the denied action: of the call, or iam:PassRole for its role."""
    return "iam:PassRole" if "iam:PassRole" in error.why else probe.action


def _words(error: AwsError) -> str:
    return f"{error.aws_code}: {error.why}" if error.aws_code else error.why
