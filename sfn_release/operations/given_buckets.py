"""Folders that stand in for S3 buckets during one command: `execute --bucket`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sfn_release.errors import UsageError
from sfn_release.project import Environment
from sfn_release.project.task_settings import TaskSettings


def with_buckets(environment: Environment, buckets: Mapping[str, str]) -> Environment:
    """Return *environment* with *buckets*, folders by name, on top of its own.

    Raises UsageError for an environment on AWS, which has real buckets.
    """
    if buckets and not environment.backend.has_mocks:
        raise UsageError(
            f"--bucket is for your machine, and {environment.name} has real buckets.",
            fix="Leave out --env to run on your machine.",
        )
    return replace(environment, tasks=environment.tasks.and_also(TaskSettings(buckets=buckets)))
