"""Keeps calls below AWS's quotas: a token bucket for each operation of a client.

Every account and region has a bucket of calls per operation, which refills by some calls a second.
When it's empty, AWS refuses the call. A release of a few hundred workflows empties it, so each call
takes a token here first, and waits where AWS would refuse. Other callers of the account can't be
counted here; botocore's adaptive retries handle them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_LONG = 5.0
"""A wait of so many seconds is reported, and the next report comes as many seconds later."""


@dataclass(frozen=True)
class Quota:
    """How many calls of an operation AWS accepts: *bucket* at once, and *refill* more a second."""

    bucket: int
    refill: int


QUOTAS: Mapping[str, Quota] = {
    # https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, the lower of two
    # where they differ between regions; for state machines of both types.
    **dict.fromkeys(
        (
            "CreateStateMachine",
            "UpdateStateMachine",
            "DeleteStateMachine",
            "PublishStateMachineVersion",
            "DeleteStateMachineVersion",
            "CreateStateMachineAlias",
            "UpdateStateMachineAlias",
            "DeleteStateMachineAlias",
            "ListStateMachineVersions",
            "ListStateMachineAliases",
            "ListTagsForResource",
            "ValidateStateMachineDefinition",
        ),
        Quota(100, 1),
    ),
    "DescribeStateMachine": Quota(200, 20),
    "DescribeStateMachineAlias": Quota(200, 1),
    "TagResource": Quota(200, 1),
    "UntagResource": Quota(200, 1),
    "ListExecutions": Quota(200, 5),
    "DescribeExecution": Quota(250, 10),
    "GetExecutionHistory": Quota(400, 20),
    "StartExecution": Quota(1300, 300),
    # IAM's; AWS publishes no quota. Its calls are rare here, so a careful rate costs no time.
    "SimulatePrincipalPolicy": Quota(20, 5),
}


@dataclass
class _Bucket:
    quota: Quota
    tokens: float
    at: datetime

    def reserve(self, now: datetime) -> float:
        """Take a token, which may be a future one; return the seconds until it exists."""
        passed = max((now - self.at).total_seconds(), 0.0)  # a clock may be set back
        self.tokens = min(self.tokens + passed * self.quota.refill, self.quota.bucket) - 1
        self.at = now
        return max(-self.tokens / self.quota.refill, 0.0)


@dataclass
class RateLimiter:
    """The buckets of one client. *wait* waits some seconds, *say* reports a long wait."""

    now: Callable[[], datetime]
    wait: Callable[[float], None]
    say: Callable[[str], None]
    quotas: Mapping[str, Quota] = field(default_factory=lambda: QUOTAS)
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _expected: dict[str, int] = field(default_factory=dict)
    _reported: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attach(self, client: Any, service: str = "stepfunctions") -> None:
        """Pace every call of a boto3 client of a service, and each of its retries.

        It waits before a request is signed, because a signature expires after five minutes.
        """
        client.meta.events.register_first(
            f"before-sign.{service}", self._before_sign, unique_id="sfn-release-pacing"
        )

    def expect(self, operation: str, calls: int) -> None:
        """Announce the number of calls of an operation that follow, to report their time."""
        with self._lock:
            self._expected[operation] = calls

    def take(self, operation: str) -> None:
        """Wait until AWS accepts another call of *operation*, and count it."""
        quota = self.quotas.get(operation)
        if quota is None:
            return
        with self._lock:
            now = self.now()
            bucket = self._buckets.get(operation)
            if bucket is None:
                bucket = self._buckets[operation] = _Bucket(quota, quota.bucket, now)
            seconds = bucket.reserve(now)
            left = self._expected[operation] = max(self._expected.get(operation, 0) - 1, 0)
            report = seconds and self._report(operation, quota, seconds + left / quota.refill, now)
        if report:
            self.say(report)
        if seconds:
            self.wait(seconds)

    def _report(self, operation: str, quota: Quota, seconds: float, now: datetime) -> str:
        """Return the report of a wait; empty for a short one, and shortly after another report."""
        just_now = self._reported and (now - self._reported).total_seconds() < _LONG
        if seconds < _LONG or just_now:
            return ""
        self._reported = now
        rate = f"{quota.refill} {operation} a second"
        return f"AWS allows {rate}: {seconds:.0f} s to go"

    def _before_sign(self, operation_name: str, **_: Any) -> None:
        self.take(operation_name)
