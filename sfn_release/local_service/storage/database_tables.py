"""The tables of the store, and the upgrades of earlier versions' tables."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache

VERSION = 4

_MACHINES = """
CREATE TABLE machines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,             -- region:account
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    created REAL NOT NULL,
    created_request TEXT NOT NULL,   -- Create compares it for idempotency, with the content
    revision INTEGER NOT NULL,       -- the current one, in revisions.id
    last_version INTEGER NOT NULL,   -- a number is never used twice
    UNIQUE (scope, name)
)
"""
_HISTORIES = """
CREATE TABLE events (
    execution TEXT NOT NULL,         -- executions.arn
    id INTEGER NOT NULL,
    event TEXT NOT NULL,             -- JSON in the API's form, except for long texts
    PRIMARY KEY (execution, id)
) WITHOUT ROWID;
CREATE TABLE payloads (
    digest TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL               -- a long text of events; equal texts are stored once
)
"""
_REST = """
CREATE TABLE revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    machine INTEGER NOT NULL,
    revision_id TEXT,                -- NULL: the first revision, AWS's INITIAL
    definition TEXT NOT NULL,
    role TEXT NOT NULL,
    logging TEXT NOT NULL,
    tracing TEXT NOT NULL,
    encryption TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE INDEX revisions_by_machine ON revisions (machine);
