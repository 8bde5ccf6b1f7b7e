"""The writes of a rollback to AWS: callers are back after one call for each workflow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.faults import DENIED, At, Faulty
from support.scenes import numbered, packed, production
from support.shop import Shop, copied

NAMES = [f"w{number}" for number in range(10)]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Return a shop whose ten workflows were published twice."""
    shop = production(
        tmp_path_factory.mktemp("twice") / "shop", numbered(**dict.fromkeys(NAMES, 1))
    )
    shop.publish("1.0.0")
    shop.commit(**numbered(**dict.fromkeys(NAMES, 2)))
    shop.publish("1.1.0")
    return packed(shop)


def _written(calls: list[str]) -> list[str]:
    return [call for call in calls if not re.search(r"\b(Describe|List)", call)]


def test_a_rollback_brings_all_callers_back_first(twice: Shop, tmp_path: Path) -> None:
    """Its versions exist: all aliases are moved, then `$LATEST` is restored, then tags follow."""
    shop = copied(twice, tmp_path / "shop")
    aws = Faulty(shop.client("prod"))
    shop.using(aws).rollback()
    machines = shop.machines()
    writes = _written(aws.calls)
    phases = ("UpdateStateMachineAlias", "UpdateStateMachine", "TagResource")
    for phase, operation in enumerate(phases):
        of_phase = writes[phase * len(NAMES) : (phase + 1) * len(NAMES)]
        assert [f"{name}.{operation}" for name in NAMES] == sorted(of_phase)
    assert len(writes) == len(phases) * len(NAMES)
    assert {machine.live for machine in machines.values()} == {f"{name} 1" for name in NAMES}
    assert {machine.tags["sfn-release:version"] for machine in machines.values()} == {"1.0.0"}


def test_a_rollback_without_the_right_to_tag_is_still_a_rollback(
    twice: Shop, tmp_path: Path
) -> None:
    """The rollback stands; one warning in the record lists all misleading tags."""
    shop = copied(twice, tmp_path / "shop")
    shop.using(Faulty(shop.client("prod"), At("w3.TagResource", DENIED))).rollback()
    machines = shop.machines()
    record = shop.history().deployments[0]
    assert {machine.live for machine in machines.values()} == {f"{name} 1" for name in NAMES}
    assert record.status == "succeeded"
    (warning,) = record.warnings
    assert "the tags of w3 still name the previous release" in warning
    assert "sfn-release rollback 1.0.0 --env" in warning
