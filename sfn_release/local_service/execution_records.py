"""Runs executions and stores them: a start becomes an outcome, an outcome becomes a row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sfn_release.local_service import api_answers, history_store
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.start_targets import ExecutionStart
from sfn_release.local_service.task_scope import tasks_of
from sfn_release.simulator import (
    Clock,
    ContextSeed,
    Event,
    Execution,
    ExecutionOutcome,
    VirtualClock,
    drive,
)
from sfn_release.simulator.text_store import with_texts

Observe = Callable[[Event], None]


def run(
    context: RequestContext,
    start: ExecutionStart,
    clock: Clock | None = None,
    observe: Observe | None = None,
    begun: Callable[[Execution], None] = lambda _execution: None,
) -> ExecutionOutcome:
    """Run an execution to its end, by *clock* or else in virtual time.

    *begun* receives the execution before it runs.
    """
    target = start.target
    started = datetime.fromtimestamp(start.started, UTC)
    definition = json.loads(target.content.definition)
    clock = clock or VirtualClock(started)
    execution = Execution(
        definition,
        json.loads(start.input),
        tasks=tasks_of(context, target),
        clock=clock,
        context=ContextSeed(
            execution_arn=start.arn,
            execution_name=start.name,
            role_arn=target.content.role,
            state_machine_arn=target.arn,
            state_machine_name=target.name,
            started_at=started,
            type=target.type,
        ),
        observe=observe,
    )
    begun(execution)
    return drive(execution, clock)


def insert(
    db: sqlite3.Connection, start: ExecutionStart, outcome: ExecutionOutcome | None, owner: str
) -> None:
    """Store an execution. Without an *outcome* it is RUNNING in the process *owner*."""
    target = start.target
    db.execute(
        "INSERT INTO executions (arn, machine, machine_arn, machine_name, name, revision, version,"
        " alias, status, input, trace_header, started, owner)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'RUNNING', ?, ?, ?, ?)",
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
            owner,
        ),
    )
    history_store.append(db, start.arn, [_started(start)])
    if outcome is not None:
        finish(db, start, outcome)


def finish(db: sqlite3.Connection, start: ExecutionStart, outcome: ExecutionOutcome) -> None:
    """Store the end of an execution, unless it has been aborted meanwhile."""
    changed = db.execute(
        "UPDATE executions SET status = ?, output = ?, error = ?, cause = ?, stopped = ?,"
        " owner = NULL WHERE arn = ? AND status = 'RUNNING'",
        (
            outcome.status,
            api_answers.json_text(outcome.output) if outcome.has_output else None,
            outcome.error and history_store.storable(outcome.error),
            outcome.cause and history_store.storable(outcome.cause),
            history_store.timestamp(outcome.stopped_at),
            start.arn,
        ),
    )
    if changed.rowcount:
        history_store.append(db, start.arn, map(history_store.event_form, outcome.events[1:]))


def history(
    context: RequestContext, row: sqlite3.Row, *, after: int | None, count: int, backwards: bool
) -> list[dict[str, Any]]:
    """Return at most *count* events that follow event *after*, in either order.

    A running execution of this process has the events so far. One that runs in another process has
    its first event only, until it ends.
    """
    live = context.live.events(row["arn"]) if row["status"] == "RUNNING" else ()
    newest = len(live)  # events are numbered from 1, without gaps
    with context.store.reading() as db:
        if newest <= 1:
            return history_store.read(db, row["arn"], after=after, count=count, backwards=backwards)
        started = history_store.read(db, row["arn"], after=None, count=1, backwards=False)
    if backwards:
        last = newest if after is None else after - 1
        first = max(last - count + 1, 1)
    else:
        first = 1 if after is None else after + 1
        last = min(first + count - 1, newest)
    # The start is stored, in the caller's layout of the input.
    events = started[: 1 if first == 1 <= last else 0] + [
        with_texts(history_store.event_form(event)) for event in live[max(first, 2) - 1 : last]
    ]
    return events[::-1] if backwards else events


def abort(
    context: RequestContext,
    db: sqlite3.Connection,
    row: sqlite3.Row,
    error: str | None,
    cause: str | None,
) -> None:
    """Store a RUNNING execution as ABORTED."""
    now, details = context.now(), {"error": error, "cause": cause}
    history_store.append(
        db, row["arn"], map(history_store.event_form, context.live.events(row["arn"])[1:])
    )
    ending = {
        "id": history_store.last(db, row["arn"]) + 1,
        "previousEventId": 0,
        "type": "ExecutionAborted",
        "timestamp": now,
        "executionAbortedEventDetails": api_answers.present(details),
    }
    history_store.append(db, row["arn"], [ending])
    db.execute(
        "UPDATE executions SET status = 'ABORTED', error = ?, cause = ?, stopped = ?,"
        " owner = NULL WHERE arn = ? AND status = 'RUNNING'",
        (error, cause, now, row["arn"]),
    )


def settle(context: RequestContext) -> None:
    """Abort the executions whose process has died."""
    with context.store.reading() as db:
        owners = db.execute("SELECT DISTINCT owner FROM executions WHERE status = 'RUNNING'")
        dead = [row["owner"] for row in owners if not context.live.alive(row["owner"])]
    for owner in dead:
        with context.store.writing() as db:
            rows = db.execute(
                "SELECT * FROM executions WHERE status = 'RUNNING' AND owner = ?", (owner,)
            ).fetchall()
            for row in rows:
                abort(
                    context,
                    db,
                    row,
                    "SfnRelease.ProcessEnded",
                    "The process that ran this execution ended before the execution did.",
                )


def _started(start: ExecutionStart) -> dict[str, Any]:
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
