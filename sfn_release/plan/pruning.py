"""Decide which state machine versions nothing needs. Pure.

A version that is kept may name versions of other workflows in its definition, so those are kept
too. What can't be known keeps a version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_release.plan.steps import number

_VERSION = re.compile(r"arn:[^:\s]+:states:[^:\s]+:[^:\s]+:stateMachine:[^:\s\"'/]+:\d+(?![\w-])")


@dataclass(frozen=True)
class RecordedNeeds:
    """The state machine versions that the ledger speaks of, by ARN.

    *made* were made or served by a deployment of this environment. *live* maps the versions of the
    last releases that were live to why they are needed, *pinned* the ones that a recorded form
    or pin of any environment names. *attempted* belong to a deployment that didn't finish.
    *starters* maps each version that any recorded form names to the state machines that had it.
    """

    made: frozenset[str] = frozenset()
    live: Mapping[str, str] = field(default_factory=dict)
    pinned: Mapping[str, str] = field(default_factory=dict)
    attempted: frozenset[str] = frozenset()
    starters: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class MachineVersions:
    """The versions of one workflow's state machine, newest first, and the aliases' routes.

    *aliases* maps each version ARN that an alias routes to, with any weight, to the alias names.
    *revision* names the content of ``$LATEST``, *mentions* are the versions that it names.
    *untouchable* is the reason why the whole machine is left alone, "" if there is none.
    """

    workflow: str
    versions: tuple[str, ...]
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    revision: str | None = None
    mentions: frozenset[str] = frozenset()
    untouchable: str = ""


@dataclass(frozen=True)
class VersionContent:
    """What AWS says of one version. *use* is why its executions need it, "" if none does.

    *revision* names its content, *mentions* are the versions of state machines that it names.
    """

    revision: str | None
    mentions: frozenset[str]
    use: str = ""


@dataclass(frozen=True)
class KeptVersion:
    """A state machine version that stays, and why."""

    workflow: str
    version_arn: str
    because: str


@dataclass(frozen=True)
class PrunedVersion:
    """A state machine version that nothing needs."""

    workflow: str
    version_arn: str

    def __str__(self) -> str:
        return f"{self.workflow}{number(self.version_arn)}"


@dataclass(frozen=True)
class PrunePlan:
    """The versions to delete in *environment*, oldest first for each workflow, and the others.

    *keep* is how many of the last live releases keep their versions.
    """

    environment: str
    keep: int
    deleted: tuple[PrunedVersion, ...]
    kept: tuple[KeptVersion, ...]


def recorded_reasons(machine: MachineVersions, needs: RecordedNeeds) -> dict[str, str]:
    """Return why versions are kept that need no look at executions: ARN → reason."""
    if machine.untouchable:
        return dict.fromkeys(machine.versions, machine.untouchable)
    reasons = {}
    for arn in machine.versions:
        if arn in machine.aliases:
            names = machine.aliases[arn]
            noun = "alias" if len(names) == 1 else "aliases"
            verb = "routes" if len(names) == 1 else "route"
            reasons[arn] = f"the {noun} {', '.join(names)} {verb} to it"
        elif arn in needs.live:
            reasons[arn] = needs.live[arn]
        elif arn in needs.attempted:
            reasons[arn] = "a deployment that didn't finish published it or needs it"
        elif arn not in needs.made:
            reasons[arn] = "no deployment in the ledger made it"
        elif arn in needs.pinned:
            reasons[arn] = needs.pinned[arn]
    return reasons


def prune_plan(
    environment: str,
    keep: int,
    machines: Iterable[MachineVersions],
    contents: Mapping[str, VersionContent],
    needs: RecordedNeeds,
) -> PrunePlan:
    """Decide which versions of *machines* are deleted.

    *contents* are the contents of their versions; a version without one has gone meanwhile. A
    machine's newest version with the content of ``$LATEST`` is kept: the next deployment would
    publish it again.
    """
    machines = list(machines)
    reasons: dict[str, str] = {}
    for machine in machines:
        reasons |= _own_reasons(machine, contents, needs)
    _keep_started(machines, contents, reasons)
    deleted, kept = [], []
    for machine in machines:
        for arn in reversed(machine.versions):
            if arn in reasons:
                kept.append(KeptVersion(machine.workflow, arn, reasons[arn]))
            elif arn in contents:
                deleted.append(PrunedVersion(machine.workflow, arn))
    return PrunePlan(environment, keep, tuple(deleted), tuple(kept))


def _own_reasons(
    machine: MachineVersions, contents: Mapping[str, VersionContent], needs: RecordedNeeds
) -> dict[str, str]:
    """Return why versions of a machine are kept, apart from workflows that start them."""
    reasons = recorded_reasons(machine, needs)
    there = [arn for arn in machine.versions if arn in contents]
    for arn in there:
        if contents[arn].use:
            reasons.setdefault(arn, contents[arn].use)
    latest = [arn for arn in there if contents[arn].revision == machine.revision]
    for arn in latest[:1]:
        reasons.setdefault(arn, "$LATEST has its content")
    return reasons


def _keep_started(
    machines: Iterable[MachineVersions],
    contents: Mapping[str, VersionContent],
    reasons: dict[str, str],
) -> None:
    """Add the versions to *reasons* that kept content starts, and what those start in turn."""
    owner = {arn: machine.workflow for machine in machines for arn in machine.versions}
    starting = [(f"$LATEST of {machine.workflow}", machine.mentions) for machine in machines]
    starting += [(_named(owner, arn), contents[arn].mentions) for arn in reasons if arn in contents]
    while starting:
        where, mentioned = starting.pop()
        for arn in sorted(mentioned & owner.keys() - reasons.keys()):
            reasons[arn] = f"{where} starts it"
            if arn in contents:
                starting.append((_named(owner, arn), contents[arn].mentions))


def _named(owner: Mapping[str, str], arn: str) -> str:
    return f"{owner[arn]}{number(arn)}"


def mentioned_versions(value: Any) -> frozenset[str]:
    """Return the ARNs of state machine versions in the texts of a JSON value."""
    found: set[str] = set()
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, str):
            found.update(_VERSION.findall(item))
        elif isinstance(item, Mapping):
            rest += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple):
            rest += item
    return frozenset(found)
