"""AWS and the ledger as a test compares them: each state machine, each deployment, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.ledger import Ledger
from sfn_release.release.record import Record


@dataclass(frozen=True)
class Machine:
    """A state machine: callers of the alias get *live*, all others *latest*.

    *versions* are the contents of its versions, oldest first. A content is the result of the one
    Pass state.
    """

    latest: str
    live: str | None
    versions: tuple[str, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class History:
    """The deployments of an environment and all its events, newest first; and the ledger's refs."""

    deployments: tuple[Record, ...]
    events: tuple[str, ...]
    refs: Mapping[str, str]

    @property
    def open(self) -> list[str]:
        """The ids of the deployments that did not end."""
        return [record.id for record in self.deployments if record.status == "started"]

    @property
    def ends(self) -> list[str]:
        """How each deployment ended, newest first."""
        return [f"{record.action} {record.version} {record.status}" for record in self.deployments]


NO_HISTORY = History((), (), {})


def machines(client: StepFunctions) -> dict[str, Machine]:
    """Return the state machines of an account by name."""
    found = {}
    for machine in client.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        listed = client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        versions = [_content(client, version["stateMachineVersionArn"]) for version in listed]
        tags = client.list_tags_for_resource(resourceArn=arn)["tags"]
        found[machine["name"]] = Machine(
            latest=_content(client, arn),
            live=_live(client, arn),
            versions=tuple(reversed(versions)),
            tags={tag["key"]: tag["value"] for tag in tags},
        )
    return found


def history(ledger: Ledger, environment: str) -> History:
    """Return the history of an environment, read again, from the remote if there is one."""
    refs = ledger.branches.snapshot().refs
    events = ledger.deployments.events(environment, refs.get(ledger.layout.env_ref(environment)))
    latest: dict[str, Record] = {}
    for _, record in events:
        latest.setdefault(record.id, record)
    return History(tuple(latest.values()), tuple(commit for commit, _ in events), refs)


def _live(client: StepFunctions, arn: str) -> str | None:
    aliases = client.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]
    if not aliases:
        return None
    (alias,) = aliases
    described = client.describe_state_machine_alias(
        stateMachineAliasArn=alias["stateMachineAliasArn"]
    )
    routes = described["routingConfiguration"]
    return " + ".join(_content(client, route["stateMachineVersionArn"]) for route in routes)


def _content(client: StepFunctions, arn: str) -> str:
    described: Any = client.describe_state_machine(stateMachineArn=arn)
    return str(json.loads(described["definition"])["States"]["Only"]["Result"])
