"""The calls to AWS that read the parameters of an environment, and what IAM must allow for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.project import Environment
from sfn_release.project.parameter_sources import (
    StackExport,
    StackOutput,
    StateAttribute,
    StateOutput,
    StoredParameter,
)
from sfn_release.project.state_locations import S3Location, parse_location

ArnOf = Callable[[str, str], str]
"""Returns an ARN of the environment's account and region for a service and a resource."""


@dataclass(frozen=True)
class SourceRead:
    """One call of *service*, by botocore's names, and the ARNs of its *resources*.

    *action* is the IAM action, and *sid* names the statement of a policy.
    """

    service: str
    operation: str
    request: Mapping[str, Any]
    action: str
    sid: str
    resources: tuple[str, ...]


def source_reads(environment: Environment, arn: ArnOf) -> Iterator[SourceRead]:
    """Yield the calls that reading all looked-up parameters of *environment* makes."""
    sources = [*environment.sources(environment.parameters).values()]
    names = sorted({source.ssm for source in sources if isinstance(source, StoredParameter)})
    if names:
        paths = dict.fromkeys(name.partition(":")[0].lstrip("/") for name in names)
        arns = tuple(arn("ssm", f"parameter/{path}") for path in paths)
        request = {"Names": names[:10]}
        yield SourceRead(
            "ssm", "get_parameters", request, "ssm:GetParameters", "ReadParameters", arns
        )
    stacks = sorted({source.stack for source in sources if isinstance(source, StackOutput)})
    for stack in stacks:
        resource = stack if stack.startswith("arn:") else arn("cloudformation", f"stack/{stack}/*")
        yield SourceRead(
            "cloudformation",
            "describe_stacks",
            {"StackName": stack},
            "cloudformation:DescribeStacks",
            "ReadStacks",
            (resource,),
        )
    if any(isinstance(source, StackExport) for source in sources):
        action = "cloudformation:ListExports"  # which IAM can't limit to a resource
        yield SourceRead("cloudformation", "list_exports", {}, action, "ReadExports", ("*",))
    states = {s.tfstate for s in sources if isinstance(s, StateOutput | StateAttribute)}
    partition = arn("s3", "").split(":")[1]
    for state in sorted(states):
        location = parse_location(state)
        if isinstance(location, S3Location):
            yield _object_read(location, partition)


def _object_read(location: S3Location, partition: str) -> SourceRead:
    version = {"VersionId": location.version} if location.version else {}
    request = {"Bucket": location.bucket, "Key": location.key, **version, "Range": "bytes=0-0"}
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    arn = f"arn:{partition}:s3:::{location.bucket}/{location.key}"
    return SourceRead("s3", "get_object", request, action, "ReadTerraformStates", (arn,))
