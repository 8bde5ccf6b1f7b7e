"""Map runs and their child executions in the store.

A child execution has a row of its own among the executions, with its map run.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from sfn_release.local_service.executions import open_tasks
from sfn_release.local_service.executions.task_signals import TaskSignal
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import history_store
from sfn_release.simulator import ChildExecution, MapRun


def store(
    db: sqlite3.Connection,
    map_runs: Iterable[MapRun],
    children: Iterable[tuple[MapRun, ChildExecution]],
) -> None:
    """Store the changes of map runs, and of the children that have started or ended."""
    for map_run in map_runs:
        _store_run(db, map_run)
    parents: dict[str, sqlite3.Row] = {}
    for map_run, child in children:
        arn = map_run.execution_arn
        if arn not in parents:
            parents[arn] = db.execute("SELECT * FROM executions WHERE arn = ?", (arn,)).fetchone()
        _store_child(db, parents[arn], map_run, child)


def find(db: sqlite3.Connection, arn: str) -> sqlite3.Row | None:
    """Return the row of a map run; None if there is none."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM map_runs WHERE arn = ?", (arn,)).fetchone()
    return row


def send(context: RequestContext, execution: str, signal: TaskSignal) -> None:
    """Send a signal to the outermost execution around *execution*, which drives it."""
    with context.store.reading() as db:
        row = _driver(db, execution)
    run = context.live.find(row["arn"])
    if run is not None:
        context.live.send(run, signal)
    elif row["owner"] is not None:
        with context.store.writing() as db:
            open_tasks.send_signal(db, row["owner"], row["arn"], signal.form())


def _driver(db: sqlite3.Connection, arn: str) -> sqlite3.Row:
    while True:
        row: sqlite3.Row = db.execute("SELECT * FROM executions WHERE arn = ?", (arn,)).fetchone()
        found = None if row["map_run"] is None else find(db, row["map_run"])
        if found is None:
            return row
        arn = found["execution"]


def abort(db: sqlite3.Connection, execution: str, now: float) -> None:
    """Store that the map runs of an execution, and their children, were cut off."""
    runs = db.execute(
        "SELECT * FROM map_runs WHERE execution = ? AND status = 'RUNNING'", (execution,)
    ).fetchall()
    for run in runs:
        children = db.execute(
            "SELECT arn FROM executions WHERE map_run = ? AND status = 'RUNNING'", (run["arn"],)
        ).fetchall()
        for child in children:
            abort(db, child["arn"], now)
        db.execute(
            "UPDATE executions SET status = 'ABORTED', stopped = ?"
            " WHERE map_run = ? AND status = 'RUNNING'",
            (now, run["arn"]),
        )
        db.execute(
            "UPDATE map_runs SET status = 'ABORTED', stopped = ?, item_counts = ?,"
            " execution_counts = ? WHERE id = ?",
            (now, _cut_off(run["item_counts"]), _cut_off(run["execution_counts"]), run["id"]),
        )


def _cut_off(text: str) -> str:
    """Return counts (JSON) in which the running are aborted."""
    counts = json.loads(text)
    counts["aborted"] += counts.pop("running")
    return json.dumps({**counts, "running": 0})


def _store_run(db: sqlite3.Connection, run: MapRun) -> None:
    changing = {
        "status": run.status,
        "stopped": run.stopped and history_store.timestamp(run.stopped),
        "max_concurrency": run.max_concurrency,
        "tolerated_count": run.tolerated_failure_count,
        "tolerated_percentage": run.tolerated_failure_percentage,
        "item_counts": json.dumps(run.counts(items=True)),
        "execution_counts": json.dumps(run.counts(items=False)),
        "redrives": run.redrive_count,
        "redriven": run.redriven and history_store.timestamp(run.redriven),
    }
    fixed = {
        "arn": run.arn,
        "execution": run.execution_arn,
        "machine_arn": run.machine,
        "started": history_store.timestamp(run.started),
    }
    _upsert(db, "map_runs", fixed, changing)


def _store_child(
    db: sqlite3.Connection, parent: sqlite3.Row, run: MapRun, child: ChildExecution
) -> None:
    """Store a child. Its row belongs to the state machine and revision of its parent."""
    changing = {
        "status": child.status,
        "output": child.output and history_store.storable(child.output),
        "error": child.error and history_store.storable(child.error),
        "cause": child.cause and history_store.storable(child.cause),
        "stopped": child.stopped and history_store.timestamp(child.stopped),
        "redrives": child.redrive_count,
        "redriven": None
        if not child.redrive_count or run.redriven is None
        else history_store.timestamp(run.redriven),
    }
    fixed = {
        "arn": child.arn,
        "machine": parent["machine"],
        "machine_arn": child.machine_arn,
        "machine_name": child.machine_arn.rpartition(":")[2],
        "name": child.name,
        "revision": parent["revision"],
        "input": history_store.storable(child.input),
        "started": history_store.timestamp(child.started or run.started),
        "map_run": run.arn,
        "items": child.items,
    }
    _upsert(db, "executions", fixed, changing)
    history_store.append(db, child.arn, map(history_store.event_form, child.events))


def _upsert(
    db: sqlite3.Connection, table: str, fixed: dict[str, Any], changing: dict[str, Any]
) -> None:
    """Insert a row, or update the *changing* columns of the row with the same ARN."""
    row = {**fixed, **changing}
    names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
    updates = ", ".join(f"{name} = excluded.{name}" for name in changing)
    db.execute(
        f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - the names are ours
        f" ON CONFLICT (arn) DO UPDATE SET {updates}",
        row,
    )
