"""Time, as an execution sees it: virtual (a wait of a day takes no time) or real."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Protocol

from sfn_release.simulator.timestamps import later


class Stopped(Exception):  # noqa: N818 - it is an order, not an error
    """The execution was told to stop; *error* and *cause* are what the caller gave as reasons."""

    def __init__(self, error: str | None = None, cause: str | None = None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class Clock(Protocol):
    """What an execution asks of time."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let *seconds* pass. Raises Stopped when the execution is to end."""
        ...


class VirtualClock:
    """A clock that starts at *start* and moves only when somebody sleeps: it never waits."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the virtual instant."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Advance by *seconds*, at once; what is beyond the last year stays at its end."""
        self._now = later(self._now, seconds)


class RealClock:
    """The machine's clock. Another thread may end the execution that waits on it by `stop`."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._reason: tuple[str | None, str | None] = (None, None)

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait; raises Stopped as soon as `stop` has been called, before or during the wait."""
        if self._stopping.wait(min(max(seconds, 0), threading.TIMEOUT_MAX)):
            raise Stopped(*self._reason)

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Make the execution end as ABORTED at its next step or during its present wait."""
        self._reason = (error, cause)
        self._stopping.set()
