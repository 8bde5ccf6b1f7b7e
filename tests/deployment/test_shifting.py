"""Shifting callers to a new version: its weights, its stops, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from sfn_release.plan.steps import PointAlias, ShiftWeight
from support.errors import refused
from support.shifting import CANARY, LINEAR, MACHINES, alarms, canary, may_fail, refusal
from support.shop import Shop

MINUTE = timedelta(minutes=1)
WATCHED = CANARY + 'alarms = ["shop-failed"]\nmax_failures = 1\n'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop where 1.0.0 is live, 1.1.0 is released, and everything is watched."""
    return canary(tmp_path / "shop", WATCHED)


def _once(after: timedelta, act: Callable[[], Any]) -> Callable[[timedelta], None]:
    """Return a function that calls *act* once, *after* this much time has passed."""
    left: Iterator[Callable[[], Any]] = iter([act])

    def during(passed: timedelta) -> None:
        if passed >= after:
            for now in left:
                now()

    return during


def _weights(shop: Shop) -> list[tuple[int, dict[int, int]]]:
    """Let the shop's weights be noted: the minutes that had passed, and the routing."""
    seen: list[tuple[int, dict[int, int]]] = []

    def during(passed: timedelta) -> None:
        routing = shop.routing()
        if not seen or seen[-1][1] != routing:
            seen.append((passed // MINUTE, routing))

    shop.during = during
    return seen


def test_a_canary_gets_its_share_for_its_interval_and_then_everybody_comes(shop: Shop) -> None:
    """A thirty-minute canary, in no time."""
    seen = _weights(shop)
    record = shop.deploy("1.1.0")
    assert record.status == "succeeded"
    assert [routing for _, routing in seen] == [{1: 80, 2: 20}]
    assert shop.routing() == {2: 100}
    took = shop.clock.at - shop.began
    assert timedelta(minutes=30) <= took < timedelta(minutes=33)


def test_linear_shifts_a_share_more_with_each_interval(tmp_path: Path) -> None:
    """40 %, 80 %, and then all."""
    shop = canary(tmp_path / "shop", LINEAR)
    seen = _weights(shop)
    shop.deploy("1.1.0")
    assert [(at // 10 * 10, how) for at, how in seen] == [(0, {1: 60, 2: 40}), (10, {1: 20, 2: 80})]
    assert shop.routing() == {2: 100}
    assert shop.live("hello", "prod") == ("one 2", "one 2")


def _assert_put_back(shop: Shop, *reason: str) -> None:
    assert shop.routing() == {1: 100}
    assert shop.live("hello", "prod") == ("one", "one")
    record = shop.record()
    assert record.status == "reverted"
    assert [word for word in reason if word not in record.error] == []
    assert "alias live points at :1 again" in record.error
    assert "hello has its former definition again" in record.error
    assert shop.serving("prod").version == "1.0.0"


def test_an_alarm_that_fires_puts_the_routing_back(shop: Shop) -> None:
    """The message and the record have the alarm's name and reason."""

    def fire() -> None:
        alarms(shop).firing["shop-failed"] = "Threshold crossed: 3 > 0"

    shop.during = _once(7 * MINUTE, fire)
    with refused(
        "E_REVERTED",
        "The shift to 1.1.0 was stopped at 20 %: the alarm shop-failed is firing.",
        "shop-failed: Threshold crossed: 3 > 0",
        "alias live points at :1 again",
    ):
        shop.deploy("1.1.0")
    _assert_put_back(shop, "the alarm shop-failed is firing", "Threshold crossed: 3 > 0")
    assert shop.clock.at - shop.began < 9 * MINUTE


def test_too_many_failed_executions_put_the_routing_back(shop: Shop) -> None:
    """They are named, with error and cause."""
    runs: list[str] = []

    def fail() -> None:
        runs.extend(shop.start(2, fail=True) for _ in range(2))

    shop.during = _once(7 * MINUTE, fail)
    with refused("E_REVERTED", "2 executions of the new version failed: the limit is 1"):
        shop.deploy("1.1.0")
    _assert_put_back(shop, *runs, "FAILED: Card.Declined: no money")


def test_as_many_failures_as_are_allowed_stop_nothing(shop: Shop) -> None:
    """Failures of the old version and aborted executions don't count."""

    def run() -> None:
        shop.start(2, fail=True)
        shop.start(2)
        for _ in range(5):
            shop.start(1, fail=True)

    shop.during = _once(7 * MINUTE, run)
    assert shop.deploy("1.1.0").status == "succeeded"
    last = shop.watcher.shifts[-1]
    assert last.new is not None
    assert last.old is not None
    assert (last.new.started, last.new.failed) == (2, 1)
    assert (last.old.started, last.old.failed) == (5, 5)


def test_old_failures_of_a_version_that_comes_back_do_not_count(shop: Shop) -> None:
    """The same state machine version may have served, and failed, before."""
    shop.deploy("1.1.0")
    for _ in range(4):
        shop.start(2, fail=True)
    shop.rollback("1.0.0", "prod")
    assert shop.deploy("1.1.0").status == "succeeded"
    assert shop.routing() == {2: 100}
    assert shop.versions("hello", "prod") == [2, 1]


@pytest.mark.parametrize(
    "error",
    [refusal("AccessDenied", "DescribeAlarms"), ConnectTimeoutError(endpoint_url="https://aws")],
    ids=["denied", "unreachable"],
)
def test_what_cannot_be_seen_is_not_safe(shop: Shop, error: Exception) -> None:
    """A shift that can't be watched is undone."""

    def blind() -> None:
        alarms(shop).error = error

    shop.during = _once(7 * MINUTE, blind)
    with refused("E_REVERTED", "can't read the alarms or executions of the new version"):
        shop.deploy("1.1.0")
    _assert_put_back(shop, "can't read the alarms or executions of the new version")


def test_an_alarm_that_is_deleted_meanwhile_is_not_fine(shop: Shop) -> None:
    """CloudWatch would take it for one."""

    def delete() -> None:
        alarms(shop).names = frozenset()

    shop.during = _once(7 * MINUTE, delete)
    with refused("E_REVERTED", "an alarm that doesn't exist: shop-failed"):
        shop.deploy("1.1.0")
    _assert_put_back(shop)


def test_ctrl_c_puts_the_routing_back(shop: Shop) -> None:
    """The output says so."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    shop.during = _once(7 * MINUTE, interrupt)
    with pytest.raises(KeyboardInterrupt) as stopped:
        shop.deploy("1.1.0")
    _assert_put_back(shop, "Interrupted at 20 %.")
    assert stopped.value.__notes__ == ["all callers in prod are back on 1.0.0"]
    assert any("alias live points at :1 again" in text for text in shop.watcher.said)


def test_a_bug_keeps_its_traceback_and_leaves_no_callers_behind(shop: Shop) -> None:
    """Any exception during a shift moves the callers back."""

    def strange(**_: Any) -> Any:
        return {"MetricAlarms": [{"AlarmName": "shop-failed"}, {}]}

    def break_it() -> None:
        alarms(shop).describe_alarms = strange  # type: ignore[method-assign]

    shop.during = _once(7 * MINUTE, break_it)
    with pytest.raises(KeyError, match="AlarmName"):
        shop.deploy("1.1.0")
    _assert_put_back(shop, "A bug of sfn-release stopped the shift at 20 %: KeyError")


def test_a_missing_alarm_is_refused_before_a_version_is_taken(shop: Shop) -> None:
    """Neither Git nor AWS changes."""
    alarms(shop).names = frozenset()
    shop.write("workflows/hello.asl.json", json.dumps(may_fail("three")))
    shop.commit()
    before = shop.refs()
    with refused("E_NOT_FOUND", "an alarm that doesn't exist: shop-failed"):
        shop.publish("1.2.0", "prod")
    assert before == shop.refs()


def test_an_alarm_that_fires_already_stops_the_start(shop: Shop) -> None:
    """It stops before a version is taken; a rollback is never stopped."""
    shop.deploy("1.1.0")
    alarms(shop).firing["shop-failed"] = "Threshold crossed"
    before = shop.refs()
    shop.write("workflows/hello.asl.json", json.dumps(may_fail("three")))
    shop.commit()
    before = shop.refs()
    with refused("E_DEPLOYMENT", "The alarm shop-failed is already firing", "Threshold crossed"):
        shop.publish("1.2.0", "prod")
    assert before == shop.refs()
    waited = shop.clock.at
    assert shop.rollback("1.0.0", "prod").status == "succeeded"  # type: ignore[union-attr]
    assert shop.routing() == {1: 100}
    assert shop.clock.at - waited < MINUTE


def test_a_composite_alarm_stops_the_start_too(shop: Shop) -> None:
    """The error has its own reason."""
    alarms(shop).composite = frozenset({"shop-failed"})
    alarms(shop).firing["shop-failed"] = "ALARM(a) OR ALARM(b)"
    with refused("E_DEPLOYMENT", "The alarm shop-failed is already firing", "ALARM(a) OR ALARM(b)"):
        shop.deploy("1.1.0")


FAST = (
    "import sfn_release as sfn\n"
    "flow = sfn.Workflow()\n"
    "flow.start_from(sfn.Pass(id='Only', result='{}')).end()\n"
    "fast = sfn.StateMachine(name='fast', workflow=flow, role_arn='')\n"
    "fast.set_type_as_express()\n"
)


def test_an_express_workflow_among_others_is_not_counted(tmp_path: Path) -> None:
    """The plan says so, and failures of the others still stop the shift."""
    shop = canary(tmp_path / "shop", CANARY + "max_failures = 0\n")
    shop.write("workflows/fast.py", FAST.format("one"))
    shop.commit()
    shop.publish("1.2.0", "prod")
    shop.write("workflows/fast.py", FAST.format("two"))
    shop.write("workflows/hello.asl.json", json.dumps(may_fail("newest")))
    shop.commit()
    shop.during = _once(7 * MINUTE, lambda: shop.start(_newest(shop), fail=True))
    with refused("E_REVERTED", "1 execution of the new version failed: the limit is 0"):
        shop.publish("1.3.0", "prod")
    (told,) = [note for note in shop.watcher.plans[-1].notes if "not counted" in note]
    assert told.startswith("failed executions of fast are not counted")


def test_failures_that_nobody_can_count_are_refused(tmp_path: Path) -> None:
    """If all workflows are EXPRESS, the error suggests a way out before a version is taken."""
    shop = canary(tmp_path / "shop", CANARY + "max_failures = 0\n")
    (shop.root / "workflows" / "hello.asl.json").unlink()
    shop.write("workflows/fast.py", FAST.format("one"))
    shop.commit()
    before = shop.refs()
    with refused("E_CONFIG", "doesn't list those of fast", "Use CloudWatch alarms"):
        shop.publish("1.2.0", "prod")
    assert before == shop.refs()


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [((4, 1), (4, 2), "succeeded"), ((4, 1), (4, 3), "reverted"), ((4, 0), (4, 1), "reverted")],
    ids=["twice the share", "three times the share", "failures where there were none"],
)
def test_a_share_of_failures_is_held_against_the_old_version(
    tmp_path: Path, old: tuple[int, int], new: tuple[int, int], status: str
) -> None:
    """`max_failure_rate`: executions that were started, and failed, of either version."""
    shop = canary(tmp_path / "shop", CANARY + 'max_failure_rate = "2x"\n')

    def run() -> None:
        for version, (started, failed) in ((1, old), (2, new)):
            for number in range(started):
                given: dict[str, Any] = {"fail": True} if number < failed else {}
                shop.start(version, **given)

    shop.during = _once(7 * MINUTE, run)
    if status == "succeeded":
        assert shop.deploy("1.1.0").status == status
        return
    with refused("E_REVERTED", "failure rate", "old version", "(limit: 2x)"):
        shop.deploy("1.1.0")


def test_both_limits_have_to_be_exceeded(tmp_path: Path) -> None:
    """So that two unlucky executions do not stop a shift."""
    shop = canary(tmp_path / "shop", CANARY + 'max_failures = 2\nmax_failure_rate = "2x"\n')

    def run() -> None:
        for _ in range(2):
            shop.start(2, fail=True)

    shop.during = _once(7 * MINUTE, run)
    assert shop.deploy("1.1.0").status == "succeeded"
    assert "more than 2 failed executions that are more than 2 times the old version's share" in (
        shop.watcher.plans[-1].strategy or ""
    )


def _newest(shop: Shop) -> int:
    """Return the number of the newest version of hello."""
    arn = f"{MACHINES}hello"
    listed = shop.client("prod").list_state_machine_versions(stateMachineArn=arn)
    return int(listed["stateMachineVersions"][0]["stateMachineVersionArn"].rpartition(":")[2])


def test_the_first_deployment_is_not_shifted(shop: Shop) -> None:
    """It has no callers to shift, so alarms aren't read."""
    assert alarms(shop).asked == []
    assert shop.deploy("1.0.0", "local").status == "succeeded"


def test_what_changes_nothing_is_not_shifted(shop: Shop) -> None:
    """Deploying the live release doesn't read alarms."""
    assert shop.deploy("1.0.0") is None
    assert alarms(shop).asked == []


def test_new_workflows_are_there_before_the_first_caller_is_shifted(shop: Shop) -> None:
    """The new version of one may start the other through its alias."""
    shop.write("workflows/child.asl.json", json.dumps(may_fail("child")))
    shop.commit()
    seen: list[dict[int, int]] = []
    shop.during = _once(MINUTE, lambda: seen.append(shop.routing("child")))
    shop.publish("1.2.0", "prod")
    assert seen == [{1: 100}]
    plan = shop.watcher.plans[-1]
    assert [PointAlias, ShiftWeight] == [type(step) for step in plan.stages[0].steps]


def test_a_workflow_without_a_change_is_not_shifted(tmp_path: Path) -> None:
    """All that change shift together."""
    shop = canary(tmp_path / "shop", LINEAR, {"alpha": "a", "beta": "b", "gamma": "c"})
    shop.write("workflows/gamma.asl.json", json.dumps(may_fail("c")))
    shop.commit()
    seen: set[tuple[int, int, int]] = set()

    def during(_: timedelta) -> None:
        routes = [shop.routing(name) for name in ("alpha", "beta", "gamma")]
        alpha, beta, gamma = (max(route.get(2, 0), 0) for route in routes)
        seen.add((alpha, beta, gamma))

    shop.during = during
    shop.publish("1.2.0", "prod")
    assert {(40, 40, 0), (80, 80, 0)} == seen
    assert [shop.routing(name) for name in ("alpha", "beta", "gamma")] == [
        {2: 100},
        {2: 100},
        {1: 100},
    ]


def test_the_lease_covers_the_time_of_the_strategy(shop: Shop) -> None:
    """The lease lasts fifteen minutes longer than the strategy."""
    shop.deploy("1.1.0")
    record = shop.record()
    lasts = datetime.fromisoformat(record.expires_at) - datetime.fromisoformat(record.started_at)
    assert timedelta(minutes=45) == lasts


def test_the_fence_stops_a_shift_whose_time_is_over(shop: Shop) -> None:
    """It stops where it is, and compensates nothing: another may have gone on."""
    shop.during = _once(MINUTE, lambda: shop.clock.wait(3600))
    with refused("E_LOCKED", "This deployment's lock expired"):
        shop.deploy("1.1.0")
    assert shop.routing() == {1: 80, 2: 20}
    assert shop.record().status == "started"


def test_an_alias_that_somebody_moves_meanwhile_is_found_and_left(shop: Shop) -> None:
    """The next write notices; the moved alias stays, and everything else is restored."""

    def move() -> None:
        arn = shop.arn("hello", "prod")
        shop.client("prod").update_state_machine_alias(
            stateMachineAliasArn=f"{arn}:live",
            routingConfiguration=[{"stateMachineVersionArn": f"{arn}:2", "weight": 100}],
        )

    shop.during = _once(7 * MINUTE, move)
    with refused("E_CONFLICT", "The alias live of hello was moved by someone else"):
        shop.deploy("1.1.0")
    assert shop.routing() == {2: 100}
    record = shop.record()
    assert record.status == "failed"
    assert "could not be undone: someone else has moved it since; it stays as it is" in record.error


def test_a_definition_that_somebody_edits_meanwhile_is_found_and_left(shop: Shop) -> None:
    """The next write notices, before all callers get the new version."""

    def edit() -> None:
        shop.client("prod").update_state_machine(
            stateMachineArn=shop.arn("hello", "prod"), definition=json.dumps(may_fail("edited"))
        )

    shop.during = _once(7 * MINUTE, edit)
    with refused("E_CONFLICT", "The state machine of hello was changed by someone else"):
        shop.deploy("1.1.0")
    assert (shop.routing(), shop.live("hello", "prod")[1]) == ({1: 100}, "edited")
    assert "someone else has changed it since; it stays as it is" in shop.record().error


def test_executions_that_are_only_shown_may_be_unreadable(tmp_path: Path) -> None:
    """Where failures stop nothing, a missing permission doesn't either; it is reported once."""
    shop = canary(tmp_path / "shop", CANARY)
    client: Any = shop.clients["prod"]

    def denied(**_: Any) -> None:
        raise refusal("AccessDeniedException", "ListExecutions")

    client.list_executions = denied
    assert shop.deploy("1.1.0").status == "succeeded"
    told = [text for text in shop.watcher.said if "count executions" in text]
    assert told == ["warning: can't count executions: AWS denied states:ListExecutions."]
    assert shop.watcher.shifts[-1].new is None


def test_a_listing_that_fails_where_failures_count_puts_back(shop: Shop) -> None:
    """Cannot see is not safe."""
    client: Any = shop.clients["prod"]
    real = client.list_executions

    def throttled(**_: Any) -> None:
        raise refusal("ThrottlingException", "ListExecutions")

    def blind() -> None:
        client.list_executions = throttled

    shop.during = _once(7 * MINUTE, blind)
    with refused("E_REVERTED", "Step Functions refused ListExecutions: ThrottlingException"):
        shop.deploy("1.1.0")
    client.list_executions = real
    _assert_put_back(shop)


def test_progress_tells_weight_time_and_executions(tmp_path: Path) -> None:
    """Progress lines go from the first check to the last."""
    shop = canary(tmp_path / "shop", LINEAR)
    shop.deploy("1.1.0")
    shifts = shop.watcher.shifts
    assert {(40, 1, 2), (80, 2, 2)} == {
        (shift.weight, shift.stage, shift.stages) for shift in shifts
    }
    assert timedelta(minutes=10) - shifts[0].left < 5 * timedelta(seconds=1)
    assert timedelta() == shifts[-1].left


def test_after_a_revert_the_same_version_may_be_deployed_again(shop: Shop) -> None:
    """It shifts from the first weight again, without another state machine version."""
    shop.during = _once(MINUTE, lambda: alarms(shop).firing.update({"shop-failed": "crossed"}))
    with refused("E_REVERTED"):
        shop.deploy("1.1.0")
    alarms(shop).firing.clear()
    seen = _weights(shop)
    assert shop.deploy("1.1.0").status == "succeeded"
    assert [routing for _, routing in seen] == [{1: 80, 2: 20}]
    assert shop.versions("hello", "prod") == [2, 1]


def test_who_is_pinned_to_a_new_version_is_shifted_with_it(tmp_path: Path) -> None:
    """The parent's form is complete once its child is published, and that isn't a manual edit."""
    shop = canary(tmp_path / "shop", LINEAR)
    text = (shop.root / "releases.toml").read_text()
    shop.write("releases.toml", text.replace('region = "eu', 'pins = "required"\nregion = "eu'))
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": f"{MACHINES}hello"},
        "End": True,
    }
    parent = json.dumps({"StartAt": "Start", "States": {"Start": start}})
    shop.write("workflows/parent.asl.json", parent)
    shop.commit()
    shop.publish("1.2.0", "prod")
    shop.write("workflows/hello.asl.json", json.dumps(may_fail("three")))
    shop.commit()
    seen = set()
    shop.during = lambda _: seen.add((shop.routing()[3], shop.routing("parent")[2]))
    shop.publish("1.3.0", "prod")
    assert {(40, 40), (80, 80)} == seen
    assert (shop.routing(), shop.routing("parent")) == ({3: 100}, {2: 100})


def test_express_workflows_are_watched_by_alarms(tmp_path: Path) -> None:
    """Their executions are not listed, and so not asked for."""
    shop = canary(tmp_path / "shop", CANARY + 'alarms = ["shop-failed"]\n')
    for content in ("one", "two"):
        shop.write(
            "workflows/fast.py",
            "import sfn_release as sfn\n"
            "flow = sfn.Workflow()\n"
            f"flow.start_from(sfn.Pass(id='Only', result='{content}')).end()\n"
            "fast = sfn.StateMachine(name='fast', workflow=flow, role_arn='')\n"
            "fast.set_type_as_express()\n",
        )
        shop.commit()
        shop.publish("1.2.0" if content == "one" else "1.3.0", "prod")
    assert shop.routing("fast") == {2: 100}
    assert shop.watcher.shifts[-1].new is None
