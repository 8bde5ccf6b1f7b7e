"""Keeps calls below AWS's quotas: a token bucket for each operation of a client.

AWS gives every account and region a bucket of calls per operation, which refills by some calls a
second, and refuses what it does not hold. A release of a few hundred workflows empties them, so
each call takes its token here first, and waits for one where AWS would refuse. What others do in
the account is not known here: botocore's adaptive retries answer to that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_LONG = 5.0
"""Seconds of waiting that are told, and between two times that they are."""


@dataclass(frozen=True)
class Quota:
    """How many calls of an operation AWS takes: *bucket* at once, and *refill* more a second."""

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
    "StartExecution": Quota(1300, 300),
}


@dataclass
class _Bucket:
    quota: Quota
    tokens: float
    at: datetime

    def reserve(self, now: datetime) -> float:
        """Take a token, if need be one that is yet to come; return the seconds until it does."""
        passed = max((now - self.at).total_seconds(), 0.0)  # a clock may be set back
        self.tokens = min(self.tokens + passed * self.quota.refill, self.quota.bucket) - 1
        self.at = now
        return max(-self.tokens / self.quota.refill, 0.0)


@dataclass
class RateLimiter:
    """The buckets of one client. *wait* waits some seconds, *say* tells people of a long wait."""

    now: Callable[[], datetime]
    wait: Callable[[float], None]
    say: Callable[[str], None]
    quotas: Mapping[str, Quota] = field(default_factory=lambda: QUOTAS)
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _expected: dict[str, int] = field(default_factory=dict)
    _told: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def attach(self, client: Any) -> None:
        """Pace every call of a boto3 Step Functions client, each of its retries too.

        The wait is before a request is signed: a signature is good for five minutes only.
        """
        client.meta.events.register_first(
            "before-sign.stepfunctions", self._before_sign, unique_id="sfn-release-pacing"
        )

    def expect(self, operation: str, calls: int) -> None:
        """Hear how many calls of an operation are about to be made, to tell how long they take."""
        with self._lock:
            self._expected[operation] = calls

    def take(self, operation: str) -> None:
        """Wait until AWS takes another call of *operation*, and count it."""
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
            told = seconds and self._tell(operation, quota, seconds + left / quota.refill, now)
        if told:
            self.say(told)
        if seconds:
            self.wait(seconds)

    def _tell(self, operation: str, quota: Quota, seconds: float, now: datetime) -> str:
        """Return what to say of a wait; nothing for a short one, and when it was just said."""
        just_now = self._told and (now - self._told).total_seconds() < _LONG
        if seconds < _LONG or just_now:
            return ""
        self._told = now
        rate = f"{quota.refill} {operation} a second"
        return f"AWS allows {rate}: {seconds:.0f} s to go"

    def _before_sign(self, operation_name: str, **_: Any) -> None:
        self.take(operation_name)
