"""Shifts that were killed: resumed, rolled back, or taken up by the next deployment."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import SfnReleaseError
from sfn_release.operations import status, unfinished, unlock
from sfn_release.operations.verbs.unlock import split
from support.errors import refused
from support.faults import (
    DENIED,
    KILLED,
    SERVER_ERROR,
    TIMEOUT_AFTER,
    TIMEOUT_BEFORE,
    At,
    Fault,
    Faulty,
    KilledError,
)
from support.shifting import LINEAR, FakeAlarms, alarms, canary, may_fail
from support.shop import Shop

MINUTE = timedelta(minutes=1)
WATCHED = LINEAR + 'alarms = ["shop-failed"]\nmax_failures = 1\n'
CALLS = (
    "hello.UpdateStateMachine",
    "hello.PublishStateMachineVersion",
    "hello.UpdateStateMachineAlias",
    "hello.UpdateStateMachineAlias.2",
    "hello.UpdateStateMachineAlias.3",
    "hello.TagResource",
)
"""The writes of a deployment that shifts in two stages."""
READS = (
    "hello.DescribeStateMachineAlias.2",
    "hello.DescribeStateMachineAlias.3",
    "hello.DescribeStateMachineAlias.4",
    "hello.DescribeStateMachine.3",
    "hello.DescribeStateMachine.4",
    "hello.ListExecutions",
    "hello.ListExecutions.2",
    "hello.ListExecutions.3",
    "hello.ListExecutions.9",
)
"""What it reads once it has begun: of the looks at executions, some."""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop with 1.0.0 live and 1.1.0 released, which shifts 40 % every ten minutes."""
    return canary(tmp_path / "shop", WATCHED)


def _die(shop: Shop, after: timedelta) -> Callable[[timedelta], None]:
    def during(passed: timedelta) -> None:
        if passed >= after:
            shop.during = lambda _: None
            raise KilledError

    return during


@pytest.fixture
def killed(shop: Shop) -> Shop:
    """Return a shop whose deployment of 1.1.0 was killed when it had reached 80 %."""
    shop.during = _die(shop, 15 * MINUTE)
    with pytest.raises(KilledError):
        shop.deploy("1.1.0")
    assert (shop.record().status, shop.routing()) == ("started", {1: 20, 2: 80})
    return shop


def _routings(shop: Shop) -> list[dict[int, int]]:
    """Let the routings that callers meet be noted, each once."""
    seen: list[dict[int, int]] = []

    def during(_: timedelta) -> None:
        routing = shop.routing()
        if routing not in seen:
            seen.append(routing)

    shop.during = during
    return seen


def test_status_says_how_callers_are_split(killed: Shop) -> None:
    """`status` shows the split, also after the attempt is closed."""
    words = "hello: 80 % of callers are on :2 (1.1.0)"
    (found,) = status(killed.workspace(), environment="prod")
    assert found.state == "abandoned"
    assert found.next_steps == (
        (
            "usually, send all callers back to 1.0.0, because nothing watches the shift any more:"
            "  sfn-release rollback 1.0.0 --env prod"
        ),
        "or resume the traffic shift:  sfn-release deploy --resume --env prod",
        "or take it over and finish it:  sfn-release deploy 1.1.0 --env prod",
        "or only close it; AWS stays as it is:  sfn-release unlock --env prod",
    )
    assert words in found.problem
    assert [words] == split(killed.workspace(), environment="prod")
    unlock(killed.workspace(), environment="prod")
    (found,) = status(killed.workspace(), environment="prod")
    assert (found.state, words in found.problem) == ("failed", True)
    killed.deploy("1.1.0", resume=True)
    (found,) = status(killed.workspace(), environment="prod")
    assert (found.state, found.problem) == ("in-sync", "")


@pytest.mark.parametrize("step", range(3))
def test_each_next_step_after_a_killed_shift_ends_it(killed: Shop, step: int) -> None:
    """The usual one, and those after it, take the lock over."""
    (found,) = status(killed.workspace(), environment="prod")
    command = found.next_steps[step].partition(":  ")[2].split()
    match command[1:-2]:
        case ["rollback", version]:
            killed.rollback(version)
        case ["deploy", "--resume"]:
            killed.deploy("1.1.0", resume=True)
        case ["deploy", version]:
            killed.deploy(version)
        case _:
            pytest.fail(f"unknown: {command}")
    (found,) = status(killed.workspace(), environment="prod")
    assert (found.state, found.next_steps) == ("in-sync", ())


