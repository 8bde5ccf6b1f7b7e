"""Pacing: never more calls than AWS's quotas, and no needless wait."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.aws.clients import connect
from sfn_release.aws.rate_limits import QUOTAS, Quota, RateLimiter
from sfn_release.aws.sessions import Access
from support.world import Clock

POINT = "UpdateStateMachineAlias"


class World:
    """A clock that only waiting moves, the waits, and the messages."""

    def __init__(self) -> None:
        self.clock = Clock(tick=0)
        self.waited: list[float] = []
        self.said: list[str] = []

    def wait(self, seconds: float) -> None:
        """Move the clock without waiting."""
        self.waited.append(seconds)
        self.clock.wait(seconds)

    def pacing(self) -> RateLimiter:
        """Return a rate limiter for this world."""
        return RateLimiter(self.clock, self.wait, self.said.append)


def taken(world: World, pacing: RateLimiter, operation: str, calls: int) -> list[datetime]:
    """Make *calls* one after another; return their times."""
    made = []
    for _ in range(calls):
        pacing.take(operation)
        made.append(world.clock.at)
    return made


def within(made: list[datetime], quota: Quota) -> bool:
    """Return whether AWS's token bucket would allow all calls."""
    tokens, last = float(quota.bucket), made[0]
    for at in made:
        passed = (at - last).total_seconds()
        tokens, last = min(quota.bucket, tokens + passed * quota.refill) - 1, at
        if tokens < -1e-3:  # a clock has microseconds
            return False
    return True


@pytest.mark.parametrize("operation", QUOTAS)
def test_300_workflows_never_exceed_a_quota(operation: str) -> None:
    """The calls take exactly as long as the quota requires."""
    world = World()
    made = taken(world, world.pacing(), operation, 300)
    quota = QUOTAS[operation]
    assert within(made, quota)
    over = max(300 - quota.bucket, 0) / quota.refill
    assert over == pytest.approx((made[-1] - made[0]).total_seconds(), abs=0.01)


@pytest.mark.parametrize("operation", QUOTAS)
def test_a_run_below_the_quota_is_never_slowed(operation: str) -> None:
    """A bucket's worth of calls needs no wait, and shows no message."""
    world = World()
    taken(world, world.pacing(), operation, QUOTAS[operation].bucket)
    assert (world.waited, world.said) == ([], [])


@given(
    st.lists(st.floats(0, 500), min_size=1, max_size=400),
    st.builds(Quota, st.integers(1, 50), st.integers(1, 20)),
)
def test_any_rhythm_of_calls_stays_within_any_quota(pauses: list[float], quota: Quota) -> None:
    """AWS's bucket always has a token for the next call, whatever the pauses."""
    world = World()
    pacing = RateLimiter(world.clock, world.wait, world.said.append, {"Call": quota})
    made = []
    for pause in pauses:
        world.clock.at += timedelta(seconds=pause)
        pacing.take("Call")
        made.append(world.clock.at)
    assert within(made, quota)


def test_operations_have_buckets_of_their_own() -> None:
    """Operations don't use each other's tokens, and an operation without a quota isn't paced."""
    world = World()
    pacing = world.pacing()
    for operation in (POINT, "PublishStateMachineVersion", "UpdateStateMachine"):
        taken(world, pacing, operation, 100)
    taken(world, pacing, "SendTaskSuccess", 10_000)
    assert world.waited == []


def test_threads_share_a_bucket() -> None:
    """Each thread takes its own token, and each later thread waits longer."""
    waited: list[float] = []
    start = datetime(2030, 1, 1, tzinfo=UTC)
    pacing = RateLimiter(lambda: start, waited.append, lambda _: None)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pacing.take, [POINT] * 140))
    assert [float(second) for second in range(1, 41)] == sorted(waited)


def test_a_clock_that_is_set_back_lends_no_tokens() -> None:
    """Setting the clock back neither adds nor removes tokens."""
    world = World()
    pacing = world.pacing()
    taken(world, pacing, POINT, 100)
    world.clock.at -= timedelta(hours=1)
    pacing.take(POINT)
    assert world.waited == [1.0]


def test_a_long_wait_is_told_with_what_is_left_of_it() -> None:
    """A message with the remaining time is shown every few seconds."""
    world = World()
    pacing = world.pacing()
    pacing.expect(POINT, 195)
    taken(world, pacing, POINT, 195)
    assert f"AWS allows 1 {POINT} a second: 95 s to go" == world.said[0]
    assert f"AWS allows 1 {POINT} a second: 90 s to go" == world.said[1]
    assert len(world.said) == 19


def test_a_short_wait_is_not_told() -> None:
    """A wait of three seconds shows no message."""
    world = World()
    pacing = world.pacing()
    pacing.expect(POINT, 103)
    taken(world, pacing, POINT, 103)
    assert (world.waited, world.said) == ([1.0] * 3, [])


def _calls(endpoints: dict[str, str], answers: list[int]) -> tuple[World, Any]:
    """Describe a state machine 205 times; *answers* are the statuses of the first answers."""
    from botocore.awsrequest import AWSResponse

    world = World()
    client: Any = connect(Access("eu-west-1", endpoints=endpoints), world.pacing()).stepfunctions
    sent: list[datetime] = []

    class Body:
        def stream(self) -> list[bytes]:
            return [b"{}"]

    def answer(request: Any, **_: Any) -> Any:
        sent.append(world.clock.at)
        return AWSResponse(request.url, answers.pop(0) if answers else 200, {}, Body())

    client.meta.events.register("before-send.stepfunctions", answer)
    with patch("time.sleep"):
        for _ in range(205):
            client.describe_state_machine_alias(
                stateMachineAliasArn="arn:aws:states:eu-west-1:111122223333:stateMachine:a:live"
            )
    return world, sent


def test_a_client_is_paced_at_every_attempt() -> None:
    """On AWS, a retry takes a token, as the first attempt does."""
    world, sent = _calls({}, [503, 503])
    assert len(sent) == 207
    assert within(sent, QUOTAS["DescribeStateMachineAlias"])
    assert len(world.waited) == 7
    assert all(later >= earlier for earlier, later in pairwise(sent))


@pytest.mark.parametrize("host", ["127.0.0.1:8083", "localhost:8083", "[::1]:8083"])
def test_a_client_on_loopback_is_not_paced(host: str) -> None:
    """Calls to loopback aren't paced, because an emulator has no quotas."""
    world, sent = _calls({"stepfunctions": f"http://{host}"}, [])
    assert (world.waited, len(sent)) == ([], 205)


@pytest.mark.parametrize(
    ("endpoints", "mode"), [({}, "adaptive"), ({"*": "http://127.0.0.1:1"}, "standard")]
)
def test_retries_adapt_where_aws_throttles(endpoints: dict[str, str], mode: str) -> None:
    """Other callers in the account also use the quota, so retries adapt to AWS's throttling."""
    client: Any = connect(Access("eu-west-1", endpoints=endpoints)).stepfunctions
    assert mode == client.meta.config.retries["mode"]
