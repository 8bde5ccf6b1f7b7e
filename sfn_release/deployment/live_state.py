"""Read the state machines in AWS: the input of plans and of `status`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from typing import Any, TypeVar

from sfn_release.aws.api_calls import Operation, call, call_or_none
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.canonical import loads
from sfn_release.errors import ConflictError, DefinitionError
from sfn_release.plan import Observed, is_alias_description
from sfn_release.plan.drift import MachineDetails
from sfn_release.plan.steps import ObservedAlias
from sfn_release.release.record import timestamp
from sfn_release.release.rendering import (
    Rendered,
    normal_encryption,
    normal_logging,
    normal_tracing,
)
from sfn_release.release.serving import Served

THREADS = 16
"""Workflows that are read or changed at the same time."""

_SEARCHED = 5  # the newest versions that are looked at after an attempt that left no record

Argument = TypeVar("Argument")
Returned = TypeVar("Returned")


@dataclass(frozen=True)
class MachineQuery:
    """A state machine to look for: its name, and content that may exist as a version.

    *arn* is where it was last (None if never), *versions* are ARNs that may have the content;
    with *every*, all of them are looked at.
    """

    name: str
    rendered_digest: str
    arn: str | None = None
    versions: tuple[str, ...] = ()
    every: bool = False


def observe(
    client: StepFunctions,
    wanted: Mapping[str, MachineQuery],
    *,
    alias: str,
    search: bool,
) -> dict[str, Observed | None]:
    """Return the live machine of every workflow of *wanted*; None for a missing machine.

    With *search*, versions that no record names are looked for too: an attempt that died may have
    published one. Raises AwsError, and ConflictError for a machine that is being deleted.
    """
    unknown = {want.name for want in wanted.values() if want.arn is None}
    found = find_machines(client, unknown)

    def observe_one(item: tuple[str, MachineQuery]) -> tuple[str, Observed | None]:
        workflow, want = item
        arn = want.arn or found.get(want.name)
        if arn is None:
            return workflow, None
        return workflow, _observe(client, workflow, arn, want, alias=alias, search=search)

    return dict(in_parallel(observe_one, wanted.items()))


def look(
    client: StepFunctions,
    served: Mapping[str, Served],
    *,
    alias: str,
    closer: bool,
) -> dict[str, tuple[Observed | None, MachineDetails | None]]:
    """Return the live machine of every workflow that is *served*, with two calls for each.

    Tags and versions aren't read, except the versions of an alias that was moved. *alias* is for
    records that name none. With *closer*, the second of each pair holds details that take more
    calls. Raises AwsError.
    """

    def look_at(
        item: tuple[str, Served],
    ) -> tuple[str, tuple[Observed | None, MachineDetails | None]]:
        workflow, recorded = item
        name = alias if recorded.alias is None else recorded.alias
        observed = _look(client, workflow, recorded, name)
        near = _read_details(client, observed.arn, name) if observed and closer else None
        return workflow, (observed, near)

    return dict(in_parallel(look_at, served.items()))


def _look(client: StepFunctions, workflow: str, served: Served, alias: str) -> Observed | None:
    arn = served.state_machine_arn
    machine = call_or_none(client.describe_state_machine, stateMachineArn=arn)
    if machine is None:
        return None
    routed = describe_alias(client, f"{arn}:{alias}") if alias else None
    routing = routed.routing if routed else {}
    other = [] if routing == served.routing else [*routing]
    return Observed(
        arn=arn,
        latest=rendered_from(workflow, machine),
        revision=machine.get("revisionId"),
        tags={},
        alias=routed,
        versions=_describe_versions(client, workflow, other),
    )


def _read_details(client: StepFunctions, arn: str, alias: str) -> MachineDetails:
    tags = call(client.list_tags_for_resource, resourceArn=arn).get("tags", [])
    versions = version_dates(client, arn)
    others = [
        describe_alias(client, found_alias["stateMachineAliasArn"])
        for found_alias in list_pages(
            client.list_state_machine_aliases, "stateMachineAliases", stateMachineArn=arn
        )
        if found_alias["stateMachineAliasArn"] != f"{arn}:{alias}"
    ]
    return MachineDetails(
        tags={tag["key"]: tag["value"] for tag in tags},
        versions=versions,
        aliases=tuple(
            found_alias
            for found_alias in others
            if found_alias and is_alias_description(found_alias.description)
        ),
    )


def version_dates(client: StepFunctions, arn: str) -> dict[str, str]:
    """Return the ARNs of all versions of a state machine, with when each was made (UTC)."""
    listed = list_pages(
        client.list_state_machine_versions, "stateMachineVersions", stateMachineArn=arn
    )
    return {
        version["stateMachineVersionArn"]: timestamp(version["creationDate"].astimezone(UTC))
        for version in listed
    }


def version_descriptions(client: StepFunctions, arns: Iterable[str]) -> dict[str, str]:
    """Return the descriptions of state machine versions, as far as they are still there."""

    def description_of(arn: str) -> tuple[str, str]:
        found = call_or_none(client.describe_state_machine, stateMachineArn=arn) or {}
        return arn, found.get("description") or ""

    return dict(in_parallel(description_of, arns))


def list_pages(operation: Operation, member: str, **request: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of all pages of a list operation; botocore has no paginator for these."""
    while True:
        page = call(operation, maxResults=1000, **request)
        yield from page[member]
        if not page.get("nextToken"):
            return
        request["nextToken"] = page["nextToken"]


