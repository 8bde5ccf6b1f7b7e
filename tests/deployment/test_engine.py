"""Promises of a deployment when others write at the same time, or when it fails halfway.

The order in which it restores the old state; the check after CreateStateMachine; the new plan
after the ledger moved.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import ConflictError, NotOursError, SfnReleaseError
from sfn_release.ledger import Ledger
from sfn_release.ledger.git import RefMovedError
from sfn_release.plan import Plan
from support.faults import DENIED, At, Faulty, GitWrites
from support.scenes import numbered, packed, production
from support.shop import Shop, copied
from support.world import Watcher

NAMES = ("alpha", "beta", "gamma")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Return a shop that serves 1.0.0, and whose next commit changes all workflows."""
    shop = production(
        tmp_path_factory.mktemp("engine") / "shop", numbered(**dict.fromkeys(NAMES, 1))
    )
    shop.publish("1.0.0")
    shop.commit(**numbered(**dict.fromkeys(NAMES, 2)))
    return packed(shop)


@pytest.fixture
def shop(released: Shop, tmp_path: Path) -> Shop:
    """Return a copy of the shop."""
    return copied(released, tmp_path / "shop")


def operations(calls: list[str]) -> list[str]:
    """Return the operations that write, in order and without their machines."""
    writes = [call for call in calls if not re.search(r"\b(Describe|List)", call)]
    return [call.split(".")[1] for call in writes]


def failing(shop: Shop, call: str, act: Callable[[Faulty], object]) -> list[str]:
    """Deny a *call* that *act* makes; return the writes after it."""
    aws = Faulty(shop.client("prod"), At(call, DENIED))
    with pytest.raises(SfnReleaseError, match=r"is not allowed|denied"):
        act(aws)
    return operations(aws.calls[aws.calls.index(call) + 1 :])


# The order of putting back


def test_callers_are_back_before_definitions_when_a_switch_fails(shop: Shop) -> None:
    """Newest first: aliases were moved last, so they are the first to be put back."""
    # Workflows are handled side by side: of the last two switches, both have been begun by then.
    written = failing(
        shop,
        "gamma.UpdateStateMachineAlias",
        lambda aws: shop.using(aws).publish("1.1.0"),
    )
    machines = shop.machines()
    undone = [operation for operation in written if operation == "UpdateStateMachine"]
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
    shop.publish("1.1.0")
    written = failing(
        shop, "gamma.UpdateStateMachine", lambda aws: shop.using(aws).rollback("1.0.0")
    )
    machines = shop.machines()
    first = written.index("UpdateStateMachineAlias")
    assert {*written[:first]} <= {"UpdateStateMachine"}
    assert written[first:] == ["UpdateStateMachineAlias"] * len(NAMES)
    assert {machine.live for machine in machines.values()} == {f"{name} 2" for name in NAMES}
    assert {machine.latest for machine in machines.values()} == {f"{name} 2" for name in NAMES}


def test_only_what_was_changed_is_put_back(shop: Shop) -> None:
    """When a first write is refused, no alias is touched, and the others' definitions return."""
    written = failing(
        shop, "beta.PublishStateMachineVersion", lambda aws: shop.using(aws).publish("1.1.0")
    )
    machines = shop.machines()
    assert {*written} <= {"UpdateStateMachine", "PublishStateMachineVersion"}
    assert {machine.latest for machine in machines.values()} == {f"{name} 1" for name in NAMES}
    assert {machine.live for machine in machines.values()} == {f"{name} 1" for name in NAMES}


# The order of bringing callers over


def test_a_new_workflow_is_there_before_callers_come_to_those_that_may_start_it(
    shop: Shop,
) -> None:
    """The alias of a new workflow is made before any alias moves, however long that takes."""
    shop.commit(zeta="zeta 1")

    def slow(call: str) -> None:
        if call == "zeta.CreateStateMachineAlias":
            time.sleep(0.2)

    aws = Faulty(shop.client("prod"), before=slow)
    shop.using(aws).publish("1.1.0")
    aliases = [operation for operation in operations(aws.calls) if operation.endswith("Alias")]
    assert aliases == ["CreateStateMachineAlias", *["UpdateStateMachineAlias"] * len(NAMES)]


