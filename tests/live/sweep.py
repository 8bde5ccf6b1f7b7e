"""Deletes the state machines and folders that earlier runs left, by their names."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .lab import begun, machines
from .settings import PREFIX

AGE = timedelta(hours=1)
"""A run takes minutes, so that what is older than this was left by a run that was killed."""


def left_behind(client: Any, older_than: timedelta, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield name and ARN of each state machine that a run older than *older_than* made."""
    for name, arn in machines(client):
        at = begun(name)
        if at is not None and now - at >= older_than:
            yield name, arn


def sweep(client: Any, *, older_than: timedelta = AGE, now: datetime | None = None) -> list[str]:
    """Delete what earlier runs left; return the names of the state machines."""
    now = now or datetime.now(UTC)
    found = list(left_behind(client, older_than, now))
    for _, arn in found:
        client.delete_state_machine(stateMachineArn=arn)
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-scratch*"):
        at = begun(folder.name)
        if at is not None and now - at >= older_than:
            shutil.rmtree(folder, ignore_errors=True)
    return [name for name, _ in found]
