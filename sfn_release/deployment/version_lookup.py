"""Look up versions of Lambda functions, and of state machines outside the release."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Aws, Functions
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.live_state import describe_alias, in_parallel, rendered_from
from sfn_release.errors import AccessError, AwsError
from sfn_release.plan.steps import number, routing_text
from sfn_release.release.pins import LATEST, ResourceName

_SEARCHED = 10  # the newest versions of a state machine that are compared with its $LATEST
_CONTENT = (
    # The configuration that, beside its code, makes up a version of a function.
    *("Runtime", "Handler", "Role", "Timeout", "MemorySize", "Environment", "Layers"),
    *("VpcConfig", "FileSystemConfigs", "ImageConfigResponse", "PackageType", "Architectures"),
    *("EphemeralStorage", "DeadLetterConfig", "KMSKeyArn"),
)


@dataclass(frozen=True)
class AccountScope:
    """Where an environment's state machines are. *accounts* is empty while that is not known."""

    region: str
    accounts: frozenset[str]

    def holds(self, name: ResourceName) -> bool:
        """Return whether a name is of this region and, as far as is known, account."""
        return name.region in {None, self.region} and (
            name.account is None or not self.accounts or name.account in self.accounts
        )


@dataclass(frozen=True)
class FoundVersion:
    """The exact version of something, or the *problem* with it; *gone*: it does not exist."""

    arn: str | None = None
    problem: str = ""
    gone: bool = False


def look_up_versions(
    aws: Aws, names: Collection[ResourceName], home: AccountScope, *, tolerant: bool
) -> dict[ResourceName, FoundVersion]:
    """Return the version of each name: a few calls for each distinct thing, side by side.

    Raises AwsError when AWS can't be asked, unless *tolerant*; that another account does not let
    us look is an answer.
    """

    def look_up_one(name: ResourceName) -> tuple[ResourceName, FoundVersion]:
        try:
            if name.kind == "function":
                return name, _function(aws.functions, name)
            return name, _machine(aws.stepfunctions, name)
        except AwsError as error:
            if error.missing:
                return name, FoundVersion(problem=error.why or error.message, gone=True)
            abroad = isinstance(error, AccessError) and error.aws_code and not home.holds(name)
            if tolerant or abroad:
                return name, FoundVersion(problem=f"{error.message} {error.why}".strip())
            raise

    things = {name: _normal(name, home) for name in names}
    answers = dict(in_parallel(look_up_one, sorted({*things.values()}, key=str)))
    return {name: answers[thing] for name, thing in things.items()}


def _normal(name: ResourceName, home: AccountScope) -> ResourceName:
    """Return one name for all names of the same function: as short as can be."""
    if name.kind == "state machine":
        return name
    qualifier = None if name.qualifier == LATEST else name.qualifier
    if name.account and not (home.accounts and home.holds(name)):
        return replace(name, qualifier=qualifier, region=name.region or home.region)
    return ResourceName(name.kind, name.name, qualifier)


def _function(functions: Functions, name: ResourceName) -> FoundVersion:
    asked = name.name
    if name.account:
        partition = name.partition or "aws"
        asked = f"arn:{partition}:lambda:{name.region}:{name.account}:function:{name.name}"
    if name.exact:
        found = call(
            functions.get_function_configuration, FunctionName=asked, Qualifier=name.qualifier
        )
        return FoundVersion(found["FunctionArn"])
    if name.qualifier is None:
        return _published(functions, asked)
    alias = call(functions.get_alias, FunctionName=asked, Name=name.qualifier)
    others = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    if others:
        shares = ", ".join(f"{weight:.0%} to :{version}" for version, weight in others.items())
        return FoundVersion(
            problem=f"the alias {name.qualifier} sends its calls to several versions"
            f" (:{alias['FunctionVersion']}, {shares})"
        )
    if alias["FunctionVersion"] == LATEST:
        return _published(functions, asked)
    return FoundVersion(f"{alias['AliasArn'].rpartition(':')[0]}:{alias['FunctionVersion']}")


def _published(functions: Functions, function: str) -> FoundVersion:
    """Return the newest version with the code and configuration of ``$LATEST``."""
    latest: Mapping[str, Any] | None = None
    versions = []
    for found in _versions(functions, function):
        if found["Version"] == LATEST:
            latest = found
        else:
            versions.append(found)
    if latest is None:  # emulators; AWS refuses to list versions of a missing function
        return FoundVersion(problem="there is no such function", gone=True)
    versions.sort(key=lambda found: int(found["Version"]), reverse=True)
    equal = [found for found in versions if found["CodeSha256"] == latest["CodeSha256"]]
    for found in equal:
        if not _differing(latest, found):
            return FoundVersion(found["FunctionArn"])
    if equal:
        differing = ", ".join(_differing(latest, equal[0]))
        return FoundVersion(
            problem=f"$LATEST has the code of version {equal[0]['Version']} but a different"
            f" {differing}: publish a version first"
        )
    if versions:
        return FoundVersion(
            problem=f"the code of $LATEST is not published: its newest version is"
            f" :{versions[0]['Version']}, with other code"
        )
    return FoundVersion(problem="it has no published version")


def _differing(latest: Mapping[str, Any], version: Mapping[str, Any]) -> list[str]:
    return [key for key in _CONTENT if (latest.get(key) or None) != (version.get(key) or None)]


def _versions(functions: Functions, function: str) -> Iterator[Mapping[str, Any]]:
    page: dict[str, Any] = {}
    while True:
        answer = call(functions.list_versions_by_function, FunctionName=function, **page)
        yield from answer["Versions"]
        if not answer.get("NextMarker"):
            return
        page = {"Marker": answer["NextMarker"]}


def _machine(client: StepFunctions, name: ResourceName) -> FoundVersion:
    arn = f"arn:{name.partition}:states:{name.region}:{name.account}:stateMachine:{name.name}"
    if name.exact:
        call(client.describe_state_machine, stateMachineArn=f"{arn}:{name.qualifier}")
        return FoundVersion(f"{arn}:{name.qualifier}")
    if name.qualifier:
        return _routed(client, arn, name.qualifier)
    return _equal_to_latest(client, arn)


def _routed(client: StepFunctions, arn: str, alias: str) -> FoundVersion:
    found = describe_alias(client, f"{arn}:{alias}")
    if found is None:
        return FoundVersion(problem=f"it has no alias {alias}", gone=True)
    if len(found.routing) != 1:
        return FoundVersion(
            problem=f"the alias {alias} sends its callers to several versions"
            f" ({routing_text(found.routing)})"
        )
    return FoundVersion(next(iter(found.routing)))


def _equal_to_latest(client: StepFunctions, arn: str) -> FoundVersion:
    """Return the newest version with the content of ``$LATEST``."""
    latest = rendered_from("", call(client.describe_state_machine, stateMachineArn=arn))
    if latest is None:
        return FoundVersion(problem="its definition can't be read")
    listed = call(client.list_state_machine_versions, stateMachineArn=arn, maxResults=_SEARCHED)
    versions = [found["stateMachineVersionArn"] for found in listed["stateMachineVersions"]]
    for version in versions:
        found = rendered_from("", call(client.describe_state_machine, stateMachineArn=version))
        if found is not None and found.digest == latest.digest:
            return FoundVersion(version)
    if not versions:
        return FoundVersion(problem="it has no published version")
    return FoundVersion(
        problem=f"its current content isn't published: its newest version is {number(versions[0])}"
    )
