"""The local service's database: threads, processes, kill -9, and files that can't be used."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.errors import LocalServiceError
from sfn_release.local_service.storage import history_store, store
from sfn_release.local_service.storage.store import Store
from support.machines import MACHINES, create, definition
from support.places import PYTHONPATH

ENVIRONMENT = {**os.environ, "PYTHONPATH": PYTHONPATH}

WRITER = """
import json, sys, sfn_release as sfn
client = sfn.local(sys.argv[1])
arn = sys.argv[2]
for number in range(int(sys.argv[3])):
    text = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": sys.argv[4] + str(number),
                                             "End": True}}}
    answer = client.update_state_machine(
        stateMachineArn=arn, definition=json.dumps(text), publish=True
    )
    print(answer["stateMachineVersionArn"], flush=True)
"""


CREATOR = """
import sys, sfn_release as sfn
from support.machines import create
create(sfn.local(sys.argv[1]))
"""


def writer(path: Path, count: int, name: str) -> subprocess.Popen[str]:
    """Start a process that publishes *count* versions and prints each ARN when it is stored."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), f"{MACHINES}:hello", str(count), name],
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )


def versions(client: Any) -> list[int]:
    """Return the numbers of all versions, newest first."""
    listed = client.list_state_machine_versions(
        stateMachineArn=f"{MACHINES}:hello", maxResults=1000
    )["stateMachineVersions"]
    return [int(version["stateMachineVersionArn"].rpartition(":")[2]) for version in listed]


def test_the_file_is_opened_when_it_is_needed(tmp_path: Path) -> None:
    """The first call creates the folder and the file."""
    path = tmp_path / "new" / "folder" / "local.db"
    client = sfn.local(path)
    assert not (tmp_path / "new").exists()
    create(client)
    assert path.is_file()


def test_clients_of_one_file_see_the_same(tmp_path: Path) -> None:
    """The next process also sees the state machines."""
    one, other = (sfn.local(tmp_path / "local.db") for _ in range(2))
    arn = create(one)
    assert other.describe_state_machine(stateMachineArn=arn)["name"] == "hello"


@pytest.mark.parametrize("where", [":memory:", "file"])
def test_threads_share_a_client(tmp_path: Path, where: str) -> None:
    """Eight threads publish a hundred versions: no number is missing or used twice."""
    client: Any = sfn.local(where if where == ":memory:" else tmp_path / "local.db")
    arn = create(client)

    def publish(number: int) -> str:
        version: str = client.update_state_machine(
            stateMachineArn=arn, definition=definition(f"n{number}"), publish=True
        )["stateMachineVersionArn"]
        return version

    with ThreadPoolExecutor(8) as pool:
        published = list(pool.map(publish, range(100)))
    assert len(set(published)) == 100
    assert versions(client) == list(range(100, 0, -1))


def test_processes_share_a_file(tmp_path: Path) -> None:
    """Three processes that create the file and write at the same time lose nothing."""
    path = tmp_path / "local.db"
    creators = [
        subprocess.Popen([sys.executable, "-c", CREATOR, str(path)], env=ENVIRONMENT)
        for _ in range(3)
    ]
    assert [process.wait() for process in creators] == [0, 0, 0]
    writers = [writer(path, 20, name) for name in "abc"]
    printed = [process.communicate()[0].split() for process in writers]
    assert [process.returncode for process in writers] == [0, 0, 0]
    assert sorted(len(lines) for lines in printed) == [20, 20, 20]
    assert len({arn for lines in printed for arn in lines}) == 60
    assert versions(sfn.local(path)) == list(range(60, 0, -1))


