"""The backend ``aws``: an account and region of AWS, or an emulator that stands in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfn_release.aws.regions import partition_of
from sfn_release.project.backends.backend import Backend, Clone
from sfn_release.project.table_rule import meaningless, needed
from sfn_release.project.task_settings import KEYS as TASK_KEYS

if TYPE_CHECKING:
    from sfn_release.aws.clients import Aws
    from sfn_release.project.environment import Environment


def _connect(environment: Environment, clone: Clone) -> Aws:
    from sfn_release.aws.clients import connect
    from sfn_release.aws.rate_limits import RateLimiter
    from sfn_release.aws.sessions import Access

    role = environment.assume_role
    return connect(
        Access(
            region=environment.region,
            profile=environment.profile,
            assume_role=role.role_arn if role else None,
            external_id=role.external_id if role else None,
            endpoints=environment.endpoints,
        ),
        RateLimiter(now=clone.now, wait=clone.wait, say=clone.say),
    )


AWS = Backend(
    name="aws",
    label="",
    private=False,
    needs_credentials=True,
    has_iam=True,
    has_mocks=False,
    on_this_machine=False,
    can_serve=False,
    services=(
        *("stepfunctions", "sts", "ssm", "lambda", "cloudwatch", "logs"),
        *("iam", "events", "scheduler", "pipes"),
        *("cloudformation", "s3"),
    ),
    partition=partition_of,
    rules=(
        meaningless(
            *TASK_KEYS,
            why="AWS answers its tasks",
            fix="Remove it: it belongs to environments of the local service.",
        ),
        needed(
            "region",
            why="An environment on AWS is an account and a region.",
            fix='For example:  region = "eu-west-1"',
        ),
    ),
    connect=_connect,
)