def test_status_says_so_while_a_shift_is_under_way(shop: Shop) -> None:
    """Every reader of `status` sees the split."""
    seen: set[tuple[str, bool]] = set()
    rows: list[tuple[str, tuple[str, ...]]] = []

    def look(passed: timedelta) -> None:
        if passed > 11 * MINUTE and not seen:
            (found,) = status(shop.workspace(), environment="prod")
            rows.extend((workflow.state, workflow.differences) for workflow in found.workflows)
            seen.add((found.state, "80 % of callers are on :2 (1.1.0)" in found.problem))

    shop.during = look
    shop.deploy("1.1.0")
    assert {("in-progress", True)} == seen
    assert rows == [("shifting", ())]


def test_unlocking_does_not_need_aws(killed: Shop) -> None:
    """The line says that the split can't be checked, and unlocking works."""
    client = killed.client("prod")
    at = At("hello.DescribeStateMachineAlias", TIMEOUT_BEFORE)
    killed.clients["prod"] = Faulty(client, at)
    (line,) = split(killed.workspace(), environment="prod")
    assert line.startswith(
        "can't check whether callers are split: Can't reach the Step Functions endpoint"
    )
    assert unlock(killed.workspace(), environment="prod").status == "failed"


@pytest.mark.parametrize("resume", [True, False], ids=["--resume", "the same command"])
def test_a_killed_shift_goes_on_at_the_weight_that_it_had_reached(
    killed: Shop, resume: bool
) -> None:
    """Its stage is watched again, and it doesn't publish a second state machine version."""
    seen = _routings(killed)
    version = unfinished(killed.workspace(), environment="prod").version
    record = killed.deploy(version, resume=resume)
    assert (record.action, record.version, record.status) == ("deploy", "1.1.0", "succeeded")
    assert seen == [{1: 20, 2: 80}]
    assert (killed.routing(), killed.live("hello", "prod")) == ({2: 100}, ("one 2", "one 2"))
    assert killed.versions("hello", "prod") == [2, 1]
    assert killed.watcher.plans[-1].resumed is not None


def test_after_unlock_a_resumed_shift_goes_on_and_a_new_one_begins_anew(killed: Shop) -> None:
    """An attempt closed by hand counts as failed."""
    unlock(killed.workspace(), environment="prod")
    seen = _routings(killed)
    killed.during, noting = _die(killed, MINUTE), killed.during
    with pytest.raises(KilledError):
        killed.deploy("1.1.0", resume=True)
    assert killed.routing() == {1: 20, 2: 80}
    unlock(killed.workspace(), environment="prod")
    killed.during = noting
    killed.deploy("1.1.0")
    assert seen == [{1: 60, 2: 40}, {1: 20, 2: 80}]


def test_a_rollback_restores_what_was_served_all_at_once(killed: Shop) -> None:
    """Routing and $LATEST are restored without waiting."""
    began = killed.clock.at
    record = killed.rollback(environment="prod")
    assert record is not None
    assert (record.action, record.version, record.status) == ("rollback", "1.0.0", "succeeded")
    assert (killed.routing(), killed.live("hello", "prod")) == ({1: 100}, ("one", "one"))
    assert killed.clock.at - began < MINUTE


def test_another_deployment_shifts_from_the_recorded_version(killed: Shop) -> None:
    """Callers leave the leftover version."""
    killed.write("workflows/hello.asl.json", json.dumps(may_fail("three")))
    killed.commit()
    seen = _routings(killed)
    killed.publish("1.2.0", "prod")
    assert seen == [{1: 60, 3: 40}, {1: 20, 3: 80}]
    assert (killed.routing(), killed.live("hello", "prod")) == ({3: 100}, ("three", "three"))


@pytest.mark.parametrize("version", ["1.1.0", "1.2.0"])
def test_what_stops_the_next_deployment_puts_back_what_was_served(
    killed: Shop, version: str
) -> None:
    """The mix and the $LATEST of the killed attempt don't come back."""
    killed.write("workflows/hello.asl.json", json.dumps(may_fail("three")))
    killed.commit()
    killed.publish("1.2.0", deploy=False)

    def fire(_: timedelta) -> None:
        alarms(killed).firing["shop-failed"] = "crossed"

    killed.during = fire
    with refused("E_REVERTED", "alias live points at :1 again"):
        killed.deploy(version)
    assert (killed.routing(), killed.live("hello", "prod")) == ({1: 100}, ("one", "one"))
    assert killed.record().status == "reverted"
    with refused("E_NOT_FOUND", "was undone, so there is nothing to resume"):
        unfinished(killed.workspace(), environment="prod")


