"""Several projects of one repository on `local`: each has its own service."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from support.command_line import Project
from support.values import definition

ROLE = "arn:aws:iam::000000000000:role/shop"


def files(project: Project) -> tuple[Path, Path]:
    """Return the file that projects shared until 0.2.0, and the project's own file."""
    folder = project.root / ".git" / "sfn-release"
    return folder / "local.db", folder / "local" / "shop.db"


def create(client: Any, name: str, project: str | None) -> None:
    """Create a state machine as a project's deployment does, or without a project."""
    tags = [{"key": "sfn-release:project", "value": project}] if project else []
    client.create_state_machine(
        name=name, definition=json.dumps(definition(name)), roleArn=ROLE, tags=tags, publish=True
    )


def names(client: Any) -> list[str]:
    """Return the names of all state machines."""
    return sorted(machine["name"] for machine in client.list_state_machines()["stateMachines"])


@pytest.fixture
def as_before(shop: Project) -> Project:
    """Return a project as 0.2.0 left it: published and executed, in the shared file."""
    shop.ok("publish", "1.0.0")
    shop.ok("execute", "hello")
    shared, own = files(shop)
    with closing(sqlite3.connect(own)) as now, closing(sqlite3.connect(shared)) as then:
        now.backup(then)
    for path in own.parent.iterdir():
        path.unlink()
    own.parent.rmdir()
    return shop


def test_two_projects_have_equal_names(shop: Project) -> None:
    """Each project has its own state machine."""
    other = replace(shop, root=shop.root / "second")
    other.write("releases.toml", '[project]\nname = "second"\ntag = "second/v{version}"\n')
    other.commit(hello="Hello from the second")
    shop.ok("publish", "1.0.0")
    other.ok("publish", "1.0.0")
    assert shop.json("execute", "hello")["output"] == "Hello Alice"
    assert other.json("execute", "hello")["output"] == "Hello from the second"
    other.ok("local", "reset", "--yes")
    assert shop.json("status", "--check")["environments"][0]["state"] == "in-sync"


def test_what_is_there_moves_to_the_project(as_before: Project) -> None:
    """State machines, versions, aliases and executions move once; other projects' stay."""
    shared, own = files(as_before)
    before = sfn.local(shared)
    create(before, "theirs", "second")
    create(before, "by-hand", None)
    assert as_before.json("status", "--check")["environments"][0]["state"] == "in-sync"
    assert names(sfn.local(own)) == ["by-hand", "hello"]
    assert names(sfn.local(shared)) == ["theirs"]
    client = sfn.local(own)
    (hello,) = [
        machine
        for machine in client.list_state_machines()["stateMachines"]
        if machine["name"] == "hello"
    ]
    arn = hello["stateMachineArn"]
    assert len(client.list_executions(stateMachineArn=arn)["executions"]) == 1
    assert as_before.json("execute", "hello")["output"] == "Hello Alice"
    assert stat.S_IMODE(own.stat().st_mode) == 0o600


def test_an_empty_shared_file_is_removed(as_before: Project) -> None:
    """The shared file is removed with its last state machine."""
    shared, own = files(as_before)
    as_before.ok("status", "--check")
    assert names(sfn.local(own)) == ["hello"]
    assert not shared.exists()


def test_reset_forgets_the_shared_file_too(as_before: Project) -> None:
    """After a reset, nothing of the project is left in either file."""
    shared, own = files(as_before)
    create(sfn.local(shared), "theirs", "second")
    as_before.ok("local", "reset", "--yes")
    assert not own.exists()
    assert names(sfn.local(shared)) == ["theirs"]
    as_before.ok("status")
    assert not own.exists() or names(sfn.local(own)) == []


def test_a_shared_file_that_is_damaged_is_named(as_before: Project) -> None:
    """The error names the file to remove."""
    shared, own = files(as_before)
    shared.write_bytes(b"not a database at all, and long enough to be taken for one" * 9)
    ran = as_before.run("status")
    assert ran.code == 1
    assert str(shared) in ran.out + ran.err
    assert not own.exists()
