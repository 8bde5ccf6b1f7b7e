"""Promises that a deployment keeps when others write at the same time, or when it fails half-way.

The order in which it puts things back; what it reads back after CreateStateMachine; how it decides
again when the ledger moved.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import ConflictError, NotOursError, SfnReleaseError
from sfn_release.ledger import Ledger
from sfn_release.ledger.git import RefMovedError
from sfn_release.operations import deploy
from sfn_release.plan import Plan
from support.faults import DENIED, At, Faulty, GitWrites
from support.faults_shop import ENVIRONMENT, Shop, Watcher, run_git, runtime

NAMES = ("alpha", "beta", "gamma")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Give a shop that serves 1.0.0, and whose next commit changes all workflows."""
    shop = Shop.create(tmp_path_factory.mktemp("engine") / "shop", dict.fromkeys(NAMES, 1))
    with shop.opened():
        shop.publish("1.0.0")
    shop.commit(dict.fromkeys(NAMES, 2))
    return shop.packed()


@pytest.fixture
def shop(released: Shop, tmp_path: Path) -> Shop:
    """Give a copy of it."""
    return released.copy(tmp_path / "shop")


def operations(calls: list[str]) -> list[str]:
    """Return the operations that write, in order and without their machines."""
    writes = [call for call in calls if not re.search(r"\b(Describe|List)", call)]
    return [call.split(".")[1] for call in writes]


def failing(shop: Shop, call: str, act: Callable[[Faulty], None]) -> list[str]:
    """Deny a *call* of what *act* does; return what was written after it."""
    aws = Faulty(shop.aws, At(call, DENIED))
    with pytest.raises(SfnReleaseError, match=r"is not allowed|denied"):
        act(aws)
    return operations(aws.calls[aws.calls.index(call) + 1 :])


# The order of putting back


def test_callers_are_back_before_definitions_when_a_switch_fails(shop: Shop) -> None:
    """Newest first: aliases were moved last, so they are the first to be put back."""
    # Workflows are handled side by side: of the last two switches, both have been begun by then.
    with shop.opened():
        written = failing(
            shop,
            "gamma.UpdateStateMachineAlias",
            lambda aws: shop.publish("1.1.0", aws=aws),
        )
        machines = shop.machines()
    undone = [one for one in written if one == "UpdateStateMachine"]
    assert undone == ["UpdateStateMachine"] * len(NAMES)
    first = written.index("UpdateStateMachine")
    assert {*written[:first]} <= {"UpdateStateMachineAlias"}
    assert written[first:] == undone
    assert {name: machine.live for name, machine in machines.items()} == {
        name: f"{name} 1" for name in NAMES
    }
    assert {machine.latest for machine in machines.values()} == {f"{name} 1" for name in NAMES}


def test_definitions_are_back_before_callers_when_a_rollback_fails_at_them(shop: Shop) -> None:
    """A rollback moves callers first, so they are the last to be put back."""
    with shop.opened():
        shop.publish("1.1.0")
        written = failing(
            shop, "gamma.UpdateStateMachine", lambda aws: shop.rollback("1.0.0", aws=aws)
        )
        machines = shop.machines()
    first = written.index("UpdateStateMachineAlias")
    assert {*written[:first]} <= {"UpdateStateMachine"}
    assert written[first:] == ["UpdateStateMachineAlias"] * len(NAMES)
    assert {machine.live for machine in machines.values()} == {f"{name} 2" for name in NAMES}
    assert {machine.latest for machine in machines.values()} == {f"{name} 2" for name in NAMES}


def test_only_what_was_changed_is_put_back(shop: Shop) -> None:
    """When a first write is refused, no alias is touched, and the others' definitions return."""
    with shop.opened():
        written = failing(
            shop, "beta.PublishStateMachineVersion", lambda aws: shop.publish("1.1.0", aws=aws)
        )
        machines = shop.machines()
    assert {*written} <= {"UpdateStateMachine", "PublishStateMachineVersion"}
    assert {machine.latest for machine in machines.values()} == {f"{name} 1" for name in NAMES}
    assert {machine.live for machine in machines.values()} == {f"{name} 1" for name in NAMES}


# The order of bringing callers over


def test_a_new_workflow_is_there_before_callers_come_to_those_that_may_start_it(
    shop: Shop,
) -> None:
    """However long it takes, the alias of a new workflow is made before any alias is moved."""
    shop.commit({**dict.fromkeys(NAMES, 2), "zeta": 1})

    def slow(call: str) -> None:
        if call == "zeta.CreateStateMachineAlias":
            time.sleep(0.2)

    with shop.opened():
        aws = Faulty(shop.aws, before=slow)
        shop.publish("1.1.0", aws=aws)
    aliases = [one for one in operations(aws.calls) if one.endswith("Alias")]
    assert aliases == ["CreateStateMachineAlias", *["UpdateStateMachineAlias"] * len(NAMES)]


# What is read back after CreateStateMachine


