"""The time of an execution: virtual, where a wait of a day takes no time, or real."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Protocol

from sfn_release.simulator.timestamps import later


class Stopped(Exception):  # noqa: N818 - an order, not an error
    """The execution has to stop; *error* and *cause* are the caller's reasons."""

    def __init__(self, error: str | None = None, cause: str | None = None) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class Clock(Protocol):
    """The clock of an execution. Hand in your own to control time."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait *seconds*. Raises Stopped when the execution has to stop."""
        ...


class VirtualClock:
    """A clock that starts at *start* and never waits: it moves when you sleep."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the virtual instant."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Advance by *seconds* at once, at most to the end of the year 9999."""
        self._now = later(self._now, seconds)


class RealClock:
    """The machine's clock. Another thread can end the execution that waits on it: call `stop`."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._reason: tuple[str | None, str | None] = (None, None)

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Stopped as soon as `stop` is called, before or during the wait."""
        if self._stopping.wait(min(max(seconds, 0), threading.TIMEOUT_MAX)):
            raise Stopped(*self._reason)

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Make the execution end as ABORTED at its next step or during its present wait."""
        self._reason = (error, cause)
        self._stopping.set()
