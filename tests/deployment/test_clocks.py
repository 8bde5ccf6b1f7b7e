"""A deployer whose clock is wrong starts nothing and takes nothing over.

AWS's answers are dated, over real HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sfn_release.aws.clients import connect
from sfn_release.aws.sessions import Access
from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import start
from sfn_release.release.record import timestamp
from sfn_release.simulator.mocks import Mocks
from support.errors import refused
from support.shop import Shop, add_remote, copy_shop

shift = [timedelta()]  # of AWS's clock, from the time at which a test begins


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Yield a shop whose AWS, with the right time, serves 1.0.0."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    shift[0] = timedelta()
    shop = copy_shop(tmp_path)
    add_remote(shop)
    right = shop.clock.at

    def clock() -> float:
        return (right + shift[0]).timestamp()

    aws = open_service(":memory:", tasks_for=lambda _scope: Mocks(), clock=clock)
    with start(aws) as server:
        access = Access(region="eu-west-1", endpoints={"stepfunctions": server.url})
        shop.clients["prod"] = connect(access).stepfunctions
        shop.publish("1.0.0", "prod")
        shift[0] = shop.clock.at - right  # the shop's clock has ticked
        yield shop


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """Return the shop with a deployment of another machine under way."""
    right = shop.clock.at
    ledger = shop.workspace().ledger
    state = ledger.deployments.state(ledger.branches.snapshot(), "prod")
    assert state.record is not None
    record = replace(
        state.record,
        id="20300101T120000Z-ffffffff",
        status="started",
        host="elsewhere",
        started_at=timestamp(right),
        finished_at=None,
        expires_at=timestamp(right + timedelta(minutes=15)),
    )
    ledger.append("prod", state, record, at=right)
    return shop


def heard(shop: Shop) -> list[str]:
    """Return the messages about clocks."""
    return [line for line in shop.watcher.said if "this machine's clock" in line]


@pytest.mark.parametrize(
    ("minutes", "ahead", "said"),
    [(60, 60, None), (60, -5, None), (18, 1.5, "ahead of AWS's"), (18, 0, "")],
)
def test_a_lock_expires_by_the_right_clock_alone(
    busy: Shop, minutes: float, ahead: float, said: str | None
) -> None:
    """Beyond two minutes of difference nothing is taken over; beyond one it is said."""
    busy.clock.at += timedelta(minutes=minutes)
    shift[0] = timedelta(minutes=minutes - ahead)
    if said is None:
        with refused("E_LOCKED", "this machine's clock is", "AWS's", "NTP"):
            busy.deploy("1.0.0", "prod")
        return
    busy.deploy("1.0.0", "prod")
    found = heard(busy)
    assert (len(found) == 1 and said in found[0]) if said else not found


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (-60, "behind AWS's"),
        (60, "ahead of AWS's"),
        (-1.5, "behind AWS's"),
        (1.5, "ahead of AWS's"),
        (0.5, ""),
    ],
)
def test_a_lock_is_taken_by_the_right_clock_alone(shop: Shop, minutes: float, said: str) -> None:
    """A lock that has expired for others is never written, and no call is made to find out."""
    shop.release("1.1.0", hello="new")
    shift[0] += timedelta(seconds=20)  # ticks of the release, and of the deployment
    shop.clock.at += timedelta(minutes=minutes)
    before = shop.workspace().ledger.branches.snapshot().refs
    asked: list[str] = []
    events = shop.client("prod").meta.events  # type: ignore[attr-defined]  # it is boto3's client
    events.register("before-call", lambda model, **_: asked.append(model.name))
    if abs(minutes) > 2:
        with refused("E_LOCKED", said, "Set the clock"):
            shop.deploy("1.1.0", "prod")
        assert shop.workspace().ledger.branches.snapshot().refs == before
        return
    shop.deploy("1.1.0", "prod")
    assert "ListStateMachines" not in asked
    found = heard(shop)
    assert (len(found) == 1 and said in found[0]) if said else not found
