"""Runs an execution: from a resolved target to an outcome, and from an outcome to a stored row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.local import content as contents
from sfn_release.local import errors, lookup, tags
from sfn_release.local.arns import machine_arn
from sfn_release.local.content import Content
from sfn_release.local.world import World
from sfn_release.simulator import Clock, ContextSeed, Event, Outcome, VirtualClock, simulate

_EXPRESS_SECONDS = 300  # the longest that AWS lets an EXPRESS execution take
_ALL = 100

Observe = Callable[[Event], None]


@dataclass(frozen=True)
class Target:
    """What a start request means: which revision of which state machine runs."""

    machine: int
    arn: str
    name: str
    type: str
    revision: int
    content: Content
    version: int | None
    alias: str | None
    tags: Mapping[str, str]

    @property
    def qualifiers(self) -> dict[str, str]:
        """The members that say how the execution was started, as the API names them."""
        members = {}
        if self.version is not None:
            members["stateMachineVersionArn"] = f"{self.arn}:{self.version}"
        if self.alias is not None:
            members["stateMachineAliasArn"] = f"{self.arn}:{self.alias}"
        return members


@dataclass(frozen=True)
class Start:
    """One start of a target."""

    target: Target
    arn: str
    name: str
    input: str
    started: float
    trace_header: str | None = None


def resolve(world: World, text: str) -> Target:
    """Find what a state machine, version or alias ARN starts; an alias routes by its weights.

    Raises InvalidArn and StateMachineDoesNotExist.
    """
    arn = machine_arn(text)
    with world.store.reading() as db:
        machine = lookup.machine(db, world, arn)
        key, number, revision = machine["id"], arn.version, machine["revision"]
        if arn.alias is not None:
            alias = lookup.alias(db, key, arn.alias)
            if alias is None:
                raise errors.no_state_machine(text)
            number = route_by(lookup.routing(alias), world.random())
        if number is not None:
            version = lookup.version(db, key, number)
            if version is None:
                raise errors.no_state_machine(text)
            revision = version["revision"]
        return Target(
            machine=key,
            arn=arn.machine,
            name=arn.name,
            type=machine["type"],
            revision=revision,
            content=contents.read(lookup.revision(db, revision)),
            version=number,
            alias=arn.alias,
            tags=tags.of(db, key),
        )


def run(
    world: World, start: Start, clock: Clock | None = None, observe: Observe | None = None
) -> Outcome:
    """Run an execution to its end, in virtual time unless given a *clock*."""
    target = start.target
    started = datetime.fromtimestamp(start.started, UTC)
    definition = json.loads(target.content.definition)
    if target.type == "EXPRESS":
        definition = _within(_EXPRESS_SECONDS, definition)
    return simulate(
        definition,
        json.loads(start.input),
        tasks=world.tasks_for(target.name, target.tags),
        clock=clock or VirtualClock(started),
        context=ContextSeed(
            execution_arn=start.arn,
            execution_name=start.name,
            role_arn=target.content.role,
            state_machine_arn=target.arn,
            state_machine_name=target.name,
            started_at=started,
        ),
        observe=observe,
    )


def insert(db: sqlite3.Connection, start: Start, outcome: Outcome | None, owner: str) -> None:
    """Store an execution: ended, or RUNNING in the process *owner* when *outcome* is None."""
    target = start.target
    db.execute(
        "INSERT INTO executions (arn, machine, machine_arn, machine_name, name, revision, version,"
        " alias, status, input, trace_header, started, events, owner)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'RUNNING', ?, ?, ?, ?, ?)",
        (
            start.arn,
            target.machine,
            target.arn,
            target.name,
            start.name,
            target.revision,
            target.version,
            target.alias,
            start.input,
            start.trace_header,
            start.started,
            json.dumps([_started(start)]),
            owner,
        ),
    )
    if outcome is not None:
        finish(db, start, outcome)


def finish(db: sqlite3.Connection, start: Start, outcome: Outcome) -> None:
    """Store the end of an execution, unless it has been given another end meanwhile."""
    events = [_started(start), *(_event(event) for event in outcome.events[1:])]
    db.execute(
        "UPDATE executions SET status = ?, output = ?, error = ?, cause = ?, stopped = ?,"
        " events = ?, owner = NULL WHERE arn = ? AND status = 'RUNNING'",
        (
            outcome.status,
            dumps(outcome.output) if outcome.has_output else None,
            outcome.error and _storable(outcome.error),
            outcome.cause and _storable(outcome.cause),
            timestamp(outcome.stopped_at),
            json.dumps(events),
            start.arn,
        ),
    )


def events_of(world: World, row: sqlite3.Row) -> list[dict[str, Any]]:
    """Return an execution's history: stored, or of a running one what has happened so far.

    Of an execution that runs in another process only the start is known before its end.
    """
    stored: list[dict[str, Any]] = json.loads(row["events"])
    if row["status"] != "RUNNING":
        return stored
    return stored[:1] + [_event(event) for event in world.runs.events(row["arn"])[1:]]


def abort(
    world: World, db: sqlite3.Connection, row: sqlite3.Row, error: str | None, cause: str | None
) -> None:
    """End a RUNNING execution as ABORTED from outside."""
    now, events = world.now(), events_of(world, row)
    details = {"error": error, "cause": cause}
    events.append(
        {
            "id": len(events) + 1,
            "previousEventId": 0,
            "type": "ExecutionAborted",
            "timestamp": now,
            "executionAbortedEventDetails": {
                name: value for name, value in details.items() if value is not None
            },
        }
    )
    db.execute(
        "UPDATE executions SET status = 'ABORTED', error = ?, cause = ?, stopped = ?, events = ?,"
        " owner = NULL WHERE arn = ? AND status = 'RUNNING'",
        (error, cause, now, json.dumps(events), row["arn"]),
    )


def settle(world: World) -> None:
    """Report executions whose process died as ABORTED."""
    with world.store.reading() as db:
        owners = db.execute("SELECT DISTINCT owner FROM executions WHERE status = 'RUNNING'")
        dead = [row["owner"] for row in owners if not world.runs.alive(row["owner"])]
    for owner in dead:
        with world.store.writing() as db:
            rows = db.execute(
                "SELECT * FROM executions WHERE status = 'RUNNING' AND owner = ?", (owner,)
            ).fetchall()
            for row in rows:
                abort(
                    world,
                    db,
                    row,
                    "SfnRelease.ProcessEnded",
                    "The process that ran this execution ended before the execution did.",
                )


def dumps(value: Any) -> str:
    """Write JSON as the service writes outputs: compact, in UTF-8."""
    return _storable(compact(value))


def told(answer: dict[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what does not apply, and the data if only metadata are asked for."""
    if request.get("includedData") == "METADATA_ONLY":
        for name in ("input", "output", "error", "cause"):
            answer[name] = None
        for name in ("inputDetails", "outputDetails"):
            if name in answer:
                answer[name] = {"included": False}
    return given(answer)


