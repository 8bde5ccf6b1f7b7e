"""Examines the state machines with our names in one environment: their owner and their quotas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Aws
from sfn_release.deployment.live_state import find_machines, in_parallel
from sfn_release.errors import AwsError, SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.names import TAG_PREFIX
from sfn_release.operations.diagnosis.diagnosis import Diagnosis, Findings
from sfn_release.operations.diagnosis.unqualified_triggers import examine_triggers
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment

_VERSIONS, _ALIASES = 1000, 100  # AWS's quotas of a state machine
_NEAR = 0.9


def examine_machines(
    workspace: Workspace, environment: Environment, aws: Aws, snapshot: Snapshot | None
) -> Iterator[Diagnosis]:
    """Yield the diagnoses of the state machines with our names."""
    findings = Findings(environment.name)
    try:
        names = _names(workspace, environment, snapshot)
        arns = find_machines(aws.stepfunctions, names)
    except SfnReleaseError as error:
        yield findings.error("state machines", error)
        return
    if not names:
        yield findings.ok("state machines", "nothing is released yet, so we expect none")
        return
    yield findings.ok("state machines", f"{len(arns)} of {len(names)} exist")
    owner = {"project": workspace.project.name, "environment": environment.name}

    def one(item: tuple[str, str]) -> list[Diagnosis]:
        try:
            return list(_machine(aws.stepfunctions, *item, owner, findings))
        except AwsError as error:
            return [findings.error("state machines", error)]

    for found in in_parallel(one, sorted(arns.items())):
        yield from found
    if environment.has_iam:
        yield from examine_triggers(environment, aws, arns)


def _names(
    workspace: Workspace, environment: Environment, snapshot: Snapshot | None
) -> frozenset[str]:
    """Return the names of state machines: of the highest release, and of the live one."""
    if snapshot is None:
        return frozenset()
    manifests = workspace.ledger.releases.manifests(snapshot, limit=1)
    released: Iterable[str] = manifests[0].workflows if manifests else ()
    serving = workspace.ledger.deployments.state(snapshot, environment.name).serving
    served = serving.workflows.values() if serving else ()
    given = serving.handed_over if serving else {}
    return frozenset(
        [environment.state_machine_name(name) for name in released if name not in given]
        + [workflow.settings["state_machine"] for workflow in served]
    )


def _machine(
    client: Any, name: str, arn: str, owner: Mapping[str, str], findings: Findings
) -> Iterator[Diagnosis]:
    """Yield the problems of one state machine."""
    listed = call(client.list_tags_for_resource, resourceArn=arn).get("tags", [])
    tags = {tag["key"]: tag["value"] for tag in listed}
    theirs = {key: tags.get(TAG_PREFIX + key) for key in owner}
    if theirs != owner:
        whose = (
            f"its tags say project {theirs['project']}, environment {theirs['environment']}"
            if any(theirs.values())
            else "it has no tags from sfn-release"
        )
        yield findings.problem(
            "state machines",
            f"{name} exists but isn't ours: {whose}",
            "Rename the workflow, set another `name` template, or take it over with --adopt.",
        )
    versions = call(client.list_state_machine_versions, stateMachineArn=arn, maxResults=1000)
    aliases = call(client.list_state_machine_aliases, stateMachineArn=arn, maxResults=1000)
    prune = f"Run `sfn-release prune --env {findings.area}`"
    for noun, quota, items, fix in (
        ("versions", _VERSIONS, versions["stateMachineVersions"], prune),
        ("aliases", _ALIASES, aliases["stateMachineAliases"], "Delete old aliases"),
    ):
        used = len(items)
        if used >= quota * _NEAR:
            kind = findings.problem if used >= quota else findings.warning
            yield kind(
                "state machines",
                f"{name} has {used} {noun}. AWS allows {quota}",
                f"{fix}, or ask AWS for a higher quota.",
            )