def count_versions(client: StepFunctions, arn: str) -> int:
    """Return how many versions a state machine has."""
    listed = list_pages(
        client.list_state_machine_versions, "stateMachineVersions", stateMachineArn=arn
    )
    return sum(1 for _ in listed)


def count_aliases(client: StepFunctions, arn: str) -> int:
    """Return how many aliases a state machine has."""
    listed = list_pages(
        client.list_state_machine_aliases, "stateMachineAliases", stateMachineArn=arn
    )
    return sum(1 for _ in listed)


def find_machines(client: StepFunctions, names: Iterable[str]) -> dict[str, str]:
    """Return the ARNs of the state machines that have these names."""
    missing = set(names)
    found: dict[str, str] = {}
    request: dict[str, Any] = {}
    while missing:
        page = call(client.list_state_machines, maxResults=1000, **request)
        for machine in page["stateMachines"]:
            if machine["name"] in missing:
                missing.discard(machine["name"])
                found[machine["name"]] = machine["stateMachineArn"]
        if not page.get("nextToken"):
            break
        request = {"nextToken": page["nextToken"]}
    return found


def in_parallel(
    function: Callable[[Argument], Returned], arguments: Iterable[Argument]
) -> list[Returned]:
    """Apply *function* to every argument in a few threads; the first exception is raised."""
    arguments = list(arguments)
    if len(arguments) <= 1:
        return [function(argument) for argument in arguments]
    with ThreadPoolExecutor(min(THREADS, len(arguments))) as pool:
        try:
            return list(pool.map(function, arguments))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _observe(
    client: StepFunctions, workflow: str, arn: str, want: MachineQuery, *, alias: str, search: bool
) -> Observed | None:
    machine = call_or_none(client.describe_state_machine, stateMachineArn=arn)
    if machine is None:
        return None
    if machine.get("status") == "DELETING":
        raise ConflictError(
            f"The state machine {want.name} is being deleted.", fix="Run this again in a minute."
        )
    tags = call(client.list_tags_for_resource, resourceArn=arn).get("tags", [])
    routed = describe_alias(client, f"{arn}:{alias}") if alias else None
    own = [version for version in want.versions if version.rpartition(":")[0] == arn]
    candidates = [*(routed.routing if routed else ()), *own]
    enough = None if want.every else want.rendered_digest
    versions = _describe_versions(client, workflow, candidates, enough)
    if search and want.rendered_digest not in versions.values():
        listed = call(client.list_state_machine_versions, stateMachineArn=arn, maxResults=_SEARCHED)
        newest = [version["stateMachineVersionArn"] for version in listed["stateMachineVersions"]]
        versions |= _describe_versions(client, workflow, newest, want.rendered_digest)
    return Observed(
        arn=arn,
        latest=rendered_from(workflow, machine),
        revision=machine.get("revisionId"),
        tags={tag["key"]: tag["value"] for tag in tags},
        alias=routed,
        versions=versions,
    )


def describe_alias(client: StepFunctions, arn: str) -> ObservedAlias | None:
    """Return an alias as AWS has it, None when there is none."""
    found = call_or_none(client.describe_state_machine_alias, stateMachineAliasArn=arn)
    if found is None:
        return None
    routing = {
        route["stateMachineVersionArn"]: route["weight"]
        for route in found["routingConfiguration"]
        if route["weight"]
    }
    return ObservedAlias(arn, routing, found.get("description") or "")


def _describe_versions(
    client: StepFunctions, workflow: str, arns: Sequence[str], digest: str | None = None
) -> dict[str, str]:
    """Return the rendered digests of versions, as far as the first that has *digest*."""
    versions: dict[str, str] = {}
    for arn in dict.fromkeys(arns):
        described = call_or_none(client.describe_state_machine, stateMachineArn=arn)
        if described is None:
            continue
        found = rendered_from(workflow, described)
        versions[arn] = found.digest if found else ""
        if versions[arn] == digest:
            break
    return versions


def rendered_from(workflow: str, described: Mapping[str, Any]) -> Rendered | None:
    """Return DescribeStateMachine's answer in the form that we send; None when it is hidden.

    A machine whose key we may not use shows the definition ``{}``: that is not its content. One
    that has no digest, since JSON can't carry it exactly, was not made by us: None too.
    """
    try:
        definition = loads(described["definition"])
    except DefinitionError:
        return None
    if not isinstance(definition, dict) or not definition:
        return None
    found = Rendered(
        workflow=workflow,
        name=described["name"],
        definition=definition,
        type=described["type"],
        role=described["roleArn"],
        logging=normal_logging(described.get("loggingConfiguration")),
        tracing=normal_tracing(described.get("tracingConfiguration")),
        encryption=normal_encryption(described.get("encryptionConfiguration")),
        text=described["definition"],
    )
    try:
        _ = found.digest
    except DefinitionError:
        return None
    return found
