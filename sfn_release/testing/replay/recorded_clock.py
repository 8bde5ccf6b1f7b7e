"""A clock that the recording's instants move on."""

from __future__ import annotations

from datetime import datetime, timedelta

from sfn_release.simulator import VirtualClock

SLACK = timedelta(seconds=2)
"""How far AWS's times may be from the candidate's.

Each state takes a little longer there, and events and the context object take the time separately.
"""


class RecordedClock(VirtualClock):
    """A virtual clock that the recording's instants move on."""

    def reach(self, instant: datetime | None) -> None:
        """Go on to a recorded instant; an earlier one changes nothing."""
        if instant is not None and instant > self._now:
            self._now = instant