def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    """Every version that a killed process has printed is stored whole."""
    path = tmp_path / "local.db"
    client: Any = sfn.local(path)
    create(client)
    process = writer(path, 100_000, "x")
    assert process.stdout is not None
    printed = [process.stdout.readline().strip() for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    printed += process.stdout.read().split()
    process.stdout.close()
    process.wait()
    numbers = versions(client)
    assert numbers == list(range(len(numbers), 0, -1))
    assert len(printed) <= len(numbers) <= len(printed) + 1
    for number in numbers[:3]:
        described = client.describe_state_machine(stateMachineArn=f"{MACHINES}:hello:{number}")
        assert f'"x{number - 1}"' in described["definition"]


def test_a_failed_change_changes_nothing(tmp_path: Path) -> None:
    """Writes before the error are rolled back, and the connection stays usable."""
    store = Store(tmp_path / "local.db")
    with contextlib.closing(store):
        with pytest.raises(ZeroDivisionError):
            fail_halfway(store)
        with store.reading() as db:
            assert db.execute("SELECT count(*) FROM tags").fetchone()[0] == 0


def fail_halfway(store: Store) -> None:
    """Write something, then raise."""
    with store.writing() as db:
        db.execute("INSERT INTO tags VALUES (1, 'a', 'b')")
        raise ZeroDivisionError


def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    """Readers see the state before the write."""
    store = Store(tmp_path / "local.db")
    with contextlib.closing(store), store.writing() as writing:
        writing.execute("INSERT INTO tags VALUES (1, 'a', 'b')")
        before = time.monotonic()
        with store.reading() as reading:
            assert reading.execute("SELECT count(*) FROM tags").fetchone()[0] == 0
        assert time.monotonic() - before < 5


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    """A file of an unknown version isn't read."""
    path = tmp_path / "local.db"
    store = Store(path)
    with store.writing() as db:
        db.execute("PRAGMA user_version = 999")
    store.close()
    with pytest.raises(LocalServiceError) as caught, Store(path).reading():
        pass
    assert "999" in caught.value.why


VERSION_1 = """
CREATE TABLE machines (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL, created REAL NOT NULL, created_request TEXT NOT NULL,
    revision INTEGER NOT NULL, last_version INTEGER NOT NULL);
CREATE TABLE revisions (id INTEGER PRIMARY KEY AUTOINCREMENT, machine INTEGER NOT NULL,
    revision_id TEXT, definition TEXT NOT NULL, role TEXT NOT NULL, logging TEXT NOT NULL,
    tracing TEXT NOT NULL, encryption TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE versions (machine INTEGER NOT NULL, number INTEGER NOT NULL,
    revision INTEGER NOT NULL, description TEXT, created REAL NOT NULL,
    PRIMARY KEY (machine, number)) WITHOUT ROWID;
CREATE TABLE aliases (machine INTEGER NOT NULL, name TEXT NOT NULL, description TEXT,
    routing TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
    PRIMARY KEY (machine, name)) WITHOUT ROWID;
CREATE TABLE tags (machine INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (machine, key));
CREATE TABLE executions (id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE,
    machine INTEGER NOT NULL, machine_arn TEXT NOT NULL, machine_name TEXT NOT NULL,
    name TEXT NOT NULL, revision INTEGER NOT NULL, version INTEGER, alias TEXT,
    status TEXT NOT NULL, input TEXT NOT NULL, output TEXT, error TEXT, cause TEXT,
    trace_header TEXT, started REAL NOT NULL, stopped REAL, events TEXT NOT NULL, owner TEXT);
CREATE INDEX revisions_by_machine ON revisions (machine);
INSERT INTO machines VALUES (3, 'hello', 'STANDARD', 1.5, '[false, null]', 1, 0);
INSERT INTO machines VALUES (9, 'gone', 'STANDARD', 1.5, '[false, null]', 1, 0);
DELETE FROM machines WHERE id = 9;
INSERT INTO revisions VALUES (1, 3, NULL, '{}', 'role', '{}', '{}', '{}', 1.5);
INSERT INTO executions VALUES (1, 'arn:aws:states:eu-west-1:000000000000:execution:hello:one', 3,
    'arn:aws:states:eu-west-1:000000000000:stateMachine:hello', 'hello', 'one', 1, NULL, NULL,
    'SUCCEEDED', '{}', '{}', NULL, NULL, NULL, 1.5, 2.5,
    '[{"id": 1, "previousEventId": 0, "type": "ExecutionStarted", "timestamp": 1.5},
      {"id": 2, "previousEventId": 0, "type": "ExecutionSucceeded", "timestamp": 2.5}]', NULL);
PRAGMA user_version = 1;
"""


def test_a_file_of_version_1_is_carried_over(tmp_path: Path) -> None:
    """Machines get the served region, histories stay, and keys aren't reused."""
    path = tmp_path / "local.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(VERSION_1)
    client: Any = sfn.local(path, region="eu-west-1")
    (machine,) = client.list_state_machines()["stateMachines"]
    assert machine["stateMachineArn"] == "arn:aws:states:eu-west-1:000000000000:stateMachine:hello"
    arn = "arn:aws:states:eu-west-1:000000000000:execution:hello:one"
    assert client.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
    history = client.get_execution_history(executionArn=arn)["events"]
    assert [event["type"] for event in history] == ["ExecutionStarted", "ExecutionSucceeded"]
    create(client, "another")
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT id FROM machines WHERE name = 'another'").fetchone() == (10,)


VERSION_2 = """
CREATE TABLE machines (id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL,
    name TEXT NOT NULL, type TEXT NOT NULL, created REAL NOT NULL, created_request TEXT NOT NULL,
    revision INTEGER NOT NULL, last_version INTEGER NOT NULL, UNIQUE (scope, name));
CREATE TABLE revisions (id INTEGER PRIMARY KEY AUTOINCREMENT, machine INTEGER NOT NULL,
    revision_id TEXT, definition TEXT NOT NULL, role TEXT NOT NULL, logging TEXT NOT NULL,
    tracing TEXT NOT NULL, encryption TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE versions (machine INTEGER NOT NULL, number INTEGER NOT NULL,
    revision INTEGER NOT NULL, description TEXT, created REAL NOT NULL,
    PRIMARY KEY (machine, number)) WITHOUT ROWID;
CREATE TABLE aliases (machine INTEGER NOT NULL, name TEXT NOT NULL, description TEXT,
    routing TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
    PRIMARY KEY (machine, name)) WITHOUT ROWID;
CREATE TABLE tags (machine INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (machine, key));
CREATE TABLE events (execution TEXT NOT NULL, id INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (execution, id)) WITHOUT ROWID;
CREATE TABLE payloads (digest TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE executions (id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE,
    machine INTEGER NOT NULL, machine_arn TEXT NOT NULL, machine_name TEXT NOT NULL,
    name TEXT NOT NULL, revision INTEGER NOT NULL, version INTEGER, alias TEXT,
    status TEXT NOT NULL, input TEXT NOT NULL, output TEXT, error TEXT, cause TEXT,
    trace_header TEXT, started REAL NOT NULL, stopped REAL, owner TEXT);
INSERT INTO machines VALUES (3, 'eu-west-1:000000000000', 'hello', 'STANDARD', 1.5,
    '[false, null]', 1, 0);
INSERT INTO revisions VALUES (1, 3, NULL, '{}', 'role', '{}', '{}', '{}', 1.5);
INSERT INTO executions VALUES (1, 'arn:aws:states:eu-west-1:000000000000:execution:hello:one', 3,
    'arn:aws:states:eu-west-1:000000000000:stateMachine:hello', 'hello', 'one', 1, NULL, NULL,
    'FAILED', '{}', NULL, 'E', NULL, NULL, 1.5, 2.5, NULL);
INSERT INTO events VALUES ('arn:aws:states:eu-west-1:000000000000:execution:hello:one', 1,
    '{"id": 1, "previousEventId": 0, "type": "ExecutionFailed", "timestamp": 2.5}');
PRAGMA user_version = 2;
"""


def test_a_file_of_version_2_is_carried_over(tmp_path: Path) -> None:
    """Its executions stay as they were, and it has room for activities."""
    path = tmp_path / "local.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(VERSION_2)
    client: Any = sfn.local(path, region="eu-west-1")
    arn = "arn:aws:states:eu-west-1:000000000000:execution:hello:one"
    described = client.describe_execution(executionArn=arn)
    assert (described["status"], described["redriveCount"]) == ("FAILED", 0)
    (event,) = client.get_execution_history(executionArn=arn)["events"]
    assert event["type"] == "ExecutionFailed"
    client.create_activity(name="pick")
    assert [item["name"] for item in client.list_activities()["activities"]] == ["pick"]
    started = client.start_execution(stateMachineArn=create(client, "new"))
    assert client.describe_execution(executionArn=started["executionArn"])["redriveCount"] == 0


EARLIER = {
    "no test case": ["ALTER TABLE executions DROP COLUMN test_case"],
    "no map runs": [
        "ALTER TABLE executions DROP COLUMN test_case",
        "DROP TABLE map_runs",
        "DROP INDEX executions_by_map_run",
        "ALTER TABLE executions DROP COLUMN map_run",
        "ALTER TABLE executions DROP COLUMN items",
    ],
    "all": [],
}


@pytest.mark.parametrize("drops", EARLIER.values(), ids=EARLIER)
def test_every_file_of_version_3_is_carried_over(tmp_path: Path, drops: list[str]) -> None:
    """Version 3 grew: its files have different columns, and all of them work."""
    path = tmp_path / "local.db"
    machine = create(sfn.local(path), "hello")
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(";".join([*drops, "PRAGMA user_version = 3"]))
    client: Any = sfn.local(path)
    started = client.start_execution(stateMachineArn=machine)
    assert client.describe_execution(executionArn=started["executionArn"])["redriveCount"] == 0
    assert client.list_map_runs(executionArn=started["executionArn"])["mapRuns"] == []


@pytest.mark.parametrize(
    ("version", "drop", "missing"),
    [
        (4, "ALTER TABLE executions DROP COLUMN test_case", "executions.test_case"),
        (4, "DROP TABLE tags", "tags"),
        (3, "ALTER TABLE aliases DROP COLUMN description", "aliases.description"),
        (3, "DROP TABLE tags", "tags"),
    ],
)
def test_a_file_without_a_needed_table_is_refused_at_once(
    tmp_path: Path, version: int, drop: str, missing: str
) -> None:
    """The error comes at opening, and not at some later request."""
    path = tmp_path / "local.db"
    create(sfn.local(path), "hello")
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(f"{drop}; PRAGMA user_version = {version}")
    client: Any = sfn.local(path)
    for _ in range(2):
        with pytest.raises(LocalServiceError) as caught:
            client.list_activities()
        assert caught.value.why == f"There is no {missing}."
        assert "sfn-release local reset" in caught.value.fix
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (version,)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """A store can be closed twice, and not used after that."""
    store = Store(tmp_path / "local.db")
    store.close()
    store.close()
    with pytest.raises(LocalServiceError), store.reading():
        pass


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The path may be a folder, or its folder may be a file."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "local.db"):
        with pytest.raises(LocalServiceError) as caught:
            create(sfn.local(path))
        assert str(path) in caught.value.message


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is as it was: nothing is to be reset."""

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(store, "make_private", refuse)
    # Root writes everywhere, so the answer about the folder is given here.
    monkeypatch.setattr("os.access", lambda path, _mode: path != tmp_path)
    with pytest.raises(LocalServiceError) as caught:
        create(sfn.local(tmp_path / "new" / "local.db"))
    assert f"{tmp_path} isn't writable" in caught.value.why
    assert "reset" not in caught.value.fix


def test_a_forgotten_store_closes_its_connections(tmp_path: Path) -> None:
    """Python 3.13 warns of every connection that is left open."""
    store = Store(tmp_path / "local.db")
    with store.writing() as connection:
        pass
    del store
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


# Permissions


def modes(*paths: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in paths]


@pytest.mark.parametrize("inside", ["local.db", "local/shop.db"])
def test_the_file_is_for_its_owner_only(tmp_path: Path, inside: str) -> None:
    """The folder is private too, and so are an older file and its log."""
    folder = tmp_path / "sfn-release"
    path = folder / inside
    create(sfn.local(path))
    assert modes(folder, path) == [0o700, 0o600]
    folder.chmod(0o755)
    path.chmod(0o644)
    log = path.with_name(f"{path.name}-wal")
    log.touch(mode=0o644)
    create(sfn.local(path), "another")
    assert modes(folder, path) == [0o700, 0o600]
    assert not log.exists() or modes(log) == [0o600]


def test_a_file_in_a_folder_that_is_not_ours_leaves_the_folder_alone(tmp_path: Path) -> None:
    """Only the created file is private, and a file that was shared on purpose stays shared."""
    tmp_path.chmod(0o755)
    path = tmp_path / "mine.db"
    create(sfn.local(path))
    assert modes(tmp_path, path) == [0o755, 0o600]
    path.chmod(0o664)
    create(sfn.local(path), "another")
    assert modes(path) == [0o664]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_page_of_a_history_costs_the_same_wherever_it_is(
    tmp_path: Path, *, backwards: bool
) -> None:
    """SQLite needs as many steps for a page in the middle of 20,000 events as for the first."""
    with contextlib.closing(Store(tmp_path / "local.db")) as store, store.writing() as db:
        history_store.append(db, "arn", ({"id": number + 1} for number in range(20_000)))

        def steps(after: int | None) -> int:
            count = 0

            def step() -> None:
                nonlocal count
                count += 1

            db.set_progress_handler(step, 1)
            page = history_store.read(db, "arn", after=after, count=100, backwards=backwards)
            db.set_progress_handler(None, 1)
            begin = (after or 20_001) - 1 if backwards else (after or 0) + 1
            assert [event["id"] for event in page[:2]] == [
                begin,
                begin - 1 if backwards else begin + 1,
            ]
            assert len(page) == 100
            return count

        assert abs(steps(10_000) - steps(None)) < 10
