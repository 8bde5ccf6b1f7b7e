"""The clock of a live execution: virtual while it can run on, and the wall's while it waits."""

from __future__ import annotations

from datetime import datetime, timedelta

from sfn_release.simulator import RealClock
from sfn_release.simulator.clock import Work


class LiveClock:
    """A clock that starts at *start*. With *real_time* it is the wall's all the time.

    In virtual time the clock stands still while the execution runs, and jumps over its waits.
    While the execution waits for an answer from outside, call `follow`: the clock goes on with the
    wall's. Call `hold` before the execution runs again.
    """

    def __init__(self, start: datetime, *, real_time: bool) -> None:
        self.real_time = real_time
        self._wall = RealClock()
        self._held: datetime | None = None if real_time else start
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Return the execution's present instant."""
        return self._wall.now() + self._ahead if self._held is None else self._held

    def wait(self, until: datetime | None, work: Work = ()) -> None:
        """Jump to an instant. Call it in virtual time only, without *work*."""
        if self._held is not None and until is not None and not work:
            self._held = max(self._held, until)

    def follow(self) -> None:
        """Let the clock go with the wall's, from its present instant on."""
        if self._held is not None:
            self._ahead = self._held - self._wall.now()
            self._held = None

    def hold(self) -> None:
        """Let the clock stand still, except in real time."""
        if not self.real_time and self._held is None:
            self._held = self.now()

    def wall(self, instant: datetime) -> datetime:
        """Return the wall's time at an *instant* of this clock, which follows the wall's."""
        return instant - self._ahead
