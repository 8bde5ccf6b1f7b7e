"""Resolves a start request: the revision of the state machine that will run."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sfn_release.errors import ConfigError
from sfn_release.local_service.api import api_errors
from sfn_release.local_service.api.arns import machine_arn
from sfn_release.local_service.api.resource_tags import MACHINE_TAGS
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import queries, revisions
from sfn_release.local_service.storage.revisions import Revision

if TYPE_CHECKING:
    from sfn_release.tasks import MockedTestCase

_ALL = 100  # percent


@dataclass(frozen=True)
class StartTarget:
    """The target of a start: the state machine, and the revision that will run.

    *test_case* is the case of a MockConfigFile.json that answers its tasks.
    """

    machine: int
    arn: str
    name: str
    type: str
    revision: int
    content: Revision
    version: int | None
    alias: str | None
    tags: Mapping[str, str]
    test_case: MockedTestCase | None = None

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


def resolve(context: RequestContext, db: sqlite3.Connection, text: str) -> StartTarget:
    """Resolve the ARN of a state machine, version or alias. An alias routes by its weights.

    The ARN may end in ``#`` and a test case of the mock configuration, as in Step Functions Local.
    Raises InvalidArn, StateMachineDoesNotExist, and ValidationException for an unknown test case.
    """
    text, mark, case = text.partition("#")
    arn = machine_arn(text)
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
        tags=MACHINE_TAGS.of(db, key),
        test_case=test_case(context, arn.name, case) if mark else None,
    )


def test_case(context: RequestContext, machine: str, name: str) -> MockedTestCase:
    """Return a test case of a state machine, as the mock configuration has it now.

    Raises ValidationException if it doesn't have it, or can't be read.
    """
    if context.mock_config is None:
        raise api_errors.validation(
            f"The start names the test case '{name}', but the service has no mock configuration."
            " Start it with --mock-config FILE, or set SFN_MOCK_CONFIG to the path of the file."
        )
    try:
        return context.mock_config().case(machine, name)
    except ConfigError as error:
        problem = " ".join(filter(None, (error.message, error.why, error.fix)))
        raise api_errors.validation(problem) from None


def route_by(routes: list[Any], share: float) -> int:
    """Return the version for a *share*, from 0 up to but without 1."""
    rest = share * _ALL
    for number, weight in routes:
        rest -= weight
        if rest < 0:
            return int(number)
    return int(routes[-1][0])
