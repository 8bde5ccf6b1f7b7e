"""A deployer whose clock is wrong takes nothing over: AWS's answers are dated, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support import Shop, add_remote, copy_shop, isolate_git, refused

from sfn_release.aws.services import connect
from sfn_release.aws.sessions import Access
from sfn_release.local import service
from sfn_release.local.server import start
from sfn_release.record import timestamp
from sfn_release.simulator.mocks import Mocks


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Yield a shop whose AWS has the right time, with a deployment of somebody under way."""
    isolate_git(monkeypatch, tmp_path / "home")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    shop = copy_shop(tmp_path)
    add_remote(shop)
    right = shop.clock.at

    def clock() -> float:
        return (right + shift[0]).timestamp()

    aws = service(":memory:", tasks_for=lambda _name, _tags: Mocks(), clock=clock)
    with start(aws) as server:
        access = Access(region="eu-west-1", endpoints={"stepfunctions": server.url})
        shop.clients["prod"] = connect(access).stepfunctions
        shop.publish("1.0.0", "prod")
        ledger = shop.workspace().ledger
        state = ledger.state(ledger.snapshot(), "prod")
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
        yield shop


shift = [timedelta()]


@pytest.mark.parametrize(
    ("minutes", "ahead", "said"),
    [(60, 60, None), (60, -5, None), (18, 1.5, "ahead of AWS's"), (18, 0, "")],
)
def test_a_lock_expires_by_the_right_clock_alone(
    shop: Shop, minutes: float, ahead: float, said: str | None
) -> None:
    """Beyond two minutes of difference nothing is taken over; beyond one it is said."""
    shop.clock.at += timedelta(minutes=minutes)
    shift[0] = timedelta(minutes=minutes - ahead)
    if said is None:
        with refused("E_LOCKED", "this machine's clock is", "AWS's", "NTP"):
            shop.deploy("1.0.0", "prod")
        return
    shop.deploy("1.0.0", "prod")
    heard = [line for line in shop.watcher.said if "this machine's clock" in line]
    assert (len(heard) == 1 and said in heard[0]) if said else not heard
