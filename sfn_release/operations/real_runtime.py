"""The real runtime of a verb: the system's clock and randomness, this machine, the CI run."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sfn_release.deployment.runtime import Runtime, Watcher

_LONGEST_PAUSE = 2.0  # seconds between two attempts to append to the ledger
_TRIES = 30


def system_runtime(
    watcher: Watcher, *, environ: Mapping[str, str] | None = None, actor: str | None = None
) -> Runtime:
    """Return the real runtime: the system's clock, this machine, the CI run.

    The actor is *actor*, or the person who started the CI run. An empty name stands for git's
    identity.
    """
    import platform

    environ = os.environ if environ is None else environ
    return Runtime(
        now=lambda: datetime.now(UTC),
        new_id=lambda at: f"{at:%Y%m%dT%H%M%SZ}-{os.urandom(4).hex()}",
        new_token=lambda: os.urandom(16).hex(),
        pause=_pause,
        wait=time.sleep,
        actor=actor or _actor(environ),
        host=platform.node(),
        process=os.getpid(),
        ci=_ci(environ),
        watcher=watcher,
        environ=environ,
    )


def _pause(attempt: int) -> bool:
    """Wait a random time that grows with each attempt. Return False after the last attempt."""
    if attempt > _TRIES:
        return False
    import random

    time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.05 * 2**attempt)))  # noqa: S311 - jitter
    return True


def _actor(environ: Mapping[str, str]) -> str:
    names = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_REQUESTEDFOR")
    return next((environ[name] for name in names if environ.get(name)), "")


def _ci(environ: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the CI run and its attempt, if the environment variables have both."""
    run, attempt = environ.get("GITHUB_RUN_ID"), environ.get("GITHUB_RUN_ATTEMPT")
    if run and attempt and attempt.isdecimal():
        job = environ.get("GITHUB_JOB", "")
        repository = environ.get("GITHUB_REPOSITORY", "")
        return {"run": f"github:{repository}:{run}:{job}", "attempt": int(attempt)}
    return None