def test_failures_of_the_killed_attempt_count_when_it_is_resumed(shop: Shop) -> None:
    """Failures of the new version before the kill still count."""

    def fail_and_die(passed: timedelta) -> None:
        if passed >= 15 * MINUTE:
            shop.during = lambda _: None
            for _ in range(2):
                shop.start(2, fail=True)
            raise KilledError

    shop.during = fail_and_die
    with pytest.raises(KilledError):
        shop.deploy("1.1.0")
    with refused("E_REVERTED", "2 executions of the new version failed"):
        shop.deploy("1.1.0", resume=True)
    assert (shop.routing(), shop.live("hello", "prod")) == ({1: 100}, ("one", "one"))


def test_there_may_be_nothing_to_resume(shop: Shop) -> None:
    """A success, or a rollback as the last attempt, leaves nothing to resume."""
    with refused("E_NOT_FOUND", "No deployment to prod was left unfinished."):
        unfinished(shop.workspace(), environment="prod")
    shop.deploy("1.1.0")
    shop.clients["prod"] = Faulty(shop.client("prod"), At("hello.UpdateStateMachineAlias", KILLED))
    with pytest.raises(KilledError):
        shop.rollback("1.0.0", "prod")
    with refused("E_CONFLICT", "deploy can't resume the unfinished rollback in prod."):
        unfinished(shop.workspace(), environment="prod")


def _again(shop: Shop) -> Any:
    return shop.deploy("1.1.0", resume=True)


def _back(shop: Shop) -> Any:
    return shop.rollback(environment="prod")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("act", "version"), [(_again, "one 2"), (_back, "one")])
def test_a_shift_that_is_killed_at_a_write_is_finished_or_taken_back(
    shop: Shop, call: str, act: Callable[[Shop], Any], version: str
) -> None:
    """After a kill at any write all callers get one release, and no version exists twice."""
    client = shop.client("prod")
    shop.clients["prod"] = Faulty(client, At(call, KILLED))
    with pytest.raises(KilledError):
        shop.deploy("1.1.0")
    shop.clients["prod"] = client
    assert act(shop).status == "succeeded"
    assert ((version, version), 1) == (shop.live("hello", "prod"), len(shop.routing()))
    assert set(shop.versions("hello", "prod")) <= {1, 2}


def _calls(shop: Shop) -> list[str]:
    """Return every call to Step Functions in a shift; some kinds occur several times."""
    faulty = Faulty(shop.client("prod"))
    shop.clients["prod"] = faulty
    shop.deploy("1.1.0")
    return faulty.calls


def test_the_writes_of_a_shift_are_these(shop: Shop) -> None:
    """A shift adds one write for each stage and alias."""
    found = [call for call in _calls(shop) if "Describe" not in call and "List" not in call]
    assert list(CALLS) == found


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        *itertools.product(CALLS[2:5], (DENIED, SERVER_ERROR, TIMEOUT_AFTER)),
        *itertools.product(READS, (DENIED,)),
    ],
    ids=str,
)
def test_every_call_of_a_shift_that_fails_puts_callers_back(
    shop: Shop, call: str, fault: Fault
) -> None:
    """The same command succeeds afterwards."""
    client = shop.client("prod")
    faulty = Faulty(client, At(call, fault))
    shop.clients["prod"] = faulty
    with pytest.raises(SfnReleaseError):
        shop.deploy("1.1.0")
    assert call in faulty.calls
    shop.clients["prod"] = client
    assert (shop.routing(), shop.live("hello", "prod")) == ({1: 100}, ("one", "one"))
    assert shop.record().status in {"reverted", "failed"}
    assert shop.deploy("1.1.0").status == "succeeded"
    assert (shop.routing(), shop.versions("hello", "prod")) == ({2: 100}, [2, 1])


class _Alarms:
    """CloudWatch that fails at its n-th call."""

    def __init__(self, alarms: FakeAlarms, fault: Fault, number: int) -> None:
        self._alarms, self._fault, self._left = alarms, fault, number

    def describe_alarms(self, **request: Any) -> Any:
        """Fail once."""
        self._left -= 1
        if self._left == 0:
            raise self._fault.error("DescribeAlarms")
        return self._alarms.describe_alarms(**request)


@pytest.mark.parametrize("fault", [DENIED, TIMEOUT_BEFORE], ids=str)
@pytest.mark.parametrize("number", [1, 2, 40])
def test_every_look_at_the_alarms_that_fails_puts_callers_back(
    shop: Shop, number: int, fault: Fault
) -> None:
    """A failure before the start also leaves no record."""
    begun, watched = shop.record(), alarms(shop)
    shop.others["cloudwatch"] = _Alarms(watched, fault, number)
    with pytest.raises(SfnReleaseError):
        shop.deploy("1.1.0")
    shop.others["cloudwatch"] = watched
    assert (shop.routing(), shop.live("hello", "prod")) == ({1: 100}, ("one", "one"))
    assert (shop.record() == begun) == (number == 1)
    assert shop.deploy("1.1.0").status == "succeeded"