CREATE TABLE versions (
    machine INTEGER NOT NULL,
    number INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    description TEXT,
    created REAL NOT NULL,
    PRIMARY KEY (machine, number)
) WITHOUT ROWID;
CREATE TABLE aliases (
    machine INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    routing TEXT NOT NULL,           -- [[version number, weight], ...]
    created REAL NOT NULL,
    updated REAL NOT NULL,
    PRIMARY KEY (machine, name)
) WITHOUT ROWID;
CREATE TABLE tags (
    machine INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (machine, key)
);
CREATE TABLE executions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL UNIQUE,
    machine INTEGER NOT NULL,
    machine_arn TEXT NOT NULL,
    machine_name TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    version INTEGER,
    alias TEXT,
    status TEXT NOT NULL,
    input TEXT NOT NULL,
    output TEXT,
    error TEXT,
    cause TEXT,
    trace_header TEXT,
    started REAL NOT NULL,
    stopped REAL,
    owner TEXT,                      -- the process that runs it, while it is RUNNING
    redrives INTEGER NOT NULL DEFAULT 0,
    redriven REAL,                   -- the last redrive
    redrive_tokens TEXT,             -- JSON: [[clientToken, redriven], ...]
    checkpoint TEXT,                 -- JSON: what a redrive goes on from
    map_run TEXT,                    -- map_runs.arn of a child execution
    items INTEGER,                   -- in the batch of a child execution
    test_case TEXT                   -- of the mock configuration, that the start named
);
CREATE INDEX executions_by_machine ON executions (machine, id);
CREATE INDEX executions_by_revision ON executions (revision);
CREATE INDEX running_executions ON executions (owner) WHERE status = 'RUNNING'
"""


_ACTIVITIES = """
CREATE TABLE activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,             -- region:account
    name TEXT NOT NULL,
    encryption TEXT NOT NULL,
    created REAL NOT NULL,
    UNIQUE (scope, name)
);
CREATE TABLE activity_tags (
    activity INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (activity, key)
);
CREATE TABLE open_tasks (            -- tasks whose answer comes through the API
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    execution TEXT NOT NULL,         -- executions.arn
    owner TEXT NOT NULL,             -- the process that runs it
    activity TEXT,                   -- the ARN; NULL: a callback task
    input TEXT,                      -- for the activity's worker
    status TEXT NOT NULL             -- SCHEDULED, STARTED or ENDED
);
CREATE INDEX open_tasks_by_activity ON open_tasks (activity, status, id);
CREATE INDEX open_tasks_by_execution ON open_tasks (execution, status);
CREATE TABLE task_signals (          -- for the process that runs the execution
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    execution TEXT NOT NULL,
    signal TEXT NOT NULL             -- JSON
);
CREATE INDEX task_signals_by_owner ON task_signals (owner)
"""
_MAP_RUNS = """
CREATE TABLE map_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    arn TEXT NOT NULL UNIQUE,
    execution TEXT NOT NULL,         -- executions.arn
    machine_arn TEXT NOT NULL,       -- of its child executions
    status TEXT NOT NULL,
    started REAL NOT NULL,
    stopped REAL,
    max_concurrency INTEGER NOT NULL,
    tolerated_count INTEGER NOT NULL,
    tolerated_percentage REAL NOT NULL,
    item_counts TEXT NOT NULL,       -- JSON: itemCounts of DescribeMapRun
    execution_counts TEXT NOT NULL,
    redrives INTEGER NOT NULL,
    redriven REAL
);
CREATE INDEX map_runs_by_execution ON map_runs (execution, id);
CREATE INDEX executions_by_map_run ON executions (map_run, id) WHERE map_run IS NOT NULL
"""
_ADDED = (  # to executions, since version 2
    "redrives INTEGER NOT NULL DEFAULT 0",
    "redriven REAL",
    "redrive_tokens TEXT",
    "checkpoint TEXT",
    "map_run TEXT",
    "items INTEGER",
    "test_case TEXT",
)


def create(db: sqlite3.Connection) -> None:
    """Create all tables in an empty database."""
    _run(db, _MACHINES, _HISTORIES, _REST, _ACTIVITIES, _MAP_RUNS)


def upgrade(db: sqlite3.Connection, version: int, scope: str) -> None:
    """Upgrade the tables of an earlier *version*: add the columns and tables that it doesn't have.

    All state machines of version 1 belong to one *scope*. Version 3 grew during its development, so
    its files have different tables.
    """
    if version == 1:
        _from_1(db, scope)
    known = _columns(db).get("executions", frozenset())
    for column in _ADDED:
        if column.split()[0] not in known:
            db.execute(f"ALTER TABLE executions ADD COLUMN {column}")
    _run(db, _ACTIVITIES, _MAP_RUNS, missing=True)


def missing_parts(db: sqlite3.Connection) -> list[str]:
    """Return the tables, and the columns as "table.column", that this version needs in vain."""
    found = _columns(db)
    return [
        table if table not in found else f"{table}.{column}"
        for table, columns in _needed_columns().items()
        for column in (sorted(columns - found[table]) if table in found else [""])
    ]


@cache
def _needed_columns() -> Mapping[str, frozenset[str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        create(db)
        return _columns(db)


def _columns(db: sqlite3.Connection) -> Mapping[str, frozenset[str]]:
    """Return the names of the columns in *db*, by table."""
    tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        table: frozenset(
            column for (column,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,))
        )
        for (table,) in tables
    }


def _from_1(db: sqlite3.Connection, scope: str) -> None:
    """Upgrade version 1 to version 2.

    Version 1 kept a history in one column, which is too small for a long history.
    """
    (last,) = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'machines'").fetchone() or (
        0,
    )
    db.execute("ALTER TABLE machines RENAME TO machines_1")
    _run(db, _MACHINES, _HISTORIES)
    db.execute(
        "INSERT INTO machines SELECT id, ?, name, type, created, created_request, revision,"
        " last_version FROM machines_1",
        (scope,),
    )
    db.execute("DROP TABLE machines_1")
    db.execute("DELETE FROM sqlite_sequence WHERE name = 'machines'")
    db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('machines', ?)", (last,))
    for arn, events in db.execute("SELECT arn, events FROM executions").fetchall():
        db.executemany(
            "INSERT INTO events (execution, id, event) VALUES (?, ?, ?)",
            [(arn, event["id"], json.dumps(event)) for event in json.loads(events)],
        )
    db.execute("ALTER TABLE executions DROP COLUMN events")


def _run(db: sqlite3.Connection, *scripts: str, missing: bool = False) -> None:
    """Run scripts. With *missing*, they create only what doesn't exist yet."""
    for script in scripts:
        for statement in script.split(";\n"):
            db.execute(_CREATE.sub(r"\1 IF NOT EXISTS", statement) if missing else statement)


_CREATE = re.compile(r"^(CREATE (?:TABLE|INDEX))", re.MULTILINE)
