"""A project that is split, and two that are merged: who may deploy, and where rollbacks go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfn_release.authoring.importing import write_module
from sfn_release.operations.verbs.adopt import Adopted, adopt
from sfn_release.operations.verbs.handover import handover
from sfn_release.operations.verbs.history import history
from sfn_release.operations.verbs.status import status
from sfn_release.operations.verbs.unlock import unlock
from sfn_release.operations.verbs.verify import verify
from sfn_release.release.record import Record
from support.errors import refused
from support.faults import DENIED, KILLED, At, Faulty, GitWrites, KilledError
from support.shop import ROLE, Shop, copied, made_once, make_shop


def config(project: str) -> str:
    return (
        f'[project]\nname = "{project}"\nremote = ""\ndefault_environment = "prod"\n'
        f'[environments.prod]\nregion = "eu-west-1"\nrole_arn = "{ROLE}"\n'
    )


def _make(shop: Shop) -> None:
    """Publish two releases of the workflows `orders` and `shipping`."""
    shop.write("releases.toml", config("shop"))
    shop.commit_only(orders="one", shipping="one")
    shop.publish("1.0.0")
    shop.commit(orders="two", shipping="two")
    shop.publish("1.1.0")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return made_once(tmp_path, "split", _make)


def project(shop: Shop, name: str, **workflows: str) -> Shop:
    """Make another repository with a project in the same account."""
    made = make_shop(shop.root.parent / name, config=config(name), workflows=workflows)
    return Shop(made.root, clock=shop.clock, clients=shop.clients)


def give(shop: Shop, workflow: str, to: str) -> Record:
    record = handover(shop.workspace(), workflow, to)
    assert record is not None
    return record


def take(shop: Shop, workflow: str, **options: Any) -> Adopted:
    """Adopt, and commit the module."""
    found = adopt(shop.workspace(), workflow, **options)
    shop.write(f"workflows/{workflow}.py", write_module(found.module))
    shop.commit()
    return found


def healthy(*shops: Shop) -> None:
    for shop in shops:
        (there,) = status(shop.workspace(), environment="prod", closer=True)
        assert (there.state, there.problem) == ("in-sync", "")
        assert verify(shop.workspace()).problems == ()


def test_a_project_is_split(shop: Shop) -> None:
    """Before, between and after, at most one of two projects can deploy; both can roll back."""
    depot = project(shop, "depot", other="x")
    with refused(
        "E_NOT_OURS", "belongs to prod of the project shop", "handover shipping --to depot"
    ):
        adopt(depot.workspace(), "shipping")
    record = give(shop, "shipping", "depot")
    assert (record.action, record.status, record.version) == ("handover", "succeeded", "1.1.0")
    assert record.workflows["shipping"].change == "handed-over"

    # Between: nobody.
    shop.commit(shipping="three")
    with refused("E_NOT_OURS", "shipping was handed over to the project depot"):
        shop.publish("1.2.0")
    depot.workflow("shipping", "theirs")
    depot.commit()
    with refused("E_NOT_OURS", "shipping does not belong to prod of depot"):
        depot.publish("1.0.0")
    (depot.root / "workflows" / "shipping.asl.json").unlink()

    # After: depot alone, which changes nothing by its first release.
    found = take(depot, "shipping")
    assert found.record is not None
    depot.publish("1.0.0")
    assert depot.live("shipping", "prod") == ("two", "two")
    (depot.root / "workflows" / "shipping.py").unlink()
    depot.commit(shipping="theirs")
    depot.publish("1.1.0")
    with refused("E_NOT_OURS"):
        shop.publish("1.2.0")
    shop.commit_only(orders="three")
    shop.publish("1.2.0")
    assert {*shop.serving("prod").workflows} == {"orders"}
    assert depot.live("shipping", "prod") == ("theirs", "theirs")
    healthy(shop, depot)

    # Rollbacks: shop's leave shipping alone, depot's reach the state before the split.
    shop.rollback("1.0.0", "prod")
    assert shop.live("orders", "prod") == ("one", "one")
    assert depot.live("shipping", "prod") == ("theirs", "theirs")
    depot.rollback("0.0.0-found.1", "prod")
    assert depot.live("shipping", "prod") == ("two", "two")
    healthy(shop, depot)
    told = [(record.action, record.version) for record in history(shop.workspace())]
    assert told[-3:] == [("handover", "1.1.0"), ("publish", "1.1.0"), ("publish", "1.0.0")]
    assert shop.serving("prod").handed_over == {"shipping": "depot"}


def test_two_projects_are_merged_and_separated_again(shop: Shop) -> None:
    """All workflows of one move into the other; later one of them goes back."""
    whole = project(shop, "whole", base="x")
    whole.publish("1.0.0")
    for workflow in ("orders", "shipping"):
        give(shop, workflow, "whole")
        take(whole, workflow)
    whole.publish("2.0.0")
    assert {*whole.serving("prod").workflows} == {"base", "orders", "shipping"}
    assert shop.serving("prod").workflows == {}
    healthy(whole)
    whole.rollback("0.0.0-found.2", "prod")
    healthy(whole)
    give(whole, "orders", "shop")
    assert take(shop, "orders").record is not None
    assert shop.serving("prod").handed_over == {"shipping": "whole"}
    (shop.root / "workflows" / "orders.asl.json").unlink(missing_ok=True)
    (shop.root / "workflows" / "shipping.asl.json").unlink(missing_ok=True)
    shop.commit()
    shop.publish("3.0.0")
    healthy(shop)


def test_a_project_that_cant_hand_over_is_told_afterwards(shop: Shop) -> None:
    """The machine was taken from it; its handover then only writes the record."""
    depot = project(shop, "depot", other="x")
    take(depot, "shipping", from_project="shop")
    shop.commit(orders="three")
    with refused("E_NOT_OURS", "Its tags say project depot"):
        shop.publish("1.2.0")
    with refused("E_NOT_OURS"):
        give(shop, "shipping", "another")
    assert give(shop, "shipping", "depot").plan == ()
    shop.rollback("1.0.0", "prod")
    depot.publish("1.0.0")
    healthy(shop, depot)


@pytest.mark.parametrize("write", ["before", "after"])
def test_a_handover_that_ends_anywhere_is_finished(shop: Shop, write: str) -> None:
    """Killed at the tags, or before and after each write of the ledger: the same command again."""
    depot = project(shop, "depot", other="x")
    client = shop.client("prod")
    if write == "after":
        with pytest.raises(KilledError):
            give(
                shop.using(Faulty(client, At("shipping.TagResource", KILLED))), "shipping", "depot"
            )
        give(shop, "shipping", "depot")
    else:
        count = GitWrites()
        with count.watched():
            give(copied(shop, shop.root.parent / "counted"), "shipping", "depot")
        last = count.writes[-1]
        with GitWrites(last, "before").watched(), pytest.raises(KilledError):
            give(shop, "shipping", "depot")
        give(shop, "shipping", "depot")
    assert shop.serving("prod").handed_over == {"shipping": "depot"}
    assert take(depot, "shipping").record is not None
    healthy(shop)


@pytest.mark.parametrize("unlocked", [False, True])
def test_a_handover_that_was_killed_comes_first(shop: Shop, unlocked: bool) -> None:
    """A deployment or rollback names the command that finishes it, and so does `status`."""
    client = shop.client("prod")
    with pytest.raises(KilledError):
        give(shop.using(Faulty(client, At("shipping.TagResource", KILLED))), "shipping", "depot")
    if unlocked:
        assert unlock(shop.workspace(), environment="prod").handed_to == "depot"
    command = "sfn-release handover shipping --to depot --env prod"
    (there,) = status(shop.workspace(), environment="prod", closer=True)
    assert there.state == ("failed" if unlocked else "abandoned")
    assert any(step.endswith(command) for step in there.next_steps)
    assert not any("rollback" in step for step in there.next_steps)
    for action in (shop.rollback, shop.deploy):
        with refused("E_NOT_OURS", "The handover of shipping", "didn't finish", command):
            action("1.0.0", "prod")
    assert give(shop, "shipping", "depot").handed_to == "depot"
    shop.rollback("1.0.0", "prod")
    assert shop.live("orders", "prod") == ("one", "one")
    assert shop.live("shipping", "prod") == ("two", "two")
    healthy(shop)


def test_a_handover_that_was_killed_before_the_tags_can_be_forgotten(shop: Shop) -> None:
    """Nothing has moved yet: a rollback closes it."""
    with GitWrites("update_refs.1", "after").watched(), pytest.raises(KilledError):
        give(shop, "shipping", "depot")
    (there,) = status(shop.workspace(), environment="prod", closer=True)
    assert any("handover shipping --to depot" in step for step in there.next_steps)
    assert any("rollback 1.1.0" in step for step in there.next_steps)
    shop.rollback("1.1.0", "prod")
    healthy(shop)


def test_a_refused_handover_changes_nothing(shop: Shop) -> None:
    """AWS denies the tags: the workflow is still ours, and deploys."""
    client = shop.client("prod")
    with refused("E_ACCESS", "states:TagResource"):
        give(shop.using(Faulty(client, At("shipping.TagResource", DENIED))), "shipping", "depot")
    shop.deploy("1.1.0", "prod")
    healthy(shop)


def test_bad_input(shop: Shop) -> None:
    """Not to itself, not to a name that no project has, and only what is live."""
    with refused("E_USAGE", "It is this project"):
        give(shop, "orders", "shop")
    with refused("E_USAGE", "can't hand over to the project"):
        give(shop, "orders", "No Project")
    with refused("E_NOT_FOUND", "No workflow 'order' is live"):
        give(shop, "order", "depot")
