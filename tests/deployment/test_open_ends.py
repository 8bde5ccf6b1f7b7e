"""Unfinished work and its end: reverted shifts, strange versions, deletions with dependents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from botocore.exceptions import ConnectTimeoutError

from sfn_release.deployment.application import Application
from sfn_release.errors import SfnReleaseError
from sfn_release.operations.verbs.acknowledge import acknowledge
from sfn_release.operations.verbs.delete import delete, plan_deletion
from sfn_release.operations.verbs.promote import promote
from sfn_release.operations.verbs.status import EnvironmentStatus, status
from sfn_release.operations.verbs.unlock import unlock
from sfn_release.operations.verbs.verify import verify
from sfn_release.release.record import Action
from support.errors import refused
from support.shifting import CANARY, MACHINES, alarms, canary, may_fail
from support.shop import ALONE, ROLE, Shop, copy_shop
from support.values import definition


def seen(shop: Shop) -> EnvironmentStatus:
    (there,) = status(shop.workspace(), environment="prod", closer=True)
    return there


# A shift with a new workflow that was reverted


@pytest.fixture
def reverted(tmp_path: Path) -> Shop:
    """Return a shop whose shift to 1.2.0, with a new workflow, was stopped by an alarm."""
    shop = canary(tmp_path / "shop", CANARY + 'alarms = ["shop-failed"]\n')
    shop.write("workflows/child.asl.json", json.dumps(may_fail("child")))
    shop.write("workflows/hello.asl.json", json.dumps(may_fail("newest")))
    shop.commit()
    shop.during = lambda _: alarms(shop).firing.update({"shop-failed": "too many"})
    with pytest.raises(SfnReleaseError, match="alarm shop-failed is firing"):
        shop.publish("1.2.0", "prod")
    alarms(shop).firing.clear()
    shop.during = lambda _: None
    return shop


def test_status_says_what_a_reverted_shift_left_and_how_to_close_it(reverted: Shop) -> None:
    """The served release and its start come first; the last attempt follows."""
    found = seen(reverted)
    assert (found.state, found.version) == ("failed", "1.0.0")
    assert "left behind by the failed deployment: child" in found.problem
    assert "delete the machine that the attempt created:  sfn-release delete child --env prod" in (
        found.next_steps
    )
    told = found.to_json()
    assert (told["served_since"]["version"], told["served_since"]["status"]) == (
        "1.0.0",
        "succeeded",
    )
    assert (told["last_attempt"]["version"], told["last_attempt"]["status"]) == (
        "1.2.0",
        "reverted",
    )


def test_what_a_reverted_shift_created_can_be_deleted(reverted: Shop) -> None:
    """Deleting it needs no rollback or deployment first, and leaves nothing open."""
    before = reverted.live("hello", "prod")
    record = delete(reverted.workspace(), "child", environment="prod")
    assert record is not None
    assert {name: workflow.change for name, workflow in record.workflows.items()} == {
        "child": "deleted"
    }
    found = seen(reverted)
    assert (found.state, found.version, found.next_steps) == ("in-sync", "1.0.0", ())
    assert found.live_since_record is not None
    assert found.live_since_record.version == "1.0.0"
    assert found.live_since_record.action != "delete"
    assert reverted.live("hello", "prod") == before
    assert verify(reverted.workspace()).problems == ()


def test_a_rollback_closes_a_reverted_shift(reverted: Shop) -> None:
    """The created machine is retained from then on, until it is deleted."""
    reverted.rollback(environment="prod")
    found = seen(reverted)
    assert (found.state, found.version) == ("in-sync", "1.0.0")
    assert reverted.serving("prod").workflows["child"].retained


def test_what_the_first_deployment_left_can_be_deleted(tmp_path: Path) -> None:
    """The machine of a failed attempt can be deleted even where no release was ever served."""
    shop = plain(tmp_path)

    class Refusing:
        def __init__(self, client: Any) -> None:
            self._client = client

        def __getattr__(self, name: str) -> Any:
            if name == "create_state_machine_alias":
                raise SfnReleaseError("Refused.")
            return getattr(self._client, name)

    client = shop.client("prod")
    shop.clients["prod"] = Refusing(client)
    with pytest.raises(SfnReleaseError):
        shop.publish("1.0.0", "prod")
    shop.clients["prod"] = client
    assert seen(shop).state == "failed"
    assert seen(shop).next_steps == (
        "try it again:  sfn-release deploy 1.0.0 --env prod",
        "delete the machine that the attempt created:  sfn-release delete hello --env prod",
    )
    delete(shop.workspace(), "hello", environment="prod")
    assert client.list_state_machines()["stateMachines"] == []
    assert verify(shop.workspace()).problems == ()
    shop.deploy("1.0.0", "prod")
    assert shop.live("hello", "prod") == ("ours", "ours")


# Versions that no release made


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone where 1.0.0 is live in prod."""
    shop = plain(tmp_path)
    shop.publish("1.0.0", "prod")
    return shop


