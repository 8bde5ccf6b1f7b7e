"""The backend ``aws``: an account and region of AWS, or an emulator that stands in for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sfn_release.aws.regions import partition_of
from sfn_release.project.backends.backend import Backend, Clone
from sfn_release.project.task_settings import KEYS as TASK_KEYS
from sfn_release.project.toml_document import TomlDocument, table_name
from sfn_release.project.toml_lines import Key

if TYPE_CHECKING:
    from sfn_release.aws.clients import Aws
    from sfn_release.project.environment import Environment


def _check_table(document: TomlDocument, at: Key, values: Mapping[str, Any]) -> None:
    for key in (key for key in AWS.foreign_keys if key in values):
        document.fail(
            (*at, key),
            f"`{key}` has no meaning in {table_name(at)}: AWS answers its tasks",
            fix="Remove it: it belongs to environments of the local service.",
        )
    for key in (key for key in AWS.needed_keys if key not in values):
        document.fail(
            at,
            f"`{key}` is missing in {table_name(at)}",
            why="An environment on AWS is an account and a region.",
            fix='For example:  region = "eu-west-1"',
        )


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
    check_table=_check_table,
    connect=_connect,
    needed_keys=("region",),
    foreign_keys=tuple(TASK_KEYS),
)