# The check after CreateStateMachine


class Sooner(Faulty):
    """A client that creates the machine as another owner, just before our CreateStateMachine.

    *theirs* are the members in which their request differs. AWS answers a second creation like the
    first, as long as name, type and definition are equal; it ignores another role and other tags.
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
    """AWS reports success, but the role and tags in AWS belong to the other owner."""
    shop = production(tmp_path / "shop", numbered(alpha=1))
    with pytest.raises(NotOursError, match="created alpha at the same time"):
        shop.using(Sooner(shop.client("prod"), theirs)).publish("1.0.0")
    machine = shop.machines()["alpha"]
    assert machine.live is None  # no alias leads callers to it
    (record,) = shop.history().deployments
    assert record.status == "failed"
    assert "at the same time" in (record.error or "")


def test_a_creation_that_was_repeated_is_ours(tmp_path: Path) -> None:
    """The same request twice, as after a lost answer, makes one machine, and it is ours."""
    shop = production(tmp_path / "shop", numbered(alpha=1))
    shop.using(Sooner(shop.client("prod"), {})).publish("1.0.0")
    assert shop.machines()["alpha"].live == "alpha 1"


# Deciding again


def test_a_deployment_is_decided_again_when_the_ledger_moved(shop: Shop) -> None:
    """Another deployment ends between plan and start: the new plan starts from its result."""
    plans: list[Plan] = []
    shop.publish("1.1.0")
    mine = replace(shop, watcher=Watcher(plans.append))
    # The first write of a deployment is the record that it has begun.
    first = "write_blobs.1"
    with GitWrites(first, "before", strike=lambda: shop.rollback("1.0.0")).watched():
        mine.deploy("1.0.0")
    assert [plan.from_version for plan in plans] == ["1.1.0"]  # the second had nothing to do
    assert "deploy 1.0.0 started" not in shop.history().ends

    shop.deploy("1.1.0")
    plans.clear()
    shop.commit(**numbered(**dict.fromkeys(NAMES, 3)))
    shop.publish("1.2.0")
    with GitWrites(first, "before", strike=lambda: shop.rollback("1.1.0")).watched():
        mine.deploy("1.0.0")
    assert [plan.from_version for plan in plans] == ["1.2.0", "1.1.0"]
    history = shop.history()
    assert history.ends[:2] == ["deploy 1.0.0 succeeded", "rollback 1.1.0 succeeded"]
    assert history.deployments[0].from_version == "1.1.0"
    assert history.open == []
    assert {machine.live for machine in shop.machines().values()} == {f"{name} 1" for name in NAMES}


def test_a_ledger_that_moves_each_time_is_a_conflict(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is decided again as often as `pause` allows, and AWS is not touched."""
    asked: list[str] = []

    def moved(_ledger: Ledger, environment: str, *_: object, **__: object) -> None:
        asked.append(environment)
        raise RefMovedError("A ref moved.", why="stale info")

    shop.publish("1.1.0")
    aws = Faulty(shop.client("prod"))
    monkeypatch.setattr(Ledger, "append", moved)
    with pytest.raises(ConflictError, match="kept writing to the ledger") as caught:
        shop.using(aws).deploy("1.0.0")
    monkeypatch.undo()
    assert shop.history().open == []
    assert asked == ["prod"] * 4
    assert caught.value.why == "stale info"
    assert operations(aws.calls) == []
    notes = shop.root / ".git" / "sfn-release" / "deployments"
    assert [*notes.iterdir()] == []  # nothing says that this clone deploys


def test_the_branch_of_an_environment_forgets_what_was_deleted(shop: Shop) -> None:
    """The branch's tree is exactly the served content, even if that is empty."""

    def files() -> list[str]:
        branch = shop.workspace().ledger.layout.env_ref("prod")
        listed = shop.git("ls-tree", "-r", "--name-only", branch).splitlines()
        return [path for path in listed if path.startswith("definitions/")]

    shop.delete("beta")
    assert files() == ["definitions/alpha.asl.json", "definitions/gamma.asl.json"]
    shop.delete("alpha")
    shop.delete("gamma")
    assert files() == []