def plain(folder: Path) -> Shop:
    shop = copy_shop(folder)
    shop.write("releases.toml", ALONE)
    shop.commit(hello="ours")
    return shop


def test_a_version_that_no_release_made_can_be_acknowledged(shop: Shop) -> None:
    """Status calls it drift and suggests both ways out; afterwards it is known for good."""
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    text = json.dumps(definition("mine"))
    client.update_state_machine(stateMachineArn=arn, definition=text, publish=True)
    ours = shop.serving("prod").workflows["hello"].version_arn
    form = client.describe_state_machine(stateMachineArn=ours)["definition"]
    client.update_state_machine(stateMachineArn=arn, definition=form)
    found = seen(shop)
    assert found.state == "drifted"
    accept, remove = found.next_steps
    assert accept.endswith(":  sfn-release acknowledge --env prod")
    assert f"delete-state-machine-version --state-machine-version-arn {arn}:2" in remove
    record = acknowledge(shop.workspace(), environment="prod", reason="a test by hand")
    assert record is not None
    assert (record.action, record.acknowledged) == ("acknowledge", (f"{arn}:2",))
    found = seen(shop)
    assert (found.state, found.next_steps) == ("in-sync", ())
    assert found.live_since_record is not None
    assert found.live_since_record.action == "publish"
    assert acknowledge(shop.workspace(), environment="prod") is None
    assert verify(shop.workspace()).problems == ()
    shop.commit(hello="newer")
    shop.publish("1.1.0", "prod")
    shop.rollback(environment="prod")
    assert seen(shop).state == "in-sync"


# Attempts of every action that were killed, and manual changes


class Dying:
    """A client whose process dies after one operation."""

    def __init__(self, client: Any, operation: str) -> None:
        self._client, self._operation = client, operation

    def __getattr__(self, name: str) -> Any:
        if name == self._operation:
            return self._die
        return getattr(self._client, name)

    def _die(self, **request: Any) -> Any:
        getattr(self._client, self._operation)(**request)
        raise SystemError("the process died")


def die(*_: object) -> None:
    """Stop like a killed process."""
    raise SystemError("the process died")


def advised(shop: Shop) -> list[str]:
    """Return the commands of `sfn-release` that status advises."""
    commands = [step.partition(":  ")[2] for step in seen(shop).next_steps]
    return [command for command in commands if command.startswith("sfn-release ")]


def follow(shop: Shop, command: str) -> object:
    """Run a command line of `sfn-release`."""
    _, verb, *words = command.split()
    assert words[-2:] == ["--env", "prod"], command
    adopt = "--adopt" in words
    arguments = [word for word in words[:-2] if word != "--adopt"]
    workspace = shop.workspace()
    match verb:
        case "unlock":
            assert arguments == []
            return unlock(workspace, environment="prod")
        case "acknowledge":
            assert arguments == []
            return acknowledge(workspace, environment="prod")
        case "deploy":
            (version,) = arguments
            return shop.deploy(version, "prod", adopt=adopt)
        case "rollback":
            return shop.rollback(arguments[0] if arguments else None, "prod")
        case "delete":
            (workflow,) = arguments
            return delete(workspace, workflow, environment="prod")
        case _:
            pytest.fail(f"no such command: {command}")


def _by_hand(shop: Shop, result: str, **options: Any) -> None:
    text = json.dumps(definition(result))
    arn = shop.arn("hello", "prod")
    shop.client("prod").update_state_machine(stateMachineArn=arn, definition=text, **options)


def _publish(shop: Shop) -> None:
    shop.commit(hello="newer")
    shop.publish("1.1.0", "prod")


def _adopt(shop: Shop) -> None:
    shop.commit(strange="ours")
    shop.publish("1.1.0", "prod", adopt=True)


def _adopt_first(shop: Shop) -> None:
    shop.client("prod").create_state_machine(
        name="strange", definition=json.dumps(definition("by hand")), roleArn=ROLE
    )


def _released(shop: Shop) -> None:
    shop.release("1.1.0", hello="newer")


def _strange(shop: Shop) -> None:
    _by_hand(shop, "mine", publish=True)
    _by_hand(shop, "ours")


def _promoted(shop: Shop) -> None:
    toml = ALONE
    staging = toml[toml.index("[environments.prod]") :].replace("prod", "staging")
    shop.write("releases.toml", toml + staging)
    shop.commit(hello="newer")
    shop.publish("1.1.0", "staging")


def _promote(shop: Shop) -> None:
    promote(shop.workspace(), source="staging", environment="prod")


KILLED: dict[Action, tuple[Callable[[Shop], object], Callable[[Shop], object], str, str]] = {
    "publish": (lambda _: None, _publish, "update_state_machine", "deploy 1.1.0"),
    "deploy": (
        _released,
        lambda shop: shop.deploy("1.1.0", "prod"),
        "update_state_machine",
        "deploy 1.1.0",
    ),
    "rollback": (
        _publish,
        lambda shop: shop.rollback(None, "prod"),
        "update_state_machine_alias",
        "rollback 1.0.0",
    ),
    "delete": (
        lambda _: None,
        lambda shop: delete(shop.workspace(), "hello", environment="prod"),
        "delete_state_machine",
        "delete hello",
    ),
    "adopt": (_adopt_first, _adopt, "tag_resource", "deploy 1.1.0 --adopt"),
    "acknowledge": (
        _strange,
        lambda shop: acknowledge(shop.workspace(), environment="prod"),
        "",
        "acknowledge",
    ),
    "promote": (_promoted, _promote, "update_state_machine", "deploy 1.1.0"),
}
"""By action: what is there, what is killed, after which call (or ahead of all), what to do."""


