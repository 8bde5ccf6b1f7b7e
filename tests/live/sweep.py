"""Deletes the state machines and folders that earlier runs left, by their names."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .lab import FAILURES_OF_AWS, begun, machines
from .settings import PREFIX

AGE = timedelta(hours=1)
"""A run takes minutes, so that what is older than this was left by a run that was killed."""


def left_behind(
    client: Any, older_than: timedelta | None, now: datetime
) -> Iterator[tuple[str, str]]:
    """Yield name and ARN of each state machine that a run older than *older_than* made.

    Without an age, every run's, also of a clock that is ahead.
    """
    for name, arn in machines(client):
        if _is_old(name, older_than, now):
            yield name, arn


def sweep(
    client: Any, *, older_than: timedelta | None = AGE, now: datetime | None = None
) -> tuple[list[str], list[str]]:
    """Delete what earlier runs left; return the names of the state machines.

    The second list has those that couldn't be deleted.
    """
    now = now or datetime.now(UTC)
    deleted: list[str] = []
    left: list[str] = []
    for name, arn in list(left_behind(client, older_than, now)):
        try:
            client.delete_state_machine(stateMachineArn=arn)
            deleted.append(name)
        except FAILURES_OF_AWS:
            left.append(name)
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-scratch*"):
        if _is_old(folder.name, older_than, now):
            shutil.rmtree(folder, ignore_errors=True)
    return deleted, left


def _is_old(name: str, older_than: timedelta | None, now: datetime) -> bool:
    at = begun(name)
    return at is not None and (older_than is None or now - at >= older_than)
