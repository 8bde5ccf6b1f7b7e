"""Executions in the store: a start becomes a row, and its progress becomes events and an end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sfn_release.local_service.api import api_answers
from sfn_release.local_service.api.arns import activity_name
from sfn_release.local_service.api.start_targets import ExecutionStart
from sfn_release.local_service.executions import map_run_records, open_tasks
from sfn_release.local_service.executions.live_clock import LiveClock
from sfn_release.local_service.executions.live_execution import LiveExecution, Progress
from sfn_release.local_service.executions.live_executions import Store
from sfn_release.local_service.executions.live_tasks import LiveTasks
from sfn_release.local_service.executions.process_owner import PROCESS_ENDED
from sfn_release.local_service.executions.task_scope import tasks_of
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import history_store, queries
from sfn_release.simulator import ContextSeed, Execution, ExecutionOutcome, Observer, Redrive
from sfn_release.simulator.definition_shape import shape_fault
from sfn_release.simulator.text_store import with_texts

_LONGEST_POSITION = 1_000_000  # characters; it's written at each wait


def build(
    context: RequestContext, start: ExecutionStart, redrive: Redrive | None = None
) -> LiveExecution:
    """Return the execution of *start*, ready to be driven from its start or a *redrive*."""
    target = start.target
    started = datetime.fromtimestamp(start.started, UTC)
    clock = LiveClock(redrive.at if redrive else started, real_time=context.real_time)
    run = LiveExecution(start.arn, clock, input=start.input, started=start.started)

    def is_activity(arn: str) -> bool:
        with context.store.reading() as db:
            return queries.find_activity(db, context, activity_name(arn), arn) is not None

    kept = None if redrive is None else context.live.answers.take(start.arn)
    run.tasks = kept or tasks_of(context, target)
    definition, well_formed = _parsed(target.content.definition)
    run.execution = Execution(
        definition,
        json.loads(start.input),
        tasks=LiveTasks(run.tasks, run, context.live.tokens, is_activity),
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
        observer=Observer(run.observe, run.observe_child),
        redrive=redrive,
        well_formed=well_formed,
        wait_time_scale=context.wait_time_scale,
    )
    return run


@lru_cache(maxsize=64)
def _parsed(definition: str) -> tuple[Any, bool]:
    """Parse a definition, which no execution changes. Also return whether it is well-formed."""
    parsed = json.loads(definition)
    return parsed, shape_fault(parsed) is None


def insert(db: sqlite3.Connection, start: ExecutionStart, owner: str) -> None:
    """Store an execution as RUNNING in the process *owner*."""
    target = start.target
    db.execute(
        "INSERT INTO executions (arn, machine, machine_arn, machine_name, name, revision, version,"
        " alias, status, input, trace_header, started, owner, test_case)"
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
            owner,
            target.test_case and target.test_case.name,
        ),
    )
    history_store.append(db, start.arn, [_started(start)])


def storing(context: RequestContext, arn: str, redrives: int = 0) -> Store:
    """Return the function that stores the progress of an execution from now on.

    It returns False for an execution that has been aborted meanwhile. *redrives* is the number of
    its redrives so far.
    """

    def store(progress: Progress) -> bool:
        with context.store.writing() as db:
            row = db.execute(
                "SELECT 1 FROM executions WHERE arn = ? AND status = 'RUNNING' AND redrives = ?",
                (arn, redrives),
            ).fetchone()
            if row is not None:
                store_progress(db, arn, progress, context.live.owner)
        return row is not None

    return store


def store_progress(db: sqlite3.Connection, arn: str, progress: Progress, owner: str) -> None:
    """Store the progress of a RUNNING execution."""
    # The start is stored, in the caller's layout of the input.
    events = [event for event in progress.events if event.id > 1]
    history_store.append(db, arn, map(history_store.event_form, events))
    if progress.opened:
        open_tasks.insert(db, arn, owner, progress.opened)
    if progress.closed:
        open_tasks.end(db, progress.closed)
    map_run_records.store(db, progress.map_runs, progress.children)
    if progress.outcome is not None:
        _finish(db, arn, progress.outcome)
        return
    text = _checkpoint_text(progress.position)
    kept = text if text is not None and len(text) <= _LONGEST_POSITION else None
    db.execute("UPDATE executions SET checkpoint = ? WHERE arn = ?", (kept, arn))


def _checkpoint_text(checkpoint: Mapping[str, Any] | None) -> str | None:
    return None if checkpoint is None else json.dumps(checkpoint, separators=(",", ":"))


def _finish(db: sqlite3.Connection, arn: str, outcome: ExecutionOutcome) -> None:
    """Store the end of an execution."""
    db.execute(
        "UPDATE executions SET status = ?, output = ?, error = ?, cause = ?, stopped = ?,"
        " checkpoint = ?, owner = NULL WHERE arn = ?",
        (
            outcome.status,
            api_answers.json_text(outcome.output) if outcome.has_output else None,
            outcome.error and history_store.storable(outcome.error),
            outcome.cause and history_store.storable(outcome.cause),
            history_store.timestamp(outcome.stopped_at),
            _checkpoint_text(outcome.checkpoint),
            arn,
        ),
    )


def history(
    context: RequestContext, row: sqlite3.Row, *, after: int | None, count: int, backwards: bool
) -> list[dict[str, Any]]:
    """Return at most *count* events that follow event *after*, in either order.

    A running execution of this process has the events so far. One that runs in another process has
    its events up to its present wait.
    """
    live = context.live.events(row["arn"]) if row["status"] == "RUNNING" else ()
    with context.store.reading() as db:
        last = history_store.last(db, row["arn"]) if live else 0
        unstored = [
            with_texts(history_store.event_form(event)) for event in live if event.id > last
        ]
        if backwards:
            newest = [event for event in unstored[::-1] if after is None or event["id"] < after]
            rest = count - len(newest)
            if rest <= 0:
                return newest[:count]
            return newest + history_store.read(
                db, row["arn"], after=after, count=rest, backwards=True
            )
        stored = history_store.read(db, row["arn"], after=after, count=count, backwards=False)
    return (stored + [event for event in unstored if event["id"] > (after or 0)])[:count]


def abort(
    context: RequestContext,
    db: sqlite3.Connection,
    row: sqlite3.Row,
    error: str | None,
    cause: str | None,
) -> None:
    """Store a RUNNING execution as ABORTED.

    It can be redriven from its last wait, unless it has gone on since.
    """
    now, details = context.now(), {"error": error, "cause": cause}
    live = context.live.events(row["arn"])
    history_store.append(db, row["arn"], map(history_store.event_form, live))
    open_tasks.end_all(db, row["arn"])
    map_run_records.abort(db, row["arn"], now)
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
        " owner = NULL, checkpoint = CASE WHEN ? THEN NULL ELSE checkpoint END"
        " WHERE arn = ? AND status = 'RUNNING'",
        (error, cause, now, bool(live), row["arn"]),
    )


@contextmanager
def reading_settled(context: RequestContext) -> Iterator[sqlite3.Connection]:
    """Yield a connection that reads, after aborting the executions whose process has died."""
    with context.store.reading() as db:
        dead = _dead(context, db)
        if not dead:
            yield db
            return
    _abort_orphans(context, dead)
    with context.store.reading() as db:
        yield db


def settle(context: RequestContext) -> None:
    """Abort the executions whose process has died."""
    with reading_settled(context):
        pass


def _dead(context: RequestContext, db: sqlite3.Connection) -> list[str]:
    """Return the processes that have died and left a RUNNING execution."""
    owners = db.execute(  # a child execution goes with its parent
        "SELECT DISTINCT owner FROM executions WHERE status = 'RUNNING' AND owner IS NOT NULL"
    )
    return [row["owner"] for row in owners if not context.live.alive(row["owner"])]


def _abort_orphans(context: RequestContext, dead: Iterable[str]) -> None:
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
                    PROCESS_ENDED,
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
