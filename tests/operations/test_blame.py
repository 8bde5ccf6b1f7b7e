"""blame: the release that last changed each state, from the ledger alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.operations.verbs.blame import Blamed, blame
from support.command_line import Project
from support.errors import refused
from support.shop import ALONE, Shop, made_once


def definition(first: str, second: str = "b", **fields: Any) -> str:
    states = {
        "First": {"Type": "Pass", "Result": first, "Next": "Second"},
        "Second": {"Type": "Pass", "Result": second, "End": True},
    }
    return json.dumps({"StartAt": "First", "States": states, **fields})


def _make(shop: Shop) -> None:
    shop.write("releases.toml", ALONE)
    for version, text in {
        "1.0.0": definition("a"),
        "1.1.0": definition("A"),
        "1.2.0": definition("A", Comment="Charges cards"),
        "2.0.0": definition("A", "B", Comment="Charges cards"),
    }.items():
        shop.write("workflows/orders.asl.json", text)
        shop.commit()
        shop.publish(version, "prod")
    shop.rollback("1.2.0", "prod")
    shop.write("workflows/orders.asl.json", definition("hotfix"))
    shop.commit()
    shop.publish("1.0.1", deploy=False)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone with five releases, published in another order than their versions."""
    return made_once(tmp_path, "blame", _make)


def versions(found: Blamed) -> dict[str, str]:
    return {state.name: state.manifest.version for state in found.states}


def test_each_state_has_the_release_that_changed_it(shop: Shop) -> None:
    """The highest release is shown, and each release compared with the next lower version."""
    found = blame(shop.workspace(), "orders")

    assert (found.version, found.settings.version) == ("2.0.0", "1.2.0")
    assert versions(found) == {"First": "1.1.0", "Second": "2.0.0"}  # 1.0.1 had another First
    commit = shop.git("rev-parse", "v1.1.0^{commit}").strip()
    shown = found.to_json()["states"][0]
    assert (shown["name"], shown["commit"]) == ("First", commit)
    assert shown["author"]
    assert shown["date"]


def test_another_release_or_an_environment_can_be_asked(shop: Shop) -> None:
    """Only releases below it count."""
    before = blame(shop.workspace(), "orders", version="1.0.1")
    assert versions(before) == {"First": "1.0.1", "Second": "1.0.0"}
    live = blame(shop.workspace(), "orders", environment="prod")
    assert (live.version, versions(live)) == ("1.2.0", {"First": "1.1.0", "Second": "1.0.0"})
    one = blame(shop.workspace(), "orders", "Second")
    assert versions(one) == {"Second": "2.0.0"}


def test_unknown_names_are_refused_with_what_is_there(shop: Shop) -> None:
    """Workflow, state, version and environment."""
    workspace = shop.workspace()
    with refused("E_NOT_FOUND", "No release has a workflow 'order'.", "hello, orders"):
        blame(workspace, "order")
    with refused("E_NOT_FOUND", "orders of 2.0.0 has no state 'Frist'.", 'Did you mean "First"?'):
        blame(workspace, "orders", "Frist")
    with refused("E_NOT_FOUND", "has no state 'Charge'.", "Its states are: First, Second."):
        blame(workspace, "orders", "Charge")
    with refused("E_NOT_FOUND", "There is no release 9.0.0."):
        blame(workspace, "orders", version="9.0.0")
    with refused("E_NOT_FOUND", "orders isn't deployed to local"):
        blame(workspace, "orders", environment="local")


def test_the_command_shows_a_table(project: Project) -> None:
    """Each state is a row, and the settings are the last one."""
    project.publish("1.0.0")
    lines = project.ok("blame", "hello").out.splitlines()
    assert lines[0] == "hello of 1.0.0"
    assert "FORMERLY" not in lines[1]
    assert [line.split()[:2] for line in lines[2:]] == [["Only", "1.0.0"], ["(settings)", "1.0.0"]]
    assert project.json("blame", "hello", "Only")["states"][0]["version"] == "1.0.0"
    assert "(settings)" not in project.ok("blame", "hello", "Only").out
    text = (project.root / "workflows/hello.asl.json").read_text().replace("Only", "Sole")
    project.write("workflows/hello.asl.json", text)
    project.commit()
    project.publish("1.1.0")
    heading, row = project.ok("blame", "hello", "Sole").out.splitlines()[1:3]
    assert (heading.split()[-1], row.split()[-1]) == ("FORMERLY", "Only")
