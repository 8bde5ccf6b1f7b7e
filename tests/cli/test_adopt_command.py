"""The command line of `adopt`: files, messages and exit codes."""

from __future__ import annotations

import json
import re

from sfn_release.operations.workspace import open_workspace
from support.command_line import ROLE, Project
from support.values import definition
from support.world import world


def create(shop: Project, name: str) -> None:
    """Create a state machine on `local` as another tool would."""
    workspace = open_workspace(shop.root, world())
    client = workspace.aws(workspace.environment("local")).stepfunctions
    text = json.dumps(definition("made elsewhere"))
    client.create_state_machine(name=name, definition=text, roleArn=ROLE)


def test_it_writes_a_module_that_publishes_without_a_change(shop: Project) -> None:
    """The plan on stderr, the files on stdout, and the plan of the commit has no update."""
    create(shop, "old-orders")
    ran = shop.ok("adopt", "old-orders")
    assert ran.out == (
        "adopted old-orders in local (not AWS), saved as 0.0.0-found.1\n"
        "wrote  workflows/old_orders.py\n"
        "wrote  workflows/old_orders.tests.toml\n"
    )
    assert "publish a state machine version" in ran.err
    assert "old-orders has no alias live" in ran.err
    again = shop.run("adopt", "old-orders")
    assert again.code == 1
    assert "already exists, so nothing was adopted" in again.err
    assert re.search(r"found +in local \(not AWS\)\n", shop.ok("show", "0.0.0-found.1").out)
    assert "found in local (not AWS)" in shop.ok("releases").out
    found = shop.json("adopt", "old-orders", "--force")
    assert (found["workflow"], found["deployments"]) == ("old-orders", [])
    shop.git("add", "--all")
    shop.git("commit", "--quiet", "--message=adopt")
    steps = [step["action"] for step in shop.json("plan")["steps"] if step["workflow"] != "hello"]
    assert steps == ["point-alias", "tag"]


def test_a_module_that_exists_is_left_alone(shop: Project) -> None:
    """Nothing is recorded either; a module for it can go to another file."""
    create(shop, "hello")
    shop.write("workflows/hello.py", "mine = 1\n")
    ran = shop.run("adopt", "hello")
    assert ran.code == 1
    assert "--adopt" in ran.err
    assert shop.json("history")["deployments"] == []
    assert (shop.root / "workflows" / "hello.py").read_text() == "mine = 1\n"
