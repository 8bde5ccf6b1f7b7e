"""CloudWatch alarms: which fire, which are missing, and that all of them are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sfn_release.deployment.alarms import firing as ask
from sfn_release.deployment.alarms import refuse_firing
from support.errors import refused
from support.shifting import FakeAlarms, refusal

NAMES = tuple(f"alarm-{number:03}" for number in range(250))


def firing(alarms: Any, names: Sequence[str]) -> dict[str, str]:
    """Ask an alarm service in this process."""
    return ask(alarms, names)


@pytest.mark.parametrize("page", [1, 7, 100])
def test_every_alarm_is_asked_for_in_pages(page: int) -> None:
    """A call names at most a hundred alarms, and every page of its answer is read."""
    alarms = FakeAlarms(frozenset(NAMES), page=page, firing={NAMES[0]: "a", NAMES[-1]: "b"})
    assert {NAMES[0]: "a", NAMES[-1]: "b"} == firing(alarms, NAMES)
    assert {100, 50} == {len(request["AlarmNames"]) for request in alarms.asked}


def test_a_composite_alarm_fires_like_any_other() -> None:
    """CloudWatch leaves composite ones out unless they are asked for."""
    names = frozenset({"one", "both"})
    alarms = FakeAlarms(names, composite=frozenset({"both"}), firing={"both": "ALARM(one)"})
    assert firing(alarms, ["one", "both"]) == {"both": "ALARM(one)"}


def test_an_alarm_that_gives_no_reason_fires_all_the_same() -> None:
    """The reason is only shown."""
    alarms = FakeAlarms(firing={"shop-failed": ""})
    assert firing(alarms, ["shop-failed"]) == {"shop-failed": "no reason given"}


def test_every_missing_alarm_is_named() -> None:
    """The error lists all missing alarms."""
    with refused("E_NOT_FOUND", "The strategy names an alarm that doesn't exist: b, c."):
        firing(FakeAlarms(frozenset({"a"})), ["a", "b", "c"])


def test_who_may_not_ask_is_told_the_permission() -> None:
    """The error has the name of the IAM action."""
    alarms: Any = FakeAlarms(error=refusal("AccessDenied", "DescribeAlarms"))
    with refused("E_ACCESS", "DescribeAlarms"):
        refuse_firing(alarms, ["shop-failed"], "prod")


def test_what_fires_before_the_start_is_told_with_the_way_back() -> None:
    """A rollback is never stopped."""
    alarms: Any = FakeAlarms(firing={"shop-failed": "3 > 0", "shop-slow": "9 s"})
    with refused(
        "E_DEPLOYMENT",
        "The alarm shop-failed, shop-slow is already firing",
        "shop-slow: 9 s",
        "sfn-release rollback --env prod",
    ):
        refuse_firing(alarms, ["shop-failed", "shop-slow"], "prod")
