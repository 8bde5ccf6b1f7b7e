"""Credentials that would not outlast a shift of callers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sfn_release.aws.clients import Aws
from sfn_release.aws.sessions import Access, Lifetime, lifetime
from support.errors import refused
from support.shifting import CANARY, canary
from support.shop import Shop

ENDS = "2030-01-01T12:00:00Z"
STATIC = {"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "x"}
CASES = {
    "a user's keys": ({}, None),
    "temporary, and nobody knows how long": ({"AWS_SESSION_TOKEN": "t"}, Lifetime(None)),
    "temporary, until then": (
        {"AWS_SESSION_TOKEN": "t", "AWS_CREDENTIAL_EXPIRATION": ENDS},
        Lifetime(datetime(2030, 1, 1, 12, tzinfo=UTC)),
    ),
}


@pytest.mark.parametrize(("more", "expected"), CASES.values(), ids=list(CASES))
def test_how_long_credentials_last(
    more: dict[str, str], expected: Lifetime | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's variables set the lifetime; on loopback it doesn't matter."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**STATIC, **more}.items():
        monkeypatch.setenv(name, value)
    assert lifetime(Access(region="eu-west-1")) == expected
    assert lifetime(Access(endpoints={"*": "http://127.0.0.1:4566"})) is None


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop whose shift takes half an hour; 1.1.0 is released."""
    return canary(tmp_path / "shop", CANARY)


def _lasting(found: Lifetime | None, patch: pytest.MonkeyPatch) -> None:
    made: Callable[..., Aws] = Aws.of.__func__  # type: ignore[attr-defined]

    def of(cls: type[Aws], *given: object) -> Aws:
        return replace(made(cls, *given), lifetime=lambda: found)

    patch.setattr(Aws, "of", classmethod(of))


def test_a_shift_that_outlasts_its_credentials_is_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before it starts: otherwise callers would stay split."""
    before = shop.refs()
    _lasting(Lifetime(shop.clock.at + timedelta(minutes=34)), monkeypatch)
    with refused("E_ACCESS", "expire before the shift ends", "the shift takes 35m"):
        shop.deploy("1.1.0")
    assert before == shop.refs()
    _lasting(Lifetime(shop.clock.at + timedelta(minutes=36)), monkeypatch)
    assert shop.deploy("1.1.0").status == "succeeded"


def test_credentials_that_say_no_end_are_told_of(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may last: the plan says for how long they have to."""
    _lasting(Lifetime(None), monkeypatch)
    shop.deploy("1.1.0")
    notes = shop.watcher.plans[-1].notes
    assert any("they need to last 35m" in note for note in notes)