class Sooner(Faulty):
    """A client just ahead of whose CreateStateMachine somebody else creates the machine.

    *theirs* is what their request has otherwise. Asked to create what is there, AWS answers as if
    it had, as long as name, type and definition are equal; another role and other tags are ignored.
    """

    def __init__(self, client: StepFunctions, theirs: Mapping[str, Any]) -> None:
        super().__init__(client)
        self._theirs = theirs

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        ours = super().__getattr__(name)
        if name != "create_state_machine":
            return ours

        def create(**request: Any) -> dict[str, Any]:
            self._client.create_state_machine(**{**request, **self._theirs})
            return ours(**request)

        create.__dict__["__self__"] = self._client
        return create


OTHER_ROLE = {"roleArn": "arn:aws:iam::000000000000:role/theirs"}
OTHER_TAGS = {"tags": [{"key": "owner", "value": "payments"}]}


@pytest.mark.parametrize("theirs", [OTHER_ROLE, OTHER_TAGS, {"tags": []}], ids=str)
def test_a_machine_that_somebody_else_created_is_not_taken(
    tmp_path: Path, theirs: dict[str, Any]
) -> None:
    """AWS says that it was created: role and tags, read back, say by whom."""
    shop = Shop.create(tmp_path / "shop", {"alpha": 1})
    with shop.opened():
        with pytest.raises(NotOursError, match="created alpha at the same moment"):
            shop.publish("1.0.0", aws=Sooner(shop.aws, theirs))
        machine = shop.machines()["alpha"]
        assert machine.live is None  # no alias leads callers to it
        (record,) = shop.ledger().deployments
        assert record.status == "failed"
        assert "at the same moment" in (record.error or "")


def test_a_creation_that_was_repeated_is_ours(tmp_path: Path) -> None:
    """As after an answer that was lost: the same request twice is one machine, and it is ours."""
    shop = Shop.create(tmp_path / "shop", {"alpha": 1})
    with shop.opened():
        shop.publish("1.0.0", aws=Sooner(shop.aws, {}))
        assert shop.machines()["alpha"].live == "alpha 1"


# Deciding again


def test_a_deployment_is_decided_again_when_the_ledger_moved(shop: Shop) -> None:
    """Somebody else's deployment ends between plan and start: the next plan starts from theirs."""
    plans: list[Plan] = []
    with shop.opened():
        shop.publish("1.1.0")
        mine = runtime(now=shop.clock, watcher=Watcher(plans.append))
        # The first write of a deployment is the record that it has begun.
        first = "write_blobs.1"
        with GitWrites(first, "before", strike=lambda: shop.rollback("1.0.0")).watched():
            deploy(shop.workspace(system_runtime=mine), "1.0.0")
        assert [one.from_version for one in plans] == ["1.1.0"]  # the second had nothing to do
        assert shop.ledger().count("deploy", "1.0.0", "started") == 0

        shop.deploy("1.1.0")
        plans.clear()
        shop.commit(dict.fromkeys(NAMES, 3))
        shop.publish("1.2.0")
        with GitWrites(first, "before", strike=lambda: shop.rollback("1.1.0")).watched():
            deploy(shop.workspace(system_runtime=mine), "1.0.0")
        assert [one.from_version for one in plans] == ["1.2.0", "1.1.0"]
        told = shop.ledger()
        assert [f"{one.action} {one.version} {one.status}" for one in told.deployments[:2]] == [
            *("deploy 1.0.0 succeeded", "rollback 1.1.0 succeeded"),
        ]
        assert told.deployments[0].from_version == "1.1.0"
        assert told.open == []
        assert {machine.live for machine in shop.machines().values()} == {
            f"{name} 1" for name in NAMES
        }


def test_a_ledger_that_moves_each_time_is_a_conflict(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is decided again as often as `pause` allows, and AWS is not touched."""
    asked: list[str] = []

    def moved(_ledger: Ledger, environment: str, *_: object, **__: object) -> None:
        asked.append(environment)
        raise RefMovedError("A ref moved.", why="stale info")

    with shop.opened():
        shop.publish("1.1.0")
        aws = Faulty(shop.aws)
        monkeypatch.setattr(Ledger, "append", moved)
        with pytest.raises(ConflictError, match="moved each time") as caught:
            deploy(shop.workspace(aws=aws), "1.0.0")
        monkeypatch.undo()
        assert shop.ledger().open == []
    assert asked == [ENVIRONMENT] * 11
    assert caught.value.why == "stale info"
    assert operations(aws.calls) == []
    notes = shop.root / ".git" / "sfn-release" / "deployments"
    assert [*notes.iterdir()] == []  # nothing says that this clone deploys


def test_the_branch_of_an_environment_forgets_what_was_deleted(shop: Shop) -> None:
    """Its tree is what the environment serves, down to nothing."""

    def files() -> list[str]:
        branch = shop.workspace().ledger.layout.env_ref(ENVIRONMENT)
        listed = run_git(shop.root, "ls-tree", "-r", "--name-only", branch).splitlines()
        return [one for one in listed if one.startswith("definitions/")]

    with shop.opened():
        shop.delete("beta")
        assert files() == ["definitions/alpha.asl.json", "definitions/gamma.asl.json"]
        shop.delete("alpha")
        shop.delete("gamma")
        assert files() == []