def given(members: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what does not apply: the members that are None."""
    return {name: value for name, value in members.items() if value is not None}


def timestamp(instant: datetime) -> float:
    """Return seconds since 1970, to the millisecond."""
    return round(instant.timestamp(), 3)


def _within(seconds: int, definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition whose executions last at most so long."""
    own = definition.get("TimeoutSeconds")
    if isinstance(own, int | float) and own < seconds:
        return definition
    return {**definition, "TimeoutSeconds": seconds}


def _storable(text: str) -> str:
    """Escape what UTF-8 cannot carry: half of a surrogate pair, which JSON texts can make."""
    return text.encode(errors="backslashreplace").decode()


def route_by(routes: list[Any], share: float) -> int:
    """Return the version that a *share* from 0 up to but without 1 falls to."""
    rest = share * _ALL
    for number, weight in routes:
        rest -= weight
        if rest < 0:
            return int(number)
    return int(routes[-1][0])


def _started(start: Start) -> dict[str, Any]:
    return {
        "id": 1,
        "previousEventId": 0,
        "type": "ExecutionStarted",
        "timestamp": start.started,
        "executionStartedEventDetails": {
            "input": start.input,
            "inputDetails": {"truncated": False},
            "roleArn": start.target.content.role,
            **start.target.qualifiers,
        },
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "previousEventId": event.previous,
        "type": event.type,
        "timestamp": timestamp(event.timestamp),
        **{name: dict(details) for name, details in event.details.items()},
    }
