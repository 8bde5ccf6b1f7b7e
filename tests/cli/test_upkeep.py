"""The command lines of `prune` and `handover`: questions, messages, JSON and exit codes."""

from __future__ import annotations

import json

import pytest

from sfn_release.operations.workspace import open_workspace
from support.command_line import Project
from support.world import world


@pytest.fixture
def released(shop: Project) -> Project:
    """Return a project with three releases in `local`."""
    for number in range(1, 4):
        shop.publish(f"1.{number}.0", hello=f"content {number}")
    return shop


def versions(shop: Project) -> list[str]:
    """Return the numbers of the versions in `local`, newest first."""
    workspace = open_workspace(shop.root, world())
    client = workspace.aws(workspace.environment("local")).stepfunctions
    listed = client.list_state_machine_versions(stateMachineArn=_arn(shop))
    return [
        version["stateMachineVersionArn"].rpartition(":")[2]
        for version in listed["stateMachineVersions"]
    ]


def _arn(shop: Project) -> str:
    (deployment, *_) = shop.json("history")["deployments"]
    return str(deployment["workflows"]["hello"]["state_machine_arn"])


def test_prune_shows_the_plan_and_asks(released: Project) -> None:
    """Without an answer nothing is deleted; with --yes it is, and a second time nothing is left."""
    asked = released.run("prune", "--keep", "1")
    assert asked.code != 0
    assert "hello: delete :1, :2" in asked.err
    assert versions(released) == ["3", "2", "1"]
    ran = released.ok("-v", "prune", "--keep", "1", "--yes")
    assert ran.out == (
        "deleted 2 state machine versions from local (not AWS), kept 1 state machine version\n"
    )
    assert "hello: keep :3: the alias live routes to it" in ran.err
    assert versions(released) == ["3"]
    again = released.ok("-v", "prune", "--keep", "1", "--yes")
    assert again.out.startswith("No unneeded state machine versions in local (not AWS)")
    released.ok("rollback", "1.1.0", "--yes")
    assert versions(released) == ["4", "3"]


def test_prune_as_json(released: Project) -> None:
    """The deleted versions, and the others with the reason."""
    found = released.json("prune", "--keep", "2", "--yes")
    assert [arn.rpartition(":")[2] for arn in found["deleted"]] == ["1"]
    reasons = {one["version_arn"].rpartition(":")[2]: one["because"] for one in found["kept"]}
    assert reasons == {
        "2": "1.2.0 is one of the last 2 releases that were live",
        "3": "the alias live routes to it",
    }
    assert (found["environment"], found["keep"]) == ("local", 2)


@pytest.mark.parametrize("keep", ["0", "-1", "x"])
def test_prune_keeps_at_least_one(shop: Project, keep: str) -> None:
    """The live release needs its versions."""
    ran = shop.run("prune", "--keep", keep, "--yes")
    assert ran.code == 2
    assert "--keep" in ran.err


def test_a_handover_and_what_follows(released: Project) -> None:
    """It asks; then the record, the history and the next publish say whose the workflow is."""
    asked = released.run("handover", "hello", "--to", "depot")
    assert asked.code != 0
    assert "Hand hello in local (not AWS) over to depot?" in asked.err
    ran = released.ok("handover", "hello", "--to", "depot", "--yes", "--reason", "Split")
    assert ran.out == "handed over from local (not AWS) to depot: hello\n"
    for command in (("status",), ("at", "0s"), ("verify", "--env", "local")):
        assert "  hello: handed over to depot\n" in released.ok(*command).out
    assert "proven: every link is ok" in released.ok("verify", "--env", "local").out
    assert released.json("status")["environments"][0]["handed_over"] == {"hello": "depot"}
    assert "depot can deploy to hello once it runs:  sfn-release adopt" in ran.err
    (record, *_) = json.loads(released.ok("--json", "history").out)["deployments"]
    assert (record["action"], record["handed_to"], record["reason"]) == (
        "handover",
        "depot",
        "Split",
    )
    refused = released.run("deploy", "1.2.0")
    assert refused.code == 1
    assert "hello was handed over to the project depot" in refused.err
    for arguments in (("hello", "--to", "shop"), ("hello", "--to", "No Project")):
        assert released.run("handover", *arguments, "--yes").code == 2
    assert released.run("handover", "hello", "--to", "depot", "--yes").code == 1
