"""Resolves a start request: the revision of the state machine that will run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.local_service import api_errors, queries, revisions, tag_api
from sfn_release.local_service.arns import machine_arn
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.revisions import Revision

_ALL = 100  # percent


@dataclass(frozen=True)
class StartTarget:
    """The target of a start: the state machine, and the revision that will run."""

    machine: int
    arn: str
    name: str
    type: str
    revision: int
    content: Revision
    version: int | None
    alias: str | None
    tags: Mapping[str, str]

    @property
    def qualifiers(self) -> dict[str, str]:
        """The version and alias of the start, named as in the API."""
        members = {}
        if self.version is not None:
            members["stateMachineVersionArn"] = f"{self.arn}:{self.version}"
        if self.alias is not None:
            members["stateMachineAliasArn"] = f"{self.arn}:{self.alias}"
        return members


@dataclass(frozen=True)
class ExecutionStart:
    """One start of a target."""

    target: StartTarget
    arn: str
    name: str
    input: str
    started: float
    trace_header: str | None = None


def resolve(context: RequestContext, text: str) -> StartTarget:
    """Resolve the ARN of a state machine, version or alias. An alias routes by its weights.

    Raises InvalidArn and StateMachineDoesNotExist.
    """
    arn = machine_arn(text)
    with context.store.reading() as db:
        machine = queries.machine(db, context, arn)
        key, number, revision = machine["id"], arn.version, machine["revision"]
        if arn.alias is not None:
            alias = queries.alias(db, key, arn.alias)
            if alias is None:
                raise api_errors.no_state_machine(text)
            number = route_by(queries.routing(alias), context.random())
        if number is not None:
            version = queries.version(db, key, number)
            if version is None:
                raise api_errors.no_state_machine(text)
            revision = version["revision"]
        return StartTarget(
            machine=key,
            arn=arn.machine,
            name=arn.name,
            type=machine["type"],
            revision=revision,
            content=revisions.from_row(queries.revision(db, revision)),
            version=number,
            alias=arn.alias,
            tags=tag_api.tags_of(db, key),
        )


def route_by(routes: list[Any], share: float) -> int:
    """Return the version for a *share*, from 0 up to but without 1."""
    rest = share * _ALL
    for number, weight in routes:
        rest -= weight
        if rest < 0:
            return int(number)
    return int(routes[-1][0])
