"""The tables of the store, and the upgrade of an earlier version's tables."""

from __future__ import annotations

import json
import sqlite3

VERSION = 2

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
    owner TEXT                       -- the process that runs it, while it is RUNNING
);
CREATE INDEX executions_by_machine ON executions (machine, id);
CREATE INDEX executions_by_revision ON executions (revision);
CREATE INDEX running_executions ON executions (owner) WHERE status = 'RUNNING'
"""


def create(db: sqlite3.Connection) -> None:
    """Create all tables in an empty database."""
    _run(db, _MACHINES, _HISTORIES, _REST)


def upgrade(db: sqlite3.Connection, scope: str) -> None:
    """Upgrade the tables of version 1, whose state machines all belong to one *scope*.

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


def _run(db: sqlite3.Connection, *scripts: str) -> None:
    for script in scripts:
        for statement in script.split(";\n"):
            db.execute(statement)