def test_every_action_is_killed_in_the_table() -> None:
    """Otherwise the advice after its kill would be untested.

    Nothing but the same command finishes a handover, which tests/operations/test_handover.py kills.
    """
    assert sorted([*KILLED, "handover"]) == sorted(get_args(Action))


@pytest.mark.parametrize("way", ["again", "restore", "unlock"])
@pytest.mark.parametrize("action", sorted(KILLED))
def test_what_is_advised_after_a_kill_can_be_run(
    shop: Shop, action: Action, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Going on, going back, and both after the lock was closed: each ends with nothing open."""
    begin, act, operation, again = KILLED[action]
    begin(shop)
    client = shop.client("prod")
    with monkeypatch.context() as patch:
        if operation:
            patch.setitem(shop.clients, "prod", Dying(client, operation))
        else:
            patch.setattr(Application, "run", die)
        with pytest.raises(SystemError):
            act(shop)
    record = seen(shop).record
    assert record is not None
    assert (record.action, record.status) == (action, "started")
    onward, back, close, *_ = advised(shop)
    assert close == "sfn-release unlock --env prod"
    assert onward == f"sfn-release {again} --env prod"
    assert back.startswith("sfn-release rollback 1.")
    follow(shop, {"again": onward, "restore": back, "unlock": close}[way])
    for _ in range(3):
        commands = advised(shop)
        if commands:
            follow(shop, commands[0])
    assert (seen(shop).state, advised(shop)) == ("in-sync", [])


def test_a_first_adoption_that_was_killed_can_be_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No release is served yet: you can finish it, and there is none to go back to."""
    shop = plain(tmp_path)
    client = shop.client("prod")
    text = json.dumps(definition("by hand"))
    client.create_state_machine(name="hello", definition=text, roleArn=ROLE)
    with monkeypatch.context() as patch:
        patch.setattr(Application, "run", die)
        with pytest.raises(SystemError):
            shop.publish("1.0.0", "prod", adopt=True)
    again = "sfn-release deploy 1.0.0 --adopt --env prod"
    assert advised(shop) == [again, "sfn-release unlock --env prod"]
    follow(shop, advised(shop)[1])
    assert advised(shop) == [again]
    follow(shop, again)
    assert (seen(shop).state, advised(shop)) == ("in-sync", [])


def test_a_manual_change_can_be_undone(shop: Shop) -> None:
    """The rollback that status advises does it."""
    _by_hand(shop, "mine")
    assert advised(shop) == ["sfn-release rollback 1.0.0 --env prod"]
    follow(shop, advised(shop)[0])
    assert (seen(shop).state, advised(shop)) == ("in-sync", [])
    assert shop.live("hello", "prod") == ("ours", "ours")


# Deleting a state machine that is still needed


def test_deleting_says_who_misses_the_state_machine(shop: Shop) -> None:
    """Its callers, the workflows that start it, and the executions that are running."""
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    parent = {
        "StartAt": "Go",
        "States": {
            "Go": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution",
                "Parameters": {"StateMachineArn": f"{arn}:live"},
                "End": True,
            }
        },
    }
    shop.write("workflows/parent.asl.json", json.dumps(parent))
    shop.commit()
    shop.publish("1.1.0", "prod")

    class Busy:
        denied = False

        def __getattr__(self, name: str) -> Any:
            return getattr(client, name)

        def list_executions(self, **_: Any) -> dict[str, Any]:
            if self.denied:
                raise ConnectTimeoutError(endpoint_url="http://127.0.0.1")
            return {"executions": [{}, {}], "nextToken": "more"}

    busy: Any = Busy()
    shop.clients["prod"] = busy
    notes = plan_deletion(shop.workspace(), "hello", environment="prod").plan.workflows[0].notes
    assert notes == (
        "hello is part of 1.1.0, which is live in prod: its callers will fail",
        "parent starts hello and will fail there",
        (
            "more than 2 executions are running: they run to their end, but you can't redrive them"
            " afterwards"
        ),
    )
    notes = plan_deletion(shop.workspace(), "parent", environment="prod").plan.workflows[0].notes
    assert not any("starts" in note for note in notes)
    busy.denied = True
    notes = plan_deletion(shop.workspace(), "hello", environment="prod").plan.workflows[0].notes
    assert notes[-1].startswith("running executions can't be counted: ")
    with refused("E_NOT_FOUND", "No workflow 'none' is live in prod"):
        plan_deletion(shop.workspace(), "none", environment="prod")
    assert MACHINES in arn
